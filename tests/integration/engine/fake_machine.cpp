// SPDX-License-Identifier: Apache-2.0
#include "fake_machine.h"

#include "core/keeps/launch_steps.h"

#include <algorithm>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kastellan::test {
namespace {

using sev::legacy::LaunchOwner;

void signal(const Fd &event)
{
    const std::uint64_t one = 1;
    (void)!::write(event.get(), &one, sizeof one);
}

/// The first program in the machine, around a real session.
class InMachine final : public WardenDelegate {
public:
    InMachine(MachineWorld &world, std::optional<SessionSecret> secret, const Sha256 &ownerKey)
        : m_world(world)
        , m_secret(std::move(secret))
        , m_ownerKey(ownerKey)
        , m_session(*WardenSession::make(*this))
    {
    }

    void run()
    {
        while (!m_world.stopping) {
            std::vector<pollfd> fds{{m_world.wake.get(), POLLIN, 0}};
            m_session->wants(fds);
            if (::poll(fds.data(), fds.size(), m_session->timeout(WardenSession::Clock::now())) < 0)
                continue;
            if (fds[0].revents) {
                std::uint64_t count = 0;
                (void)!::read(m_world.wake.get(), &count, sizeof count);
                std::vector<Fd> streams;
                {
                    const std::lock_guard lock(m_world.mutex);
                    streams.swap(m_world.knocking);
                }
                for (Fd &stream : streams)
                    m_session->add(std::move(stream));
                if (m_world.exitNow && m_started && !std::exchange(m_exited, true))
                    m_session->exited(0, {}, {});
            }
            for (std::size_t i = 1; i < fds.size(); ++i)
                if (fds[i].revents)
                    m_session->process(fds[i].fd);
            m_session->tick(WardenSession::Clock::now());
        }
    }

    Result<Sha256> ownerKey() override { return m_ownerKey; }
    Result<Bytes> report(const ReportData &data) override
    {
        if (!m_secret)
            return toBytes(std::string_view("no evidence"));
        return m_world.answer ? m_world.answer(*m_secret, data) : m_secret->code(data);
    }
    Status beginItem(const DeliveryItem &item) override
    {
        const std::lock_guard lock(m_world.mutex);
        m_world.deliveredItems.push_back(item.name);
        return {};
    }
    Status itemData(ByteView) override { return {}; }
    Status endItem() override { return {}; }
    Status delivered(const std::vector<DeliveryItem> &) override { return {}; }
    void discard() override {}
    Status start() override
    {
        ++m_world.runs;
        m_started = true;
        m_session->started("interpreter");
        m_session->output(1, asBytes("hello\n"));
        if (m_world.exits) {
            m_exited = true;
            m_session->exited(0, {}, {});
        }
        return {};
    }
    std::size_t input(ByteView data) override { return data.size(); }
    void closeInput() override {}
    void stop(unsigned) override
    {
        if (m_started && !std::exchange(m_exited, true))
            m_session->exited(137, {}, "stop");
    }

private:
    MachineWorld &m_world;
    std::optional<SessionSecret> m_secret;
    Sha256 m_ownerKey;
    bool m_started = false, m_exited = false;
    std::unique_ptr<WardenSession> m_session;
};

class FakeMachine final : public RunningKeep {
public:
    explicit FakeMachine(std::shared_ptr<MachineWorld> world)
        : m_world(std::move(world))
    {
    }
    Result<Fd> connect() override
    {
        m_world->called("connect");
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
            return systemError("connect", {}, errno);
        const std::lock_guard lock(m_world->mutex);
        m_world->knocking.emplace_back(ends[1]);
        signal(m_world->wake);
        return Fd(ends[0]);
    }
    int endFd() const override { return m_world->endEvent.get(); }
    KeepEnd end() override { return {.bySignal = false, .code = 1, .known = true, .lastWords = "qemu: it broke"}; }
    std::pair<std::int64_t, std::uint64_t> process() const override { return {}; }
    Status kill() override
    {
        ++m_world->kills;
        m_world->called("kill");
        if (m_world->killFails)
            return environment("end the machine", "the host", "it was away");
        m_world->end();
        m_world->there = false;
        return {};
    }
    std::vector<Endorsement> endorsements() const override { return {}; }
    std::vector<Finding> findings() const override { return {}; }
    std::optional<Evidence> launchEvidence() const override { return m_evidence ? std::optional(*m_evidence) : std::nullopt; }
    Status admit() override
    {
        ++m_world->admits;
        m_world->called("admit");
        if (m_world->onAdmit)
            m_world->onAdmit();
        if (m_world->admitFails)
            return environment("inject the secret", {}, "the host refused");
        KASTELLAN_TRY(sev::legacy::saveSessionSecret(m_folder, m_world->owner->secret()));
        KASTELLAN_ASSIGN(const auto sealed, m_world->owner->seal(m_statement, m_expected));
        KASTELLAN_ASSIGN(const Bytes table, m_world->machine->inject(sealed));
        ++m_world->injected;
        KASTELLAN_ASSIGN(m_secret, sessionSecretIn(table));
        m_world->boot(m_secret, m_secret->ownerKey);
        return {};
    }
    const SessionSecret *sessionSecret() const override { return m_secret ? &*m_secret : nullptr; }
    Fd takeConsole() override { return std::move(m_console); }
    std::optional<Use> use() const override
    {
        m_world->called("use");
        return Use{1.5, 1 << 20};
    }

    std::string m_folder;
    std::optional<Evidence> m_evidence;
    sev::legacy::LaunchStatement m_statement;
    Sha256 m_expected;
    std::optional<SessionSecret> m_secret;
    Fd m_console;

private:
    std::shared_ptr<MachineWorld> m_world;
};

} // namespace

void MachineWorld::end()
{
    stopping = true;
    if (wake)
        signal(wake);
    if (warden.joinable())
        warden.join();
    const std::lock_guard lock(mutex);
    knocking.clear();
}

void MachineWorld::boot(std::optional<SessionSecret> secret, Sha256 ownerKey)
{
    if (!boots)
        return;
    warden = std::jthread([this, secret = std::move(secret), ownerKey] { InMachine(*this, secret, ownerKey).run(); });
}

Result<std::unique_ptr<RunningKeep>> FakeMachineHost::start(
    const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token)
{
    ++m_world->starts;
    m_world->there = true;
    m_world->called("start");
    m_world->endEvent = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    m_world->wake = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    auto keep = std::make_unique<FakeMachine>(m_world);
    keep->m_folder = folder;
    int console[2];
    if (::pipe2(console, O_CLOEXEC | O_NONBLOCK) != 0)
        return systemError("make a console", {}, errno);
    keep->m_console = Fd(console[0]);
    const Fd writing(console[1]);
    (void)!::write(writing.get(), m_world->console.data(), m_world->console.size());
    KASTELLAN_ASSIGN(const Bytes owner, fromHex(plan.ownerKey));
    KASTELLAN_ASSIGN(const Sha256 ownerKey, Sha256::from(owner, "the owner key"));
    if (!m_world->measures) {
        m_world->boot({}, ownerKey);
        return keep;
    }
    const std::string root = m_world->root.empty() ? m_world->processor.rootFingerprint() : m_world->root;
    KASTELLAN_ASSIGN(m_world->owner,
        LaunchOwner::begin(LegacyMachine::platform(m_world->processor), static_cast<sev::legacy::Policy>(plan.policy), root, ownerKey));
    progress(launch_step::chainVerified, 0, 0);
    progress(launch_step::sessionMade, 0, 0);
    m_world->machine = std::make_unique<LegacyMachine>(m_world->processor);
    KASTELLAN_TRY(m_world->machine->launch(*m_world->owner, m_world->content));
    progress(launch_step::measured, 0, 0);
    keep->m_statement = m_world->machine->statement();
    m_world->measurement = keep->m_statement.measurement;
    if (m_world->saidPolicy)
        keep->m_statement.policy = *m_world->saidPolicy;
    if (m_world->saidBuild)
        keep->m_statement.build = *m_world->saidBuild;
    if (!m_world->saidMeasurement.empty())
        keep->m_statement.measurement = m_world->saidMeasurement;
    keep->m_expected = plan.expected.shortLaunchDigest.value_or(Sha256{});
    KASTELLAN_ASSIGN(keep->m_evidence, m_world->owner->evidence(keep->m_statement));
    return keep;
}

Result<std::unique_ptr<RunningKeep>> FakeMachineHost::resume(const KeepStatus &, const std::string &folder)
{
    m_world->called("resume");
    if (m_world->resumesRefused > 0 && m_world->resumesRefused-- > 0)
        return environment("connect to the host", {}, "it was away");
    if (m_world->stopping)
        return fail(ErrorKind::Negative, "find the keep", {}, "no such machine");
    auto keep = std::make_unique<FakeMachine>(m_world);
    keep->m_folder = folder;
    if (auto secret = sev::legacy::loadSessionSecret(folder))
        keep->m_secret = std::move(*secret);
    return keep;
}

Status FakeMachineHost::clear(const KeepStatus &, const std::string &)
{
    ++m_world->clears;
    m_world->called("clear");
    if (m_world->killFails)
        return environment("end the machine", "the host", "it was away");
    m_world->there = false;
    return {};
}

std::string FakeMachineHost::left(const KeepStatus &, const std::string &) const
{
    return m_world->there ? "the machine of the test" : std::string();
}

} // namespace kastellan::test
