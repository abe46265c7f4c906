// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/port_stream.h"
#include "app/keep-warden/stream_source.h"
#include "core/session/frames.h"

#include <deque>
#include <memory>

namespace kastellan::warden {

/// The session port of a virtual machine. Its one stream carries the frames of any number of connections, of owners who come, go and come
/// back without a sign: each connection id becomes a stream of its own, so that the rules for streams (who may take the session over, who
/// is dropped) are those of a socket, and nobody's broken words end anything but his own connection. Out of the port go whole frames, one
/// after the other. Memory is bounded: while the host does not read, nothing more is taken from the session.
class PortSource final : public StreamSource {
public:
    explicit PortSource(PortStream port)
        : m_port(std::move(port))
    {
    }
    void wants(std::vector<pollfd> &fds) const override;
    [[nodiscard]] Result<bool> serve(const pollfd &ready, StreamTaker &taker) override;
    [[nodiscard]] int timeout(Clock::time_point) const override { return m_more ? 0 : -1; }
    [[nodiscard]] Status tick(Clock::time_point now, StreamTaker &taker) override;

    [[nodiscard]] std::size_t connections() const { return m_connections.size(); }
    /// Bytes held here, both ways.
    [[nodiscard]] std::size_t held() const;

private:
    struct Connection {
        session::ConnectionId id;
        Fd stream; ///< the other end is the session's
        Bytes in; ///< what the session has not taken yet
        session::FrameReader out;
        bool ended = false;
    };
    [[nodiscard]] Status flow(StreamTaker &taker);
    [[nodiscard]] Status readPort(StreamTaker &taker);
    [[nodiscard]] Status writePort();
    void route(const session::Frame &frame, StreamTaker &taker);
    Connection *open(const session::ConnectionId &id, StreamTaker &taker);
    void give(Connection &connection);
    void collect(Connection &connection);
    void sweep();
    [[nodiscard]] std::size_t unsent() const { return m_out.size() - m_sent; }
    [[nodiscard]] bool backlog() const;

    PortStream m_port;
    session::FrameReader m_frames;
    std::vector<std::unique_ptr<Connection>> m_connections;
    std::deque<session::ConnectionId> m_past; ///< what they still say comes too late
    Bytes m_buffer, m_out;
    std::size_t m_sent = 0;
    bool m_more = false; ///< bytes were left in the port, for others to have their turn
};

} // namespace kastellan::warden
