// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"

#include <QString>

namespace kastellan::ui {

/// One check in full, as lines to paste into a message.
[[nodiscard]] QString checkText(const ReadinessCheck &check, const Readiness &of);
/// The host's verdicts and every check, indented as the tree is.
[[nodiscard]] QString readinessText(const Readiness &readiness);

} // namespace kastellan::ui
