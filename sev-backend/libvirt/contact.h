// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"
#include "core/keeps/launcher.h"
#include "sev-backend/libvirt/connection.h"

#include <chrono>
#include <condition_variable>

namespace kastellan::sev::libvirt {

/// Follows one domain by its UUID: hears of its end by libvirt's events, and finds daemon and domain again when the connection was lost (a
/// restarted libvirtd leaves its machines running). Gives up after ten minutes without the daemon. Safe in several threads.
class Contact : public std::enable_shared_from_this<Contact> {
public:
    struct Private {
        explicit Private() = default;
    };
    /// Begins to hear of the domain, which need not be there yet.
    [[nodiscard]] static Result<std::shared_ptr<Contact>> begin(std::shared_ptr<Connection> connection, const KeepId &keep);
    Contact(Private, const LibvirtUri &uri, const KeepId &keep);
    ~Contact();
    Contact(const Contact &) = delete;
    Contact &operator=(const Contact &) = delete;

    /// From now on a domain that can't be found has ended.
    void started();
    /// Becomes readable when it has ended.
    [[nodiscard]] int endFd() const { return m_endFd.get(); }
    [[nodiscard]] KeepEnd end() const;
    /// Looks, for some seconds, whether it has ended: a stream to it broke, and of that an event may never come (a daemon that was
    /// restarted was seen to send none). Waits; not for the loop's thread.
    void doubt();
    /// Ends the following: no new connection is opened any more.
    void stop();

    struct Found {
        std::shared_ptr<Connection> connection;
        DomainHandle domain;
    };
    /// The domain, on a connection that is alive; a lost one is waited for. A domain that is gone is a Negative error.
    [[nodiscard]] Result<Found> find(std::chrono::milliseconds patience);

private:
    [[nodiscard]] Status listen(const std::shared_ptr<Connection> &connection);
    void lost(const std::string &why);
    void searchAgain();
    /// Whether there is nothing more to wait for.
    [[nodiscard]] bool reconcile(const std::shared_ptr<Connection> &connection);
    void heard(int event, int detail);
    void ended(KeepEnd how);

    const LibvirtUri m_uri;
    const KeepId m_keep;
    const Fd m_endFd;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    std::shared_ptr<Connection> m_connection; // guarded by m_mutex, as all below; null: lost
    int m_listening = -1; ///< number of the registered event
    bool m_started = false, m_stopped = false;
    std::optional<KeepEnd> m_end;
    std::string m_why; ///< it was lost
};

} // namespace kastellan::sev::libvirt
