// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

#include <string_view>

namespace kastellan::keepctl {

/// How a foreground launch came out, and what keepctl exits with (design: Command line).
struct LaunchOutcome {
    std::string_view name; ///< "exited", "trapped", "stopped", "ended", "refused", "not-started", "failed", "running"
    int exitCode = 0;
};
/// `signal`: the one that asked keepctl to stop, 0 for none.
[[nodiscard]] LaunchOutcome launchOutcome(const KeepStatus &status, int signal);
/// The same for --detach: the exit codes of all other commands.
[[nodiscard]] LaunchOutcome detachedOutcome(const KeepStatus &status);

} // namespace kastellan::keepctl
