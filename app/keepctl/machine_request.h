// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/keeps/machine.h"

namespace kastellan::keepctl {

/// What the options of a launch ask of a virtual machine. Files are read here.
[[nodiscard]] Result<MachineRequest> machineRequest(const Invocation &asked);

} // namespace kastellan::keepctl
