// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string_view>

namespace kastellan::runner {

/// Whether ahead-of-time code was made for this module, for the WasmEdge that runs here, and for a processor whose features this one has.
/// `note` is what the delivery manifest says of it (core/workload). An error names what does not match; nothing falls back to another mode.
[[nodiscard]] Status checkCompiled(std::string_view note, const Sha256 &module);

} // namespace kastellan::runner
