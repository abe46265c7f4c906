// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/warden.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kastellan::warden {
namespace {

constexpr std::size_t readSize = 64 * 1024;

} // namespace

Warden::Warden(Parts parts)
    : m_streams(std::move(parts.streams))
    , m_store(std::move(parts.folder), !parts.reports || parts.reports->admitsSecrets())
    , m_runner(std::move(parts.runner))
    , m_reports(std::move(parts.reports))
    , m_ends(parts.ends)
{
}

Result<std::unique_ptr<Warden>> Warden::make(Parts parts)
{
    std::unique_ptr<Warden> warden(new Warden(std::move(parts)));
    KASTELLAN_ASSIGN(warden->m_session, WardenSession::make(*warden));
    return warden;
}

void Warden::collect(std::vector<pollfd> &fds) const
{
    fds.clear();
    m_streams->wants(fds);
    if (m_firmware.attached())
        fds.push_back({m_firmware.fd(), POLLIN, 0});
    if (m_runner.controlFd() >= 0)
        fds.push_back({m_runner.controlFd(), POLLIN, 0});
    for (unsigned stream : {1U, 2U})
        if (m_runner.outputFd(stream) >= 0 && outputRoom(stream) > 0)
            fds.push_back({m_runner.outputFd(stream), POLLIN, 0});
    if (m_runner.inputFd() >= 0 && m_session->hasInput())
        fds.push_back({m_runner.inputFd(), POLLOUT, 0});
    m_session->wants(fds);
}

Status Warden::run()
{
    std::vector<pollfd> fds;
    while (!m_done) {
        collect(fds);
        const int count = ::poll(fds.data(), fds.size(), timeout(Clock::now()));
        if (count < 0 && errno != EINTR)
            return systemError("wait", {}, errno);
        for (std::size_t i = 0; count > 0 && i < fds.size(); ++i)
            if (fds[i].revents != 0)
                KASTELLAN_TRY(serve(fds[i]));
        KASTELLAN_TRY(tick(Clock::now()));
    }
    return {};
}

// A descriptor that was closed while serving another is served as nobody's.
Status Warden::serve(const pollfd &ready)
{
    const int fd = ready.fd;
    KASTELLAN_ASSIGN(const bool served, m_streams->serve(ready, *this));
    if (served)
        return {};
    if (m_firmware.attached() && fd == m_firmware.fd()) {
        m_firmware.hungUp();
    } else if (fd == m_runner.controlFd()) {
        readRunner();
    } else if (fd == m_runner.outputFd(1)) {
        readOutput(1);
    } else if (fd == m_runner.outputFd(2)) {
        readOutput(2);
    } else if (fd == m_runner.inputFd()) {
        m_session->inputReady();
    } else {
        m_session->process(fd);
    }
    return {};
}

int Warden::timeout(Clock::time_point now) const
{
    int wait = m_session->timeout(now);
    const auto soonest = [&wait](int left) { wait = wait < 0 ? left : left < 0 ? wait : std::min(wait, left); };
    soonest(m_streams->timeout(now));
    if (m_killAt)
        soonest(static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*m_killAt - now).count())));
    return wait;
}

Status Warden::tick(Clock::time_point now)
{
    KASTELLAN_TRY(m_streams->tick(now, *this));
    if (m_killAt && *m_killAt <= now) {
        m_killAt.reset();
        m_runner.kill();
    }
    m_session->tick(now);
    finishIfDone();
    return {};
}

Result<Sha256> Warden::ownerKey()
{
    if (!m_ownerKey) {
        KASTELLAN_ASSIGN(m_ownerKey, reports().ownerKey());
    }
    return *m_ownerKey;
}

Status Warden::start()
{
    const KeepConfig &config = m_store.config();
    session::RunRequest request;
    request.compiled = m_store.compiledNote().has_value();
    request.module = request.compiled ? m_store.compiledPath() : m_store.modulePath();
    request.moduleDigest = m_store.moduleDigest();
    request.note = m_store.compiledNote().value_or("");
    request.secrets = config.secrets.empty() ? "" : m_store.secretsPath();
    request.args = config.args;
    for (const auto &[name, value] : config.env)
        request.env.push_back(name + "=" + value);
    request.memoryLimit = config.memoryLimit;
    request.timeLimit = config.timeLimit;
    if (config.stdin_ == KeepConfig::Stream::Null)
        m_runner.closeInput();
    m_started = true;
    return m_runner.run(request);
}

void Warden::stop(unsigned graceSeconds)
{
    m_stopping = true;
    m_runner.closeInput(); // WASI knows no signals: the end of its input is what a polite workload can see
    m_killAt = Clock::now() + std::chrono::seconds(graceSeconds);
}

void Warden::readRunner()
{
    for (;;) {
        const auto event = m_runner.next();
        if (!event) {
            if (!m_end)
                m_end =
                    session::RunEvent{m_started ? session::RunEvent::Kind::Trapped : session::RunEvent::Kind::Failed, 0, event.error().why};
            return;
        }
        if (!*event)
            return;
        switch ((*event)->kind) {
        case session::RunEvent::Kind::Ready:
            if ((*event)->code == ::getuid())
                m_session->log("warden and runner share a user: this host maps one id only");
            break;
        case session::RunEvent::Kind::Started:
            m_session->started(m_store.compiledNote() ? "aot" : "interpreter");
            break;
        default:
            if (!m_end)
                m_end = **event;
        }
    }
}

bool Warden::isNull(unsigned stream) const
{
    const KeepConfig &config = m_store.config();
    return (stream == 1 ? config.stdout_ : config.stderr_) == KeepConfig::Stream::Null;
}

std::size_t Warden::outputRoom(unsigned stream) const
{
    return isNull(stream) || !m_limit.empty() ? readSize : m_session->room(stream);
}

void Warden::readOutput(unsigned stream)
{
    auto data = m_runner.output(stream, std::min(outputRoom(stream), readSize));
    if (!data || data->empty() || isNull(stream) || !m_limit.empty())
        return;
    const std::uint64_t limit = m_store.config().outputLimit;
    if (limit > 0 && m_outputBytes + data->size() > limit) {
        *data = data->first(static_cast<std::size_t>(limit - m_outputBytes));
        m_limit = "limit: output of " + std::to_string(limit) + " bytes";
        m_runner.kill();
    }
    m_outputBytes += data->size();
    m_session->output(stream, *data);
}

// The end is told after the last byte, and then nothing of the delivery is needed any more.
void Warden::finishIfDone()
{
    if (!m_end || m_finished || m_runner.outputFd(1) >= 0 || m_runner.outputFd(2) >= 0)
        return;
    m_finished = true;
    m_killAt.reset();
    m_store.clear();
    using Kind = session::RunEvent::Kind;
    std::string trap = m_end->kind == Kind::Trapped ? m_end->text : std::string();
    std::string reason = m_end->kind == Kind::Failed ? "could not start: " + m_end->text
        : m_end->kind == Kind::Stopped               ? m_end->text
                                                     : std::string();
    if (!m_limit.empty())
        reason = m_limit;
    else if (m_stopping && reason.empty())
        reason = "stop";
    m_session->exited(m_end->code, std::move(trap), std::move(reason));
}

} // namespace kastellan::warden
