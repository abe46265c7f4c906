// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/commands.h"

namespace kastellan::keepctl {

/// `keep launch --dry-run`: prints what a cluster would be asked, and does nothing. The exit code.
[[nodiscard]] int dryRunOfLaunch(const Invocation &asked, const Context &context);

} // namespace kastellan::keepctl
