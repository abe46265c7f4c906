// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/connection.h"

#include "sev-backend/libvirt/event_loop.h"

namespace kastellan::sev::libvirt {
namespace {

constexpr int keepaliveSeconds = 5;
constexpr unsigned keepaliveMisses = 5;

std::string remedyFor(const LibvirtUri &uri)
{
    if (uri.transport.contains("ssh"))
        return "Check that 'ssh " + uri.host + "' works without a password, that libvirt runs there, and that the user there may use it.";
    if (!uri.local())
        return "Check that libvirt runs there, that it listens for TLS, and that both sides have certificates of one authority.";
    if (uri.session())
        return "Install libvirt's daemon (Debian: libvirt-daemon-system), and check that XDG_RUNTIME_DIR is a folder of yours.";
    return "Start libvirt (systemctl start libvirtd) and join the group 'libvirt', or use qemu:///session.";
}

} // namespace

Connection::Connection(Private) {}

Result<std::shared_ptr<Connection>> Connection::open(const LibvirtUri &uri, bool watched)
{
    KASTELLAN_TRY(startEventLoop());
    auto connection = std::make_shared<Connection>(Private{});
    connection->m_uri = uri;
    connection->m_connection = ::virConnectOpen(askingNobody(uri.text).c_str());
    if (!connection->m_connection)
        return failure("connect to libvirt", uri.text, remedyFor(uri));
    if (watched && !uri.local())
        static_cast<void>(::virConnectSetKeepAlive(connection->m_connection, keepaliveSeconds, keepaliveMisses));
    auto *self = new std::weak_ptr<Connection>(connection);
    const auto forget = [](void *opaque) { delete static_cast<std::weak_ptr<Connection> *>(opaque); };
    connection->m_registered = ::virConnectRegisterCloseCallback(connection->m_connection, &Connection::lost, self, forget) == 0;
    if (!connection->m_registered)
        delete self;
    return connection;
}

Connection::~Connection()
{
    if (!m_connection)
        return;
    if (m_registered)
        ::virConnectUnregisterCloseCallback(m_connection, &Connection::lost);
    ::virConnectClose(m_connection);
}

void Connection::lost(virConnectPtr, int reason, void *self)
{
    // libvirt holds a lock here that closing the connection needs.
    if (auto known = static_cast<std::weak_ptr<Connection> *>(self)->lock())
        inEventLoop([known = std::move(known), reason] { known->closed(reason); });
}

void Connection::closed(int reason)
{
    std::function<void(const std::string &)> call;
    std::string why;
    {
        const std::lock_guard lock(m_mutex);
        if (m_closed.exchange(true))
            return;
        m_why = reason == VIR_CONNECT_CLOSE_REASON_EOF     ? "the daemon ended, or closed the connection"
            : reason == VIR_CONNECT_CLOSE_REASON_KEEPALIVE ? "the daemon did not answer for 25 seconds"
            : reason == VIR_CONNECT_CLOSE_REASON_CLIENT    ? "it was closed on this side"
                                                           : "it broke";
        why = m_why;
        call = std::exchange(m_whenClosed, {});
    }
    if (call)
        call(why);
}

void Connection::whenClosed(std::function<void(const std::string &why)> call)
{
    std::string why;
    {
        const std::lock_guard lock(m_mutex);
        if (!m_closed) {
            m_whenClosed = std::move(call);
            return;
        }
        why = m_why;
    }
    if (call)
        inEventLoop([call = std::move(call), why] { call(why); });
}

} // namespace kastellan::sev::libvirt
