// SPDX-License-Identifier: Apache-2.0
#include "core/session/warden_session.h"

#include "core/session/delivery_receiver.h"
#include "core/session/output_buffer.h"
#include "core/session/warden_link.h"

#include <algorithm>
#include <deque>

namespace kastellan {
namespace session {
namespace {

constexpr std::size_t linkLimit = 8;
constexpr std::size_t logLimit = 64;
constexpr auto patience = std::chrono::seconds(30);

class Warden final : public WardenSession {
public:
    Warden(WardenDelegate &delegate, Identity identity)
        : m_delegate(delegate)
        , m_identity(std::move(identity))
        , m_delivery(delegate)
    {
    }

    Sha256 key() const override { return m_identity.spki; }
    void add(Fd stream) override;
    void wants(std::vector<pollfd> &fds) const override;
    void process(int fd) override;
    int timeout(Clock::time_point now) const override;
    void tick(Clock::time_point now) override;

    std::size_t room(unsigned stream) const override { return m_output[stream == 2].room(); }
    void output(unsigned stream, ByteView data) override;
    bool hasInput() const override { return !m_input.empty() && m_started; }
    void inputReady() override;
    void started(std::string execution) override;
    void exited(std::uint32_t code, std::string trap, std::string reason) override;
    void log(std::string text) override;

private:
    void established(WardenLink &link);
    void drop(WardenLink &link, const Error &error);
    void sweep();
    void send(WardenLink &link, const WardenMessage &message);
    void pump(WardenLink &link);
    void pumpCurrent();
    [[nodiscard]] Hello hello() const;
    [[nodiscard]] Result<Bytes> makeReport(const WardenLink &link);
    [[nodiscard]] bool wantsToSend(const WardenLink &link) const;

    [[nodiscard]] Status handle(WardenLink &link, const Challenge &message);
    [[nodiscard]] Status handle(WardenLink &link, const Manifest &message);
    [[nodiscard]] Status handle(WardenLink &link, const Blob &message);
    [[nodiscard]] Status handle(WardenLink &link, const Start &message);
    [[nodiscard]] Status handle(WardenLink &link, const Input &message);
    [[nodiscard]] Status handle(WardenLink &link, const InputEnd &message);
    [[nodiscard]] Status handle(WardenLink &link, const Acknowledge &message);
    [[nodiscard]] Status handle(WardenLink &link, const Stop &message);
    [[nodiscard]] Status finishDelivery(WardenLink &link);

    WardenDelegate &m_delegate;
    Identity m_identity;
    std::vector<std::unique_ptr<WardenLink>> m_links;
    WardenLink *m_current = nullptr; ///< the authenticated one

    // What outlives sessions.
    DeliveryReceiver m_delivery;
    std::optional<KeepId> m_keep;
    std::optional<Sha256> m_manifest; ///< once delivered
    std::optional<ReportData> m_first;
    bool m_started = false;
    std::string m_execution;
    std::optional<Exited> m_exit;
    std::array<OutputBuffer, 2> m_output;
    Bytes m_input; ///< received and not yet taken by the workload
    std::uint64_t m_inputReceived = 0;
    bool m_inputEnded = false, m_inputClosed = false;
    std::deque<std::string> m_log;
};

void Warden::add(Fd stream)
{
    const auto pending = std::ranges::count_if(m_links, [](const auto &link) { return !link->authenticated(); });
    if (static_cast<std::size_t>(pending) >= linkLimit) { // the one that has waited longest makes room
        const auto oldest = std::ranges::find_if(m_links, [](const auto &link) { return !link->authenticated(); });
        (*oldest)->dropped = true;
        sweep();
    }
    const auto makeTls = [this]() -> Result<std::unique_ptr<Tls>> {
        KASTELLAN_ASSIGN(const Sha256 owner, m_delegate.ownerKey());
        return Tls::server(m_identity, [owner](const Sha256 &spki) { return equalConstantTime(spki.view(), owner.view()); });
    };
    m_links.push_back(std::make_unique<WardenLink>(std::move(stream), makeTls, Clock::now() + patience));
}

void Warden::wants(std::vector<pollfd> &fds) const
{
    for (const auto &link : m_links)
        if (!link->dropped)
            fds.push_back({link->fd(), static_cast<short>(POLLIN | (link->unsent() > 0 || wantsToSend(*link) ? POLLOUT : 0)), 0});
}

bool Warden::wantsToSend(const WardenLink &link) const
{
    if (&link != m_current || !link.progress.flowing)
        return false;
    for (std::size_t i = 0; i < m_output.size(); ++i)
        if (std::max(link.progress.sent[i], m_output[i].begin()) < m_output[i].end())
            return true;
    return m_exit && !link.progress.exitTold;
}

void Warden::process(int fd)
{
    const auto found = std::ranges::find_if(m_links, [fd](const auto &link) { return link->fd() == fd && !link->dropped; });
    if (found == m_links.end())
        return;
    WardenLink &link = **found;
    const auto message = [this, &link](const OwnerMessage &owner) {
        if (auto status = std::visit([&](const auto &m) { return handle(link, m); }, owner); !status)
            drop(link, status.error());
    };
    if (auto status = link.process([this, &link] { established(link); }, message); !status)
        drop(link, status.error());
    if (!link.dropped)
        pump(link);
    sweep();
}

void Warden::established(WardenLink &link)
{
    for (auto &other : m_links)
        if (other.get() != &link && other->authenticated())
            drop(*other, Error{ErrorKind::Environment, "go on with the session", {}, "its owner has opened another one", {}});
    m_delivery.abandon(); // an unfinished delivery of an earlier session on this very stream
    m_current = &link;
    send(link, hello());
}

void Warden::drop(WardenLink &link, const Error &error)
{
    if (link.dropped)
        return;
    link.dropped = true;
    if (link.authenticated())
        static_cast<void>(link.send(Failed{error.what, error.where, error.why, error.remedy}));
    link.close();
    if (&link == m_current) {
        m_current = nullptr;
        m_delivery.abandon();
    } else {
        log("a session was refused: " + error.message());
    }
}

void Warden::sweep()
{
    std::erase_if(m_links, [this](const auto &link) {
        if (link->dropped && link.get() == m_current)
            m_current = nullptr;
        return link->dropped;
    });
}

int Warden::timeout(Clock::time_point now) const
{
    auto nearest = Clock::time_point::max();
    for (const auto &link : m_links)
        if (!link->authenticated())
            nearest = std::min(nearest, link->deadline);
    if (nearest == Clock::time_point::max())
        return -1;
    return static_cast<int>(std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(nearest - now).count()));
}

void Warden::tick(Clock::time_point now)
{
    for (auto &link : m_links)
        if (!link->authenticated() && link->deadline <= now)
            link->dropped = true;
    sweep();
}

void Warden::send(WardenLink &link, const WardenMessage &message)
{
    if (link.dropped)
        return;
    if (auto status = link.send(message); !status)
        drop(link, status.error());
}

// Output, and what follows from it, as far as the stream takes it without holding more than a window in memory.
void Warden::pump(WardenLink &link)
{
    if (&link != m_current || link.dropped)
        return;
    if (link.progress.challenged)
        for (; !m_log.empty() && link.unsent() < windowSize; m_log.pop_front())
            send(link, Log{m_log.front()});
    if (!link.progress.flowing)
        return;
    for (bool more = true; more && !link.dropped && link.unsent() < windowSize;) {
        more = false;
        for (std::size_t i = 0; i < m_output.size(); ++i) {
            std::uint64_t &sent = link.progress.sent[i];
            sent = std::max(sent, m_output[i].begin());
            const ByteView data = m_output[i].from(sent, chunkSize);
            if (data.empty())
                continue;
            send(link, Output{static_cast<std::uint8_t>(i + 1), sent, data});
            sent += data.size();
            more = true;
        }
    }
    const std::uint64_t taken = m_inputReceived - m_input.size();
    if (taken != link.progress.inputTold) {
        link.progress.inputTold = taken;
        send(link, InputTaken{taken});
    }
    const bool all = link.progress.sent[0] == m_output[0].end() && link.progress.sent[1] == m_output[1].end();
    if (m_exit && all && !link.progress.exitTold) {
        link.progress.exitTold = true;
        send(link, *m_exit);
    }
}

void Warden::pumpCurrent()
{
    if (m_current)
        pump(*m_current);
    sweep();
}

Hello Warden::hello() const
{
    Hello hello;
    hello.delivered = m_manifest.has_value();
    hello.running = m_started && !m_exit;
    hello.exited = m_exit.has_value();
    hello.manifest = m_manifest;
    hello.first = m_first;
    hello.inputReceived = m_inputReceived;
    hello.inputTaken = m_inputReceived - m_input.size();
    hello.execution = m_execution;
    return hello;
}

// Before delivery the report binds the session, afterwards the delivered manifest under it: every later one proves the workload again.
Result<Bytes> Warden::makeReport(const WardenLink &link)
{
    Binding binding;
    binding.first = link.progress.first;
    binding.manifest = m_manifest;
    return m_delegate.report(m_manifest ? binding.deliverData() : link.progress.first);
}

Status Warden::handle(WardenLink &link, const Challenge &message)
{
    if (m_keep && *m_keep != message.keep)
        return fail(ErrorKind::Negative, "answer a challenge", {},
            "it is meant for keep " + toHex(message.keep.view()) + ", and this is " + toHex(m_keep->view()));
    m_keep = message.keep;
    Binding binding;
    binding.keep = message.keep;
    binding.nonce = message.nonce;
    binding.exporter = link.exporter();
    binding.wardenKey = m_identity.spki;
    link.progress.first = binding.attestData();
    KASTELLAN_ASSIGN(const Bytes report, makeReport(link));
    m_first = link.progress.first;
    link.progress.challenged = true;
    send(link, Report{report});
    return {};
}

Status Warden::handle(WardenLink &link, const Manifest &message)
{
    if (!link.progress.challenged)
        return badInput("accept a delivery", {}, "no challenge was answered in this session");
    if (m_manifest)
        return badInput("accept a delivery", {}, "this keep already has its workload");
    KASTELLAN_TRY(m_delivery.begin(message));
    link.progress.delivered = 0;
    return m_delivery.complete() ? finishDelivery(link) : Status{};
}

Status Warden::handle(WardenLink &link, const Blob &message)
{
    KASTELLAN_TRY(m_delivery.take(message));
    link.progress.delivered += message.data.size();
    send(link, DeliveryTaken{link.progress.delivered});
    return m_delivery.complete() ? finishDelivery(link) : Status{};
}

Status Warden::finishDelivery(WardenLink &link)
{
    KASTELLAN_ASSIGN(m_manifest, m_delivery.finish());
    KASTELLAN_ASSIGN(const Bytes report, makeReport(link));
    send(link, DeliveryReport{report});
    return {};
}

Status Warden::handle(WardenLink &link, const Start &)
{
    if (!m_manifest)
        return badInput("start the workload", {}, "none was delivered");
    if (!link.progress.challenged)
        return badInput("start the workload", {}, "no challenge was answered in this session");
    link.progress.flowing = true;
    if (!m_started && !m_exit) {
        m_started = true;
        if (auto status = m_delegate.start(); !status)
            exited(0, {}, "could not start: " + status.error().message());
        else
            inputReady();
    } else if (!m_execution.empty()) {
        send(link, Started{m_execution});
    }
    return {};
}

void Warden::started(std::string execution)
{
    m_execution = std::move(execution);
    if (m_current && m_current->progress.flowing)
        send(*m_current, Started{m_execution});
}

Status Warden::handle(WardenLink &link, const Input &message)
{
    if (!link.progress.challenged)
        return badInput("take input", {}, "no challenge was answered in this session");
    if (m_inputEnded || message.offset != m_inputReceived)
        return badInput("take input", "offset " + std::to_string(message.offset),
            m_inputEnded ? "the input has ended" : "expected offset " + std::to_string(m_inputReceived));
    if (m_input.size() + message.data.size() > windowSize)
        return badInput("take input", {}, "more was sent than the window allows");
    m_inputReceived += message.data.size();
    if (!m_exit)
        m_input.insert(m_input.end(), message.data.begin(), message.data.end());
    inputReady();
    return {};
}

Status Warden::handle(WardenLink &link, const InputEnd &message)
{
    if (!link.progress.challenged)
        return badInput("end the input", {}, "no challenge was answered in this session");
    if (message.offset != m_inputReceived)
        return badInput("end the input", "offset " + std::to_string(message.offset), "expected offset " + std::to_string(m_inputReceived));
    m_inputEnded = true;
    inputReady();
    return {};
}

Status Warden::handle(WardenLink &, const Acknowledge &message)
{
    if (!m_output[0].acknowledge(message.out) || !m_output[1].acknowledge(message.err))
        return badInput("note an acknowledgement", std::to_string(message.out) + ", " + std::to_string(message.err),
            "that much output was never produced");
    return {};
}

Status Warden::handle(WardenLink &, const Stop &message)
{
    if (m_started && !m_exit) {
        m_delegate.stop(message.graceSeconds);
        return {};
    }
    if (!m_exit)
        exited(0, {}, "stopped before it was started");
    m_delegate.finished();
    return {};
}

void Warden::output(unsigned stream, ByteView data)
{
    m_output[stream == 2].append(data);
    pumpCurrent();
}

void Warden::inputReady()
{
    if (!m_started || m_inputClosed)
        return;
    while (!m_input.empty()) {
        const std::size_t taken = m_delegate.input(m_input);
        if (taken == 0)
            break;
        m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(taken));
    }
    if (m_input.empty() && m_inputEnded) {
        m_inputClosed = true;
        m_delegate.closeInput();
    }
    if (m_current)
        pump(*m_current);
}

void Warden::exited(std::uint32_t code, std::string trap, std::string reason)
{
    if (m_exit)
        return;
    m_exit = Exited{code, std::move(trap), std::move(reason)};
    m_inputClosed = true;
    m_input.clear();
    if (m_current)
        pump(*m_current);
}

void Warden::log(std::string text)
{
    if (m_log.size() >= logLimit)
        m_log.pop_front();
    m_log.push_back(std::move(text));
}

} // namespace
} // namespace session

Result<std::unique_ptr<WardenSession>> WardenSession::make(WardenDelegate &delegate)
{
    KASTELLAN_ASSIGN(auto identity, session::Identity::fresh());
    return std::make_unique<session::Warden>(delegate, std::move(identity));
}

} // namespace kastellan
