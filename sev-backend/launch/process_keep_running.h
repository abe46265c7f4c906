// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "sev-backend/launch/firmware_channel.h"

#include <optional>

namespace kastellan::sev {

/// A keep that runs as a sandboxed process, with the emulated firmware beside it.
class RunningProcessKeep final : public RunningKeep {
public:
    struct Parts {
        KeepId id;
        std::int64_t pid = 0;
        Fd pidfd;
        Fd words; ///< the end of the pipe of its last words; missing after a loader's death
        bool ourChild = true;
        std::shared_ptr<Processor> processor;
        GuestHandle guest;
        std::filesystem::path folder; ///< the keep's own
        std::vector<Finding> findings;
    };
    explicit RunningProcessKeep(Parts parts);

    [[nodiscard]] Result<Fd> connect() override;
    [[nodiscard]] int endFd() const override { return m_parts.pidfd.get(); }
    [[nodiscard]] KeepEnd end() override;
    [[nodiscard]] std::pair<std::int64_t, std::uint64_t> process() const override { return {m_parts.pid, m_start}; }
    [[nodiscard]] Status kill() override;
    [[nodiscard]] std::vector<Endorsement> endorsements() const override { return m_parts.processor->endorsements(); }
    [[nodiscard]] std::vector<Finding> findings() const override { return m_parts.findings; }

private:
    void endGroup();

    Parts m_parts;
    std::uint64_t m_start = 0;
    std::filesystem::path m_socket;
    std::unique_ptr<FirmwareChannel> m_channel;
    std::optional<KeepEnd> m_end;
    bool m_bare = false; ///< without a pid namespace of its own
    bool m_killed = false;
};

/// Where the guest of the emulated firmware is kept for a loader that takes over.
[[nodiscard]] std::filesystem::path guestContextPath(const std::filesystem::path &folder);
/// Writes a file that recovery needs, whole or not at all, and not through to the disk: it is worth nothing once the machine went down, for
/// then the keep did too.
[[nodiscard]] Status saveForRecovery(const std::filesystem::path &path, ByteView content);
/// Where the files of a keep without a sandbox lie.
[[nodiscard]] std::filesystem::path bareImagePath(const std::filesystem::path &folder);

} // namespace kastellan::sev
