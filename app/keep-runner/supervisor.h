// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kastellan::runner {

/// Serves the control socket: takes the order to run, has a child run the module, ends it when told to or when its time is over, and
/// reports how it ended. Returns the exit status of this process.
[[nodiscard]] int supervise(int control);

} // namespace kastellan::runner
