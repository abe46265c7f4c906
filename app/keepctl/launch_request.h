// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/planner.h"

namespace kastellan::keepctl {

/// What the options of `keep plan` and `keep launch` ask for. Every error is an Input error that names the option.
[[nodiscard]] Result<LaunchRequest> launchRequest(const Invocation &asked);
/// The text of a policy file; an Input error, with its line, if it is none.
[[nodiscard]] Result<std::string> readPolicyText(const std::string &file);
/// The secrets of --secret NAME=FILE, read now; at most 1 MiB each.
[[nodiscard]] Result<std::vector<Secret>> readSecrets(const Invocation &asked);

} // namespace kastellan::keepctl
