// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::workload {

/// The shared library of baseline_shim.c, built with this program.
[[nodiscard]] ByteView baselineShim();

} // namespace kastellan::workload
