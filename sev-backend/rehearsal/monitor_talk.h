// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "sev-backend/rehearsal/message_splitter.h"
#include "sev-backend/rehearsal/rehearsed_guest.h"

namespace kastellan::sev {

/// What the stand-in adds to a monitor.
class MonitorSubject {
public:
    virtual ~MonitorSubject() = default;
    /// Answers a command in QEMU's place, or leaves it to QEMU. `arguments` is JSON.
    [[nodiscard]] virtual std::optional<QmpAnswer> answer(std::string_view command, std::string_view arguments) = 0;
    /// QEMU's reply to a command, the whole message; returns what the client gets.
    [[nodiscard]] virtual std::string reply(std::string_view command, std::string_view arguments, std::string message) = 0;
    /// Whether the client does not hear of an event.
    [[nodiscard]] virtual bool hides(std::string_view event, std::string_view message) = 0;
    /// The machine is about to run.
    [[nodiscard]] virtual OrRefusal<void> aboutToRun() = 0;
};

/// The talk on one monitor: QEMU's side is one connection for ever, the client's side may come and go. Answers keep their order.
class MonitorTalk {
public:
    static constexpr std::size_t pendingLimit = 1024;

    struct Chunk {
        std::string text;
        std::vector<Fd> descriptors; ///< go with its first byte
    };
    explicit MonitorTalk(MonitorSubject &subject)
        : m_subject(subject)
    {
    }
    void clientCame();
    void clientWent();
    /// Bytes from the client, with the descriptors that came with them.
    void fromClient(std::string_view bytes, std::vector<Fd> descriptors = {});
    void fromQemu(std::string_view bytes);
    [[nodiscard]] std::deque<Chunk> &toQemu() { return m_toQemu; }
    [[nodiscard]] std::string &toClient() { return m_toClient; }
    [[nodiscard]] std::size_t pending() const { return m_pending.size(); }
    /// Set once the firmware refused what a command wanted: QEMU has to end.
    [[nodiscard]] const std::optional<Refusal> &refusal() const { return m_refusal; }

private:
    struct Pending {
        bool ours = false, wanted = true, outOfBand = false;
        std::string text; ///< our answer
        std::string id; ///< JSON
        std::string command, arguments;
    };
    void command(MessageSplitter::Piece piece, std::vector<Fd> descriptors);
    void pass(std::string text, std::vector<Fd> descriptors, Pending pending);
    void answer(const std::string &id, const QmpAnswer &answer, const char *kind = "GenericError");
    void fromQemu(MessageSplitter::Piece piece);
    void deliver(std::string text);
    void flushOurs();
    [[nodiscard]] std::vector<Fd> descriptorsUpTo(std::uint64_t end);

    MonitorSubject &m_subject;
    MessageSplitter m_client, m_qemu;
    std::deque<std::pair<std::uint64_t, std::vector<Fd>>> m_descriptors; ///< by the place in the client's stream where they came
    std::deque<Pending> m_pending;
    std::deque<Chunk> m_toQemu;
    std::string m_toClient, m_greeting;
    bool m_connected = false, m_negotiated = false, m_qemuNegotiated = false, m_largePasses = false, m_inLarge = false;
    std::optional<Refusal> m_refusal;
};

} // namespace kastellan::sev
