// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"
#include "sev-backend/kubevirt/follower.h"
#include "sev-backend/kubevirt/vmi.h"
#include "sev-backend/kubevirt/vmi_note.h"

namespace kastellan::sev::kubevirt {

/// Asks the cluster to delete a VirtualMachineInstance; one that is not there, or is another than `uid` (where given), counts as done.
[[nodiscard]] ApiResult<void> deleteVmi(
    Api &api, const std::string &name, const std::string &uid, unsigned graceSeconds, const std::stop_token &stop);

/// A keep in a cluster. Nothing is delivered to it: it offers no stream, and no evidence.
class RunningVmi final : public RunningKeep {
public:
    struct Parts {
        std::shared_ptr<Api> api;
        std::unique_ptr<Follower> follower;
        ServerSchema schema;
        std::string technology;
        std::filesystem::path folder; ///< the keep's own, with the note that names it
    };
    explicit RunningVmi(Parts parts)
        : m_parts(std::move(parts))
    {
    }
    [[nodiscard]] Result<Fd> connect() override;
    [[nodiscard]] int endFd() const override { return m_parts.follower->endFd(); }
    [[nodiscard]] KeepEnd end() override;
    [[nodiscard]] std::pair<std::int64_t, std::uint64_t> process() const override { return {0, 0}; }
    /// Deletes it, waits until it is gone for a minute and a half at most, and asks again without grace meanwhile. The note goes with it.
    [[nodiscard]] Status kill() override;
    [[nodiscard]] std::vector<Endorsement> endorsements() const override { return {}; }
    [[nodiscard]] std::vector<Finding> findings() const override;
    /// None, which is evidence of a kind of its own: what is appraised is undecided.
    [[nodiscard]] std::optional<Evidence> launchEvidence() const override { return Evidence{"none", {}, {}}; }
    /// Nothing is given to a keep without evidence.
    [[nodiscard]] Status admit() override;

private:
    Parts m_parts;
    bool m_killed = false;
};

/// Why nothing is proven of, and nothing delivered to, a keep in this cluster: one sentence.
[[nodiscard]] std::string whyUndecided(const ServerSchema &schema, const std::string &technology);

} // namespace kastellan::sev::kubevirt
