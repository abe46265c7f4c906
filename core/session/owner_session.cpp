// SPDX-License-Identifier: Apache-2.0
#include "core/session/byte_stream.h"
#include "core/session/delivery_sender.h"
#include "core/session/frames.h"
#include "core/session/session.h"
#include "core/session/tls.h"

#include "core/base/digest.h"

#include <openssl/crypto.h>
#include <poll.h>

namespace kastellan {
namespace session {
namespace {

constexpr std::size_t mostWordsBefore = 64 * 1024;

class Owner final : public OwnerSession {
public:
    Owner(Fd stream, const KeepId &keep, SessionEvents events)
        : m_stream(std::move(stream))
        , m_connection(randomFixed<ConnectionId>())
        , m_keep(keep)
        , m_events(std::move(events))
    {
    }
    ~Owner() override;
    [[nodiscard]] Status begin(const Identity &identity);

    int fd() const override { return m_stream.fd(); }
    short wants() const override;
    void process() override;
    Sha256 wardenKey() const override { return m_tls->peerKey(); }
    Exporter exporter() const override { return m_tls->exporter(); }
    WardenState wardenState() const override { return m_state; }
    void challenge(const Nonce &nonce) override { request(Challenge{nonce, m_keep}); }
    void deliver(std::vector<Delivery> blobs, ByteView manifest) override;
    void start() override
    {
        m_startSaid = true;
        request(Start{});
        if (auto status = pump(); !status && status.error().kind != ErrorKind::Environment)
            end(status.error());
    }
    void input(ByteView data) override;
    void closeInput() override;
    std::size_t pendingInput() const override { return unsentInput() + static_cast<std::size_t>(m_inputSent - m_inputTaken); }
    UntakenInput untakenInput() const override { return {m_inputBegin, m_input}; }
    void acknowledge(std::uint64_t stdoutBytes, std::uint64_t stderrBytes) override;
    void stop(unsigned graceSeconds) override { request(Stop{graceSeconds}); }

private:
    void request(const OwnerMessage &message);
    [[nodiscard]] Status send(const OwnerMessage &message);
    [[nodiscard]] Status pump();
    [[nodiscard]] Status receive();
    [[nodiscard]] Status messages();
    void drain() { appendFrames(m_stream.outgoing(), m_connection, m_tls->drain()); }
    void end(Error error);

    [[nodiscard]] Status handle(const Hello &message);
    [[nodiscard]] Status handle(const Report &message);
    [[nodiscard]] Status handle(const DeliveryReport &message);
    [[nodiscard]] Status handle(const Started &message);
    [[nodiscard]] Status handle(const Output &message);
    [[nodiscard]] Status handle(const Exited &message);
    [[nodiscard]] Status handle(const Log &message);
    [[nodiscard]] Status handle(const Failed &message);
    [[nodiscard]] Status handle(const InputTaken &message);
    [[nodiscard]] Status handle(const DeliveryTaken &message);
    [[nodiscard]] Status onlyAfter(bool said, std::string_view what) const;
    [[nodiscard]] bool mayDeliver() const
    {
        return m_greeted && m_delivery.active() && m_delivery.sent() - m_deliveryTaken + chunkSize <= unreadLimit;
    }
    [[nodiscard]] std::size_t unsentInput() const { return m_input.size() - static_cast<std::size_t>(m_inputSent - m_inputBegin); }

    ByteStream m_stream;
    FrameReader m_frames;
    ConnectionId m_connection;
    std::unique_ptr<Tls> m_tls;
    MessageReader m_messages;
    KeepId m_keep;
    SessionEvents m_events;
    WardenState m_state;
    DeliverySender m_delivery;
    std::uint64_t m_deliveryTaken = 0; ///< bytes of it that the warden has
    bool m_greeted = false, m_ended = false;
    bool m_deliverSaid = false, m_startSaid = false; ///< before that its evidence is not accepted: anybody may be at the other end
    std::size_t m_wordsBefore = 0; ///< bytes that it said of itself before

    Bytes m_input; ///< what the workload has not taken yet, sent or not: a stream may lose what was sent
    std::uint64_t m_inputBegin = 0, m_inputSent = 0, m_inputTaken = 0; ///< offset of its first byte; then up to where
    bool m_inputClosed = false, m_inputEndSent = false;
    std::array<std::optional<std::uint64_t>, 2> m_next; ///< offset that the next output of a stream must have
};

Owner::~Owner()
{
    OPENSSL_cleanse(m_input.data(), m_input.size());
    if (m_tls && !m_ended) {
        m_tls->close();
        drain();
        static_cast<void>(m_stream.flush());
    }
}

Status Owner::begin(const Identity &identity)
{
    // Any warden may answer: which one it is, is proven by the report over its key, not by TLS.
    KASTELLAN_ASSIGN(m_tls, Tls::client(identity, [](const Sha256 &) { return true; }));
    drain();
    return m_stream.flush();
}

short Owner::wants() const
{
    if (m_ended)
        return 0;
    const bool more = m_stream.unsent() > 0 || mayDeliver();
    return static_cast<short>(POLLIN | (more ? POLLOUT : 0));
}

void Owner::end(Error error)
{
    if (m_ended)
        return;
    m_ended = true;
    m_messages.wipe();
    if (m_events.failed)
        m_events.failed(std::move(error));
}

void Owner::process()
{
    if (m_ended)
        return;
    Status status = receive();
    if (status && !m_ended)
        status = pump();
    if (!status) {
        // The warden's last words may have come after all; they say more than a broken pipe.
        while (status.error().kind == ErrorKind::Environment && !m_ended) {
            Status words = receive();
            if (words && m_frames.buffered() == 0)
                break;
            if (!words && words.error().kind == ErrorKind::Environment)
                break;
            if (!words)
                status = std::move(words);
        }
        end(status.error());
    }
}

Status Owner::receive()
{
    const auto bytes = m_stream.read();
    if (!bytes) {
        if (!m_tls->established() || !m_greeted)
            return std::unexpected(bytes.error().during("establish the session"));
        return std::unexpected(bytes.error());
    }
    m_frames.feed(*bytes);
    for (auto frame = m_frames.next(); frame && !m_ended; frame = m_frames.next()) {
        if (frame->connection != m_connection) // of a session before this one
            continue;
        const Status status = m_tls->receive(frame->payload, m_messages.buffer());
        drain();
        KASTELLAN_TRY(messages());
        if (!status)
            return status;
    }
    return {};
}

Status Owner::messages()
{
    while (!m_ended) {
        KASTELLAN_ASSIGN(const auto bytes, m_messages.next());
        if (!bytes)
            break;
        KASTELLAN_ASSIGN(const WardenMessage message, decodeWardenMessage(*bytes));
        if (!m_greeted && !std::holds_alternative<Hello>(message) && !std::holds_alternative<Failed>(message))
            return badInput("establish the session", "the warden", "it did not greet first");
        KASTELLAN_TRY(std::visit([this](const auto &m) { return handle(m); }, message));
    }
    return {};
}

Status Owner::send(const OwnerMessage &message)
{
    Bytes bytes = encode(message);
    const Status status = m_tls->write(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size()); // it may have been a secret
    drain();
    return status;
}

void Owner::request(const OwnerMessage &message)
{
    if (m_ended)
        return;
    Status status = m_greeted ? send(message) : fail(ErrorKind::Internal, "send a request", "the session", "it is not established yet");
    if (status)
        status = m_stream.flush();
    // A stream that is gone is noticed by `process`, which first reads what the warden said last.
    if (!status && status.error().kind != ErrorKind::Environment)
        end(status.error());
}

// Everything that waits goes out in pieces, as the stream takes it.
Status Owner::pump()
{
    while (mayDeliver() && m_stream.unsent() < windowSize) {
        KASTELLAN_TRY(m_delivery.next([this](const OwnerMessage &message) { return send(message); }));
        KASTELLAN_TRY(m_stream.flush());
    }
    while (m_greeted && m_startSaid && unsentInput() > 0 && m_inputSent - m_inputTaken < unreadLimit && m_stream.unsent() < windowSize) {
        const std::size_t window = unreadLimit - static_cast<std::size_t>(m_inputSent - m_inputTaken);
        const std::size_t count = std::min({unsentInput(), chunkSize, window});
        KASTELLAN_TRY(send(Input{m_inputSent, ByteView(m_input).last(unsentInput()).first(count)}));
        m_inputSent += count;
    }
    if (m_greeted && m_startSaid && m_inputClosed && unsentInput() == 0 && !m_inputEndSent) {
        m_inputEndSent = true;
        KASTELLAN_TRY(send(InputEnd{m_inputSent}));
    }
    return m_stream.flush();
}

void Owner::deliver(std::vector<Delivery> blobs, ByteView manifest)
{
    if (m_ended)
        return;
    m_deliverSaid = true;
    m_deliveryTaken = 0;
    if (auto status = m_delivery.begin(std::move(blobs), manifest); !status)
        return end(status.error());
    if (auto status = pump(); !status && status.error().kind != ErrorKind::Environment)
        end(status.error());
}

void Owner::input(ByteView data)
{
    if (m_ended || m_inputClosed)
        return;
    m_input.insert(m_input.end(), data.begin(), data.end());
    if (auto status = pump(); !status && status.error().kind != ErrorKind::Environment)
        end(status.error());
}

void Owner::closeInput()
{
    m_inputClosed = true;
    if (m_ended)
        return;
    if (auto status = pump(); !status && status.error().kind != ErrorKind::Environment)
        end(status.error());
}

void Owner::acknowledge(std::uint64_t stdoutBytes, std::uint64_t stderrBytes)
{
    // Said before any output: from where the warden has to go on.
    if (!m_next[0])
        m_next[0] = stdoutBytes;
    if (!m_next[1])
        m_next[1] = stderrBytes;
    request(Acknowledge{stdoutBytes, stderrBytes});
}

Status Owner::handle(const Hello &message)
{
    if (message.version != protocolVersion)
        return fail(ErrorKind::Environment, "establish the session", "the warden",
            "it speaks version " + std::to_string(message.version) + " of the session, and this program version "
                + std::to_string(protocolVersion),
            "Use a keep image of the same release.");
    if (m_greeted)
        return badInput("read from the session", "the warden", "it greeted twice");
    m_greeted = true;
    m_state = {
        message.delivered, message.running, message.exited, message.manifest, message.first, message.inputReceived, message.execution};
    m_inputBegin = m_inputSent = message.inputReceived;
    m_inputTaken = message.inputTaken;
    if (m_inputTaken > m_inputSent || m_inputSent - m_inputTaken > windowSize)
        return badInput("establish the session", "the warden", "its account of the input is impossible");
    if (m_events.established)
        m_events.established();
    return {};
}

Status Owner::handle(const Report &message)
{
    if (m_events.report)
        m_events.report(toBytes(message.report));
    return {};
}

/// Who has not been told to start has nothing to say of a workload.
Status Owner::onlyAfter(bool said, std::string_view what) const
{
    if (said)
        return {};
    return fail(ErrorKind::Negative, "continue the session", "the warden",
        "it told of " + std::string(what) + " before its evidence was accepted",
        "Do not trust this keep: another program may answer in its place.");
}

Status Owner::handle(const DeliveryReport &message)
{
    KASTELLAN_TRY(onlyAfter(m_deliverSaid, "a delivery"));
    m_state.delivered = true;
    if (m_events.deliveryReport)
        m_events.deliveryReport(toBytes(message.report));
    return {};
}

Status Owner::handle(const Started &message)
{
    KASTELLAN_TRY(onlyAfter(m_startSaid, "its start"));
    m_state.running = !m_state.exited;
    m_state.execution = message.execution;
    if (m_events.started)
        m_events.started(message.execution);
    return {};
}

Status Owner::handle(const Output &message)
{
    KASTELLAN_TRY(onlyAfter(m_startSaid, "output"));
    if (message.stream != 1 && message.stream != 2)
        return badInput("read the workload's output", {}, "stream " + std::to_string(message.stream) + " does not exist");
    auto &next = m_next[message.stream - 1U];
    if (next && *next != message.offset)
        return badInput("read the workload's output", "stream " + std::to_string(message.stream),
            "it goes on at " + std::to_string(message.offset) + ", and " + std::to_string(*next) + " was expected",
            "Open a new session and acknowledge what is in the log.");
    next = message.offset + message.data.size();
    if (m_events.output)
        m_events.output(message.stream, message.offset, message.data);
    return {};
}

Status Owner::handle(const Exited &message)
{
    KASTELLAN_TRY(onlyAfter(m_startSaid, "the workload's end"));
    m_state.running = false;
    m_state.exited = true;
    if (m_events.exited)
        m_events.exited(static_cast<int>(message.code), message.trap, message.reason);
    return {};
}

Status Owner::handle(const Log &message)
{
    m_wordsBefore += m_startSaid ? 0 : message.text.size();
    if (m_wordsBefore > mostWordsBefore)
        return fail(ErrorKind::Negative, "continue the session", "the warden", "it said too much before its evidence was accepted");
    if (m_events.log)
        m_events.log(message.text);
    return {};
}

Status Owner::handle(const Failed &message)
{
    return fail(ErrorKind::Negative, message.what, message.where.empty() ? "the warden" : "the warden, " + message.where, message.why,
        message.remedy);
}

Status Owner::handle(const InputTaken &message)
{
    KASTELLAN_TRY(onlyAfter(m_startSaid, "input"));
    if (message.offset > m_inputSent || message.offset < m_inputTaken)
        return badInput("send input", "the warden", "its account of the input is impossible");
    m_inputTaken = message.offset;
    if (message.offset > m_inputBegin) { // before that it was an earlier session's
        const auto count = static_cast<std::size_t>(message.offset - m_inputBegin);
        OPENSSL_cleanse(m_input.data(), count);
        m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(count));
        m_inputBegin = message.offset;
    }
    return pump();
}

Status Owner::handle(const DeliveryTaken &message)
{
    KASTELLAN_TRY(onlyAfter(m_deliverSaid, "a delivery"));
    if (message.bytes > m_delivery.sent() || message.bytes < m_deliveryTaken)
        return badInput("deliver the workload", "the warden", "its account of the delivery is impossible");
    m_deliveryTaken = message.bytes;
    return pump();
}

} // namespace
} // namespace session

Result<std::unique_ptr<OwnerSession>> OwnerSession::open(Fd stream, std::string_view ownerKeyPem, const KeepId &keep, SessionEvents events)
{
    KASTELLAN_ASSIGN(const auto identity, session::Identity::fromPem(ownerKeyPem));
    auto owner = std::make_unique<session::Owner>(std::move(stream), keep, std::move(events));
    KASTELLAN_TRY(owner->begin(identity));
    return owner;
}

} // namespace kastellan
