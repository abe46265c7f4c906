// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

namespace kastellan::sev {

/// Finds out what files are, by content alone: AMD SEV evidence and endorsements in every form that people have (docs/evidence.md). The
/// pool must be one that `readPool` made, or null.
[[nodiscard]] Recognised recognise(std::span<const InputFile> files, const EndorsementPool *pool);
/// The endorsements of files, for many calls of `recognise`.
[[nodiscard]] std::shared_ptr<const EndorsementPool> readPool(std::span<const InputFile> files, Recognised *what);

} // namespace kastellan::sev
