// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/situation.h"

#include <atomic>

namespace kastellan::sev {

struct ActionRow;
struct ActionRun;

/// A host's platform under control, by the commands of its SEV firmware.
class FirmwareControl final : public PlatformControl {
public:
    explicit FirmwareControl(PlatformSurroundings host);

    [[nodiscard]] std::string host() const override { return m_host.host; }
    /// Asks nobody for a password, unless the action "look" was performed: where this user may not read the device, that is an error.
    [[nodiscard]] Result<PlatformView> view() override;
    /// With "look" where an administrator's password would show more.
    [[nodiscard]] std::vector<PlatformAction> actions() override;
    [[nodiscard]] Result<ActionPlan> plan(const std::string &action, const std::map<std::string, std::string> &arguments) override;
    /// Plans once more before it acts: the state may be another one by now.
    [[nodiscard]] Result<ActionOutcome> perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop) override;

private:
    [[nodiscard]] Result<ActionRun> prepare(
        const ActionRow &row, const std::string &action, const std::map<std::string, std::string> &arguments) const;

    [[nodiscard]] bool isLocked() const;

    PlatformSurroundings m_host;
    std::atomic<bool> m_unlocked = false; ///< an administrator's password was given: looking may ask for it again
};

} // namespace kastellan::sev
