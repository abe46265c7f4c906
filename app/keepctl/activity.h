// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace kastellan::keepctl {

/// Adds a line to the activity log, by this user and program. A failure is said on standard error and changes nothing else.
void logActivity(std::string what, std::string subject, std::string outcome);

} // namespace kastellan::keepctl
