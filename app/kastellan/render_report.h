// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/kastellan/options.h"

namespace kastellan {

/// Writes a record as a PDF document. Yields the exit code: 0, 2 for an unknown record, 3 when the file or the store cannot be used.
[[nodiscard]] int renderReport(const Options &options);

} // namespace kastellan
