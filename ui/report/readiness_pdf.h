// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/hosts/readiness.h"

namespace kastellan::ui {

/// A host's readiness as a PDF/A-1b document: the verdicts, what to mend, every check. Works off screen and in any thread, but needs a
/// QGuiApplication for its fonts.
[[nodiscard]] Result<Bytes> readinessPdf(const Readiness &readiness);

} // namespace kastellan::ui
