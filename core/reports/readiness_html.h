// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "core/reports/theme.h"

namespace kastellan {

/// The readiness of a host as one self-contained page: verdicts, then every check by area. No script, everything escaped.
[[nodiscard]] std::string readinessHtml(const Readiness &readiness);

namespace reports {

[[nodiscard]] Tone toneOf(CheckState state);
[[nodiscard]] Tone toneOf(ReadinessVerdict::State state);
/// How deep a check is shown below its parents: 0 at the top of its area.
[[nodiscard]] unsigned depthOf(const Readiness &readiness, const ReadinessCheck &check);
/// The areas in the order of their first check.
[[nodiscard]] std::vector<std::string> areasOf(const Readiness &readiness);

} // namespace reports
} // namespace kastellan
