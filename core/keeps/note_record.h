// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/keeps/plan.h"

namespace kastellan::keeps {

/// Tells a keep of a record that was stored of it elsewhere (an imported report): from now on its status has that verdict, and names it
/// among its records. A keep that lives is told through its loader.
[[nodiscard]] Status noteRecord(const KeepId &id, const Record &record);

} // namespace kastellan::keeps
