// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/commands.h"
#include "core/hosts/choose_host.h"
#include "core/keeps/planner.h"

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

/// What is to be launched, and where.
struct PlannedLaunch {
    LaunchPlan plan;
    std::vector<HostReason> reasons; ///< with --host auto: every host, the chosen one first; else none
};
/// Plans a launch on the host that was asked for (its id or the beginning of it, a name, or an address); for "auto" on the best one of the
/// hosts that were added: all are looked at now, and the first plan that can be made counts. Never emulated, never a rehearsal, never
/// weaker than demanded. None: an Environment error with a reason for each host.
[[nodiscard]] Result<PlannedLaunch> planLaunch(
    LaunchRequest request, const Context &context, const Progress &progress, const std::stop_token &stop);

/// Lines for a person; for programs.
[[nodiscard]] std::string reasonsText(const std::vector<HostReason> &reasons);
[[nodiscard]] nlohmann::ordered_json reasonsJson(const std::vector<HostReason> &reasons);

} // namespace kastellan::keepctl
