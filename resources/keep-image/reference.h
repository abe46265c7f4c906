// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

#include <vector>

namespace kastellan {

/// The files of the keep image that was built together with this program, by path, ascending. Compiled in: what lies on disk when a keep is
/// launched cannot change what is expected of it.
[[nodiscard]] const std::vector<MeasuredFile> &keepImageReference();
/// The launch digest of a process keep made of these files (docs/process-keep.md), computed while this program was built.
[[nodiscard]] LaunchDigest keepImageReferenceDigest();

} // namespace kastellan
