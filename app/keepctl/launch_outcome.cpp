// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/launch_outcome.h"

#include "app/keepctl/commands.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {
bool reached(const KeepStatus &status, KeepState state)
{
    return std::ranges::any_of(status.timeline, [state](const auto &step) { return step.first == state; });
}
} // namespace

LaunchOutcome launchOutcome(const KeepStatus &status, int signal)
{
    if (status.state == KeepState::Refused)
        return {"refused", exit_code::refused};
    if (!status.trap.empty())
        return {"trapped", exit_code::trapped};
    // With a reason it did not end by itself: "stop", "limit: \u2026".
    if (status.exitCode && status.reason.empty())
        return {"exited", *status.exitCode & 0xff};
    if (signal)
        return {"stopped", 128 + signal};
    if (!isFinal(status.state))
        return {"running", exit_code::notLaunched};
    if (reached(status, KeepState::Running))
        return {"ended", exit_code::ended};
    if (reached(status, KeepState::Delivering))
        return {"not-started", exit_code::notStarted};
    return {"failed", exit_code::notLaunched};
}

LaunchOutcome detachedOutcome(const KeepStatus &status)
{
    if (status.state == KeepState::Running || status.state == KeepState::Suspect)
        return {"running", exit_code::done};
    LaunchOutcome outcome = launchOutcome(status, 0);
    if (outcome.name == "refused")
        outcome.exitCode = exit_code::negative;
    else
        outcome.exitCode =
            outcome.name == "exited" || outcome.name == "trapped" || outcome.name == "ended" ? exit_code::done : exit_code::environment;
    return outcome;
}

} // namespace kastellan::keepctl
