// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/keeps/machine.h"

namespace kastellan::keepctl {

/// What the options of a launch ask of a virtual machine, over what `request` says already. Files are read here.
[[nodiscard]] Status readMachineOptions(const Invocation &asked, MachineRequest &request);

} // namespace kastellan::keepctl
