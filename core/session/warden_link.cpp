// SPDX-License-Identifier: Apache-2.0
#include "core/session/warden_link.h"

#include <algorithm>

namespace kastellan::session {
namespace {

constexpr std::size_t pastLimit = 16;

} // namespace

void WardenLink::drain()
{
    if (m_tls && m_connection)
        appendFrames(m_stream.outgoing(), *m_connection, m_tls->drain());
}

Status WardenLink::handle(const Frame &frame, const std::function<void()> &established, const OnMessage &message)
{
    if (std::ranges::find(m_past, frame.connection) != m_past.end())
        return {};
    if (!m_tls || frame.connection != *m_connection) {
        KASTELLAN_ASSIGN(m_tls, m_makeTls());
        if (m_connection)
            m_past.push_back(*m_connection);
        if (m_past.size() > pastLimit)
            m_past.pop_front();
        m_connection = frame.connection;
        m_messages.wipe();
        progress = {};
    }
    const bool stood = m_tls->established();
    const Status status = m_tls->receive(frame.payload, m_messages.buffer());
    drain();
    if (!stood && m_tls->established())
        established();
    // What came before a break is still good: it was authenticated.
    while (!dropped) {
        KASTELLAN_ASSIGN(const auto bytes, m_messages.next());
        if (!bytes)
            break;
        KASTELLAN_ASSIGN(const OwnerMessage decoded, decodeOwnerMessage(*bytes));
        message(decoded);
    }
    return status;
}

Status WardenLink::process(const std::function<void()> &established, const OnMessage &message)
{
    KASTELLAN_ASSIGN(const ByteView bytes, m_stream.read());
    m_frames.feed(bytes);
    for (auto frame = m_frames.next(); frame && !dropped; frame = m_frames.next())
        if (auto status = handle(*frame, established, message); !status) {
            static_cast<void>(m_stream.flush());
            return status;
        }
    return m_stream.flush();
}

Status WardenLink::send(const WardenMessage &message)
{
    const Bytes bytes = encode(message);
    KASTELLAN_TRY(m_tls->write(bytes));
    drain();
    return m_stream.flush();
}

void WardenLink::close()
{
    if (!m_tls)
        return;
    m_tls->close();
    drain();
    static_cast<void>(m_stream.flush());
}

} // namespace kastellan::session
