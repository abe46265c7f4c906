// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"

namespace kastellan {

/// Performs a plan and writes into the activity log who did what to which host, when, and how it went (also when it failed). Plans that
/// only read are logged too when they write files. `notLogged`, where given, receives why the log could not be written: the action's
/// outcome stands all the same.
[[nodiscard]] Result<ActionOutcome> performAndLog(
    PlatformControl &platform, const ActionPlan &plan, const Progress &progress, std::stop_token stop, Status *notLogged = nullptr);

/// Who runs this program: the name of the user, or "uid N".
[[nodiscard]] std::string whoRunsThis();

} // namespace kastellan
