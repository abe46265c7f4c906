// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "core/session/session_secret.h"
#include "sev-backend/legacy/launch_owner.h"
#include "sev-backend/libvirt/contact.h"
#include "sev-backend/libvirt/machine_note.h"
#include "sev-backend/libvirt/stream_pump.h"

#include <filesystem>

namespace kastellan::sev::libvirt {

/// A keep that is a libvirt domain.
class RunningMachine final : public RunningKeep {
public:
    struct Parts {
        LibvirtUri uri;
        KeepId id;
        std::filesystem::path folder;
        MachineNote note;
        std::shared_ptr<Contact> contact;
        Fd console;
        std::vector<Endorsement> endorsements;
        // SEV and SEV-ES
        std::optional<legacy::LaunchOwner> owner; ///< until it is admitted
        std::optional<legacy::LaunchStatement> launched;
        std::optional<Sha256> expectedDigest;
        std::optional<SessionSecret> secret; ///< of a keep that was found again
    };
    explicit RunningMachine(Parts parts);

    [[nodiscard]] Result<Fd> connect() override;
    [[nodiscard]] int endFd() const override { return m_parts.contact->endFd(); }
    [[nodiscard]] KeepEnd end() override;
    [[nodiscard]] std::pair<std::int64_t, std::uint64_t> process() const override { return {}; }
    [[nodiscard]] Status kill() override;
    [[nodiscard]] Status pressPowerButton() override;
    [[nodiscard]] std::vector<Endorsement> endorsements() const override { return m_parts.endorsements; }
    [[nodiscard]] std::vector<Finding> findings() const override { return {}; }
    [[nodiscard]] std::optional<Evidence> launchEvidence() const override;
    [[nodiscard]] Status admit() override;
    [[nodiscard]] const SessionSecret *sessionSecret() const override;
    [[nodiscard]] Fd takeConsole() override { return std::move(m_parts.console); }
    [[nodiscard]] std::optional<Use> use() const override;

private:
    Parts m_parts;
    std::mutex m_killing;
    bool m_killed = false; // guarded by m_killing, as the next one
    std::weak_ptr<StreamPump> m_channel; ///< the newest: it takes the place of those before
};

/// Ends the domain if it is there, gracefully for QEMU and then hard, and takes away what was brought to the host, the note last. The first
/// failure is told, and then the note stays.
[[nodiscard]] Status removeMachine(
    const Connection &connection, const KeepId &keep, const MachineNote &note, const std::filesystem::path &folder);
/// The end of what QEMU wrote for this domain, where the daemon's log is on this machine and may be read; else nothing.
[[nodiscard]] std::string qemuLog(const LibvirtUri &uri, const KeepId &keep);

} // namespace kastellan::sev::libvirt
