// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/machine_reports.h"

namespace kastellan::warden {

/// What a launcher does to the warden of a process keep, done by the warden of a machine itself, and with the same limits, Landlock rules
/// and system call filter (sev-backend/launch): becomes the warden's user, with the two capabilities that starting the runner as its own
/// user takes, and those dropPrivileges takes away. `reports`: what has to stay possible for them.
[[nodiscard]] Status confineWarden(const MachineReports &reports);

/// The capabilities that have to stay for these reports; bits.
[[nodiscard]] std::uint32_t capabilitiesFor(const MachineReports &reports);

} // namespace kastellan::warden
