// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

namespace kastellan::keepctl {

/// The machine of a plan as names and values for a person; nothing where the keep is none.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> machineFacts(const LaunchPlan &plan);

} // namespace kastellan::keepctl
