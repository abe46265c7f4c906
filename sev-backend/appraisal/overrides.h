// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

namespace kastellan::sev {

/// Whether the plan is for a keep without evidence, by the owner's own word (--unattested).
[[nodiscard]] bool launchedUnattested(const LaunchPlan &plan);

/// What the owner gave up by name, in the plan's options and in its policy: every record of the keep says so, however its evidence came.
[[nodiscard]] std::vector<std::string> overridesOf(const LaunchPlan &plan);

} // namespace kastellan::sev
