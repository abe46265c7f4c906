// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"

#include <string>

namespace kastellan {

/// The appraisal of a record as plain text, wrapped to `width` columns (at least 40): verdict, a table of all findings, then each one that
/// is not a pass with expected, actual and what to do. `colour` adds terminal colours; control characters are made visible.
[[nodiscard]] std::string recordText(const Record &record, bool colour, unsigned width);

} // namespace kastellan
