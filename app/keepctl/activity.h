// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kastellan::keepctl {

/// Who runs this program: the name of the user, or "uid N".
[[nodiscard]] std::string userName();

/// Adds a line to the activity log, by this user. A failure is said on standard error and changes nothing else.
void logActivity(std::string what, std::string subject, std::string outcome);

} // namespace kastellan::keepctl
