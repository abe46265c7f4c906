// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/situation.h"

namespace kastellan::sev {

struct ActionRow;
struct ActionRun;

/// A host's platform under control, by the commands of its SEV firmware.
class FirmwareControl final : public PlatformControl {
public:
    explicit FirmwareControl(PlatformSurroundings host);

    [[nodiscard]] std::string host() const override { return m_host.host; }
    [[nodiscard]] Result<PlatformView> view() override;
    [[nodiscard]] std::vector<PlatformAction> actions() override;
    [[nodiscard]] Result<ActionPlan> plan(const std::string &action, const std::map<std::string, std::string> &arguments) override;
    /// Plans once more before it acts: the state may be another one by now.
    [[nodiscard]] Result<ActionOutcome> perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop) override;

private:
    [[nodiscard]] Result<ActionRun> prepare(
        const ActionRow &row, const std::string &action, const std::map<std::string, std::string> &arguments) const;

    PlatformSurroundings m_host;
};

} // namespace kastellan::sev
