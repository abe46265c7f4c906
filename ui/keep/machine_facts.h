// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"

#include <QString>

namespace kastellan::ui {

class FactList;

/// "SEV-SNP", "SEV-ES", "SEV"; anything else as it is.
[[nodiscard]] QString technologyName(std::string_view technology);
/// What was decided about a keep's virtual machine, as names and values.
void addMachineFacts(FactList &facts, const MachinePlan &machine);

} // namespace kastellan::ui
