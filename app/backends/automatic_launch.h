// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "core/hosts/choose_host.h"
#include "core/keeps/planner.h"

namespace kastellan {

/// A launch whose host was chosen for it.
struct AutomaticLaunch {
    LaunchPlan plan;
    std::vector<HostReason> reasons; ///< every host with why it was chosen or not, the chosen one first
};
/// Plans a launch on the best one of the hosts that were added: all are looked at now, and the first plan that can be made counts. Never
/// emulated, never a rehearsal, never weaker than demanded. None: an Environment error with a reason for each host.
[[nodiscard]] Result<AutomaticLaunch> planAutomatically(LaunchRequest request, const HostRegistry &hosts, const EvidenceBackend &backend,
    const Progress &progress, const std::stop_token &stop);

} // namespace kastellan
