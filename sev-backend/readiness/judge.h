// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "sev-backend/readiness/facts.h"

namespace kastellan::sev {

/// Holds the facts of a host against the table of checks: every check with its state, and a verdict for SEV, SEV-ES and SEV-SNP (or
/// "emulated"). Ready only where nothing that a launch needs failed or is unknown.
[[nodiscard]] Readiness judge(const HostFacts &facts);

/// The verdicts over the checks that are in `readiness`: for what other parts have judged.
[[nodiscard]] ReadinessVerdict verdictOf(const Readiness &readiness, std::string protection, std::string title);

} // namespace kastellan::sev
