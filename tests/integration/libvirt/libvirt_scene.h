// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/libvirt/libvirt_host.h"
#include "tests/support/session_daemon.h"

#include <functional>

namespace kastellan::test {

/// A libvirt daemon of the test's own, with a machine to start in it. As an ordinary user a session daemon, in folders of its own; as root
/// the system's, which must not run yet. Everything that it started ends with it.
class LibvirtScene {
public:
    /// Why the test can't run here; empty: it can.
    [[nodiscard]] static QByteArray missing();
    LibvirtScene();
    ~LibvirtScene();
    LibvirtScene(const LibvirtScene &) = delete;
    LibvirtScene &operator=(const LibvirtScene &) = delete;

    [[nodiscard]] const std::string &uri() const { return m_uri; }
    [[nodiscard]] std::shared_ptr<sev::LibvirtHost> host(sev::LibvirtHostOptions options = {}) const;
    [[nodiscard]] const std::filesystem::path &folder() const { return m_folder; }
    /// A plan of a machine that echoes (echo_guest.c), prepared without evidence; or the error.
    [[nodiscard]] Result<LaunchPlan> plan(sev::LibvirtHost &host, const std::function<void(MachineRequest &)> &change = {}) const;
    /// A keep's folder that does not exist yet.
    [[nodiscard]] std::string keepFolder(const LaunchPlan &plan) const;
    /// Runs virsh with the scene's connection; its output with errors.
    [[nodiscard]] QByteArray virsh(const QStringList &arguments) const;
    /// What libvirt still has of ours: domains, volumes, pools, one in each line; empty: nothing.
    [[nodiscard]] QByteArray leftovers() const;
    /// Process ids of the machine's QEMU; empty when there is none.
    [[nodiscard]] std::vector<pid_t> qemus(const KeepId &keep) const;

    /// Kills the daemon, and does not start it again.
    void killDaemon();
    void startDaemon();
    [[nodiscard]] pid_t daemon() const;

private:
    bool m_system = false;
    SessionDaemon m_session; ///< as root, its folders alone
    std::filesystem::path m_folder;
    std::string m_uri;
    std::vector<pid_t> m_children;
    QByteArray m_before;
};

/// Reads until the text is there, the other side ends or a minute is over; all that was read.
[[nodiscard]] QByteArray readUntil(int fd, const QByteArray &text);
/// Waits for the descriptor, at most a minute.
[[nodiscard]] bool readable(int fd);

} // namespace kastellan::test
