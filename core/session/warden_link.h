// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/session/byte_stream.h"
#include "core/session/frames.h"
#include "core/session/messages.h"
#include "core/session/tls.h"

#include <chrono>
#include <deque>
#include <functional>

namespace kastellan::session {

/// One stream at the warden's end, with the TLS session that the newest connection id on it has opened.
class WardenLink {
public:
    using Clock = std::chrono::steady_clock;
    using MakeTls = std::function<Result<std::unique_ptr<Tls>>()>;
    using OnMessage = std::function<void(const OwnerMessage &)>;

    WardenLink(Fd fd, MakeTls makeTls, Clock::time_point until)
        : m_stream(std::move(fd))
        , m_makeTls(std::move(makeTls))
        , deadline(until)
    {
    }

    /// Reads and decrypts what is there. `established` is called when a TLS session stands. An error ends the link.
    [[nodiscard]] Status process(const std::function<void()> &established, const OnMessage &message);
    /// Encrypts and queues; sends what goes without waiting.
    [[nodiscard]] Status send(const WardenMessage &message);
    [[nodiscard]] Status flush() { return m_stream.flush(); }
    /// Says goodbye as well as it goes without waiting.
    void close();

    [[nodiscard]] int fd() const { return m_stream.fd(); }
    [[nodiscard]] std::size_t unsent() const { return m_stream.unsent(); }
    [[nodiscard]] bool authenticated() const { return m_tls && m_tls->established(); }
    [[nodiscard]] Exporter exporter() const { return m_tls ? m_tls->exporter() : Exporter{}; }

private:
    void drain();
    [[nodiscard]] Status handle(const Frame &frame, const std::function<void()> &established, const OnMessage &message);

    ByteStream m_stream;
    FrameReader m_frames;
    MakeTls m_makeTls;
    std::optional<ConnectionId> m_connection;
    std::deque<ConnectionId> m_past; ///< what they still say comes too late
    std::unique_ptr<Tls> m_tls;
    MessageReader m_messages;

public:
    // What this session has done so far; begins anew with each connection id.
    struct Progress {
        bool challenged = false; ///< a report for a nonce of this session was made
        bool flowing = false; ///< start or resume was said after that: output may go out
        bool exitTold = false;
        ReportData first;
        std::array<std::uint64_t, 2> sent{}; ///< next offset of each output stream
        std::uint64_t inputTold = 0;
        std::uint64_t delivered = 0; ///< bytes of this session's delivery
    } progress;
    Clock::time_point deadline;
    bool dropped = false; ///< given up: nothing more is read from it
};

} // namespace kastellan::session
