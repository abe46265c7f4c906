// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "core/keeps/launcher.h"
#include "sev-backend/libvirt/uri.h"

namespace kastellan::sev {

/// What a launch through libvirt uses of this machine.
struct LibvirtHostOptions {
    std::filesystem::path image; ///< the keep image for machines, where a plan names none; empty: the one that was built or installed
    std::filesystem::path processor = dataFolder() / "emulated"; ///< the emulated processor, for rehearsals
    std::filesystem::path certificates; ///< the store of platforms' certificates that `certs fetch` fills; empty: the user's
    std::filesystem::path rehearsal; ///< where stand-ins for QEMU are made (sev-backend/rehearsal); empty: their default
    std::string
        rehearsalFaults; ///< what goes wrong on purpose in rehearsals (docs/rehearsal.md): for tests; the plan's protection names it
    std::filesystem::path rehearsalLog; ///< where stand-ins for QEMU write what they do; empty: nowhere
    std::string pool; ///< the storage pool that images are uploaded to, for daemons that can't read this user's files; empty: one of ours,
                      ///< made when needed and taken away again
};

/// One libvirt connection as a host: keeps are virtual machines there, measured by SEV, or in a rehearsal by the emulated firmware. The
/// connection is opened when it is first needed and opened again when it was lost; all of a process share one event loop in a thread of its
/// own. Safe in several threads.
class LibvirtHost final : public Host {
public:
    /// `uri` has to have passed parseLibvirtUri.
    explicit LibvirtHost(LibvirtUri uri, LibvirtHostOptions options = {});
    ~LibvirtHost() override;

    /// Opens the connection and asks for what it offers. A connection that can't be opened is "not ready" with libvirt's words.
    [[nodiscard]] HostInfo info() const override;
    /// Fills in protection, policy, image, root, expected digest and `plan.machine` with the domain's XML. `plan.machine->request`, where
    /// set, says what the owner asks for. Never less protection than demanded: what the host lacks is an error that names it.
    [[nodiscard]] Status prepare(LaunchPlan &plan, const Progress &progress, std::stop_token stop) override;
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> start(
        const LaunchPlan &plan, const std::string &folder, const Progress &progress, std::stop_token stop) override;
    /// By the domain's uuid, which is the keep's id.
    [[nodiscard]] Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] Status clear(const KeepStatus &status, const std::string &folder) override;
    [[nodiscard]] std::string left(const KeepStatus &status, const std::string &folder) const override;
    [[nodiscard]] std::shared_ptr<HostInspector> inspector() override;
    [[nodiscard]] std::shared_ptr<PlatformControl> platform() override;

private:
    struct Private;
    std::shared_ptr<Private> m_d;
};

} // namespace kastellan::sev
