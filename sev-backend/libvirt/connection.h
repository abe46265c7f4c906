// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/handles.h"
#include "sev-backend/libvirt/uri.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

namespace kastellan::sev::libvirt {

/// An open connection to a libvirt daemon. Safe in several threads, as libvirt's own handles are. Opened by and held in shared pointers:
/// those who wait for events hold it.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    struct Private {
        explicit Private() = default;
    };
    /// Never asks on a terminal. `watched`: a remote daemon that does not answer for 25 seconds counts as lost.
    [[nodiscard]] static Result<std::shared_ptr<Connection>> open(const LibvirtUri &uri, bool watched = true);
    explicit Connection(Private);
    ~Connection();
    Connection(const Connection &) = delete;
    Connection &operator=(const Connection &) = delete;

    [[nodiscard]] virConnectPtr get() const { return m_connection; }
    [[nodiscard]] const LibvirtUri &uri() const { return m_uri; }
    /// Whether the daemon is still there, as far as is known.
    [[nodiscard]] bool alive() const { return !m_closed; }
    /// Called once, in the event loop's thread, when the connection is lost; at once when it is lost already.
    void whenClosed(std::function<void(const std::string &why)> call);

private:
    static void lost(virConnectPtr, int reason, void *self);
    void closed(int reason);
    virConnectPtr m_connection = nullptr;
    LibvirtUri m_uri;
    std::atomic<bool> m_closed = false;
    bool m_registered = false;
    std::mutex m_mutex;
    std::string m_why; // guarded by m_mutex, as what follows
    std::function<void(const std::string &)> m_whenClosed;
};

} // namespace kastellan::sev::libvirt
