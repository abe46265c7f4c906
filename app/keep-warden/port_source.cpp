// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/port_source.h"

#include <algorithm>
#include <cerrno>

#include <sys/socket.h>

namespace kastellan::warden {
namespace {

constexpr std::size_t connectionLimit = 12; // the session itself keeps fewer: what is beyond has been dropped by it
constexpr std::size_t pastLimit = 64;
constexpr std::size_t pieceSize = 32 * 1024;
constexpr std::size_t outLimit = 64 * 1024;
constexpr int turnReads = 64; // a host that talks without end does not keep the workload's output waiting

} // namespace

void PortSource::wants(std::vector<pollfd> &fds) const
{
    fds.push_back({m_port.changes(), POLLIN, 0});
    for (const auto &connection : m_connections) {
        const int events = (unsent() < outLimit ? POLLIN : 0) | (connection->in.empty() ? 0 : POLLOUT);
        if (events) // or else a stream that has ended would wake us without end
            fds.push_back({connection->stream.get(), static_cast<short>(events), 0});
    }
}

Result<bool> PortSource::serve(const pollfd &ready, StreamTaker &taker)
{
    const auto ours = [&](const auto &connection) { return connection->stream.get() == ready.fd; };
    if (ready.fd != m_port.changes() && std::ranges::none_of(m_connections, ours))
        return false;
    KASTELLAN_TRY(flow(taker));
    return true;
}

Status PortSource::tick(Clock::time_point, StreamTaker &taker)
{
    return m_more ? flow(taker) : Status{};
}

std::size_t PortSource::held() const
{
    std::size_t sum = unsent() + m_frames.buffered();
    for (const auto &connection : m_connections)
        sum += connection->in.size() + connection->out.buffered();
    return sum;
}

Status PortSource::flow(StreamTaker &taker)
{
    m_port.seen();
    for (const auto &connection : m_connections)
        give(*connection);
    KASTELLAN_TRY(readPort(taker));
    for (const auto &connection : m_connections)
        collect(*connection);
    sweep();
    return writePort();
}

bool PortSource::backlog() const
{
    return std::ranges::any_of(m_connections, [](const auto &connection) { return !connection->in.empty(); });
}

Status PortSource::readPort(StreamTaker &taker)
{
    m_buffer.resize(pieceSize);
    m_more = false;
    for (int turn = 0; !backlog(); ++turn) { // what waits for the session leaves the rest with the host
        if (turn == turnReads) {
            m_more = true;
            break;
        }
        KASTELLAN_ASSIGN(const std::size_t count, m_port.read(m_buffer));
        if (count == 0)
            break;
        m_frames.feed(ByteView(m_buffer).first(count));
        while (const auto frame = m_frames.next())
            route(*frame, taker);
    }
    return {};
}

void PortSource::route(const session::Frame &frame, StreamTaker &taker)
{
    if (std::ranges::find(m_past, frame.connection) != m_past.end())
        return;
    const auto known = std::ranges::find_if(m_connections, [&](const auto &c) { return c->id == frame.connection; });
    Connection *connection = known != m_connections.end() ? known->get() : open(frame.connection, taker);
    if (!connection || connection->ended)
        return;
    session::appendFrames(connection->in, frame.connection, frame.payload);
    give(*connection);
}

PortSource::Connection *PortSource::open(const session::ConnectionId &id, StreamTaker &taker)
{
    if (m_connections.size() >= connectionLimit) {
        for (const auto &connection : m_connections)
            collect(*connection);
        sweep();
    }
    int ends[2];
    if (m_connections.size() >= connectionLimit || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
        taker.note("a connection was turned away: too many at once");
        return nullptr;
    }
    auto connection = std::make_unique<Connection>();
    connection->id = id;
    connection->stream = Fd(ends[0]);
    taker.takeSession(Fd(ends[1]));
    m_connections.push_back(std::move(connection));
    return m_connections.back().get();
}

// To the session, as much as goes.
void PortSource::give(Connection &connection)
{
    while (!connection.in.empty()) {
        const ssize_t count = ::send(connection.stream.get(), connection.in.data(), connection.in.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count < 0) { // the session has dropped it; what it said last is still to be read
            connection.in.clear();
            return;
        }
        connection.in.erase(connection.in.begin(), connection.in.begin() + count);
    }
}

// From the session, as much as there is room for. Whole frames only: two connections must not get into each other's words.
void PortSource::collect(Connection &connection)
{
    Bytes piece(pieceSize);
    while (!connection.ended && unsent() < outLimit) {
        const ssize_t count = ::recv(connection.stream.get(), piece.data(), piece.size(), MSG_DONTWAIT);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return;
        if (count <= 0) {
            connection.ended = true;
            return;
        }
        connection.out.feed(ByteView(piece).first(static_cast<std::size_t>(count)));
        while (const auto frame = connection.out.next())
            session::appendFrames(m_out, frame->connection, frame->payload);
    }
}

void PortSource::sweep()
{
    std::erase_if(m_connections, [this](const auto &connection) {
        if (!connection->ended)
            return false;
        m_past.push_back(connection->id);
        if (m_past.size() > pastLimit)
            m_past.pop_front();
        return true;
    });
}

Status PortSource::writePort()
{
    while (unsent() > 0) {
        KASTELLAN_ASSIGN(const std::size_t count, m_port.write(ByteView(m_out).subspan(m_sent)));
        if (count == 0) {
            m_out.erase(m_out.begin(), m_out.begin() + static_cast<std::ptrdiff_t>(m_sent));
            m_sent = 0;
            return {};
        }
        m_sent += count;
    }
    m_out.clear();
    m_sent = 0;
    return {};
}

} // namespace kastellan::warden
