// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/profile.h"

namespace kastellan::keepctl {

/// What `keep plan`, `keep launch` and `keep domain-xml` are asked for: the profile of --profile, and over it the options. Arguments and
/// forwarded ports replace the profile's; variables, secrets and TCB floors are added to its. Every error is an Input error that names the
/// option.
[[nodiscard]] Result<LaunchProfile> launchAsked(const Invocation &asked);
/// --save-profile: for later launches, at `host`, the address of the one that was planned for; auto stays auto.
[[nodiscard]] Status saveProfile(const Invocation &asked, LaunchProfile profile, const std::string &host);
/// The text of a policy file; an Input error, with its line, if it is none.
[[nodiscard]] Result<std::string> readPolicyText(const std::string &file);
/// The secrets that a launch gives, read now; at most 1 MiB each.
[[nodiscard]] Result<std::vector<Secret>> readSecrets(const LaunchProfile &profile);

} // namespace kastellan::keepctl
