// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/evidence/evidence.h"

namespace kastellan::keepctl {

/// What the options of a verb say is expected, and for which time.
struct References {
    ReferenceValues expected;
    std::vector<std::string> overrides; ///< protections given up: by option and by the policy
    std::int64_t at = 0; ///< Unix seconds; now unless --at says otherwise
};
/// From --policy, --root, --report-data, --expect-digest, --host-data, --min-tcb, --vmpl, --allow-debug, --strict and --at. A value of the
/// wrong form is an Input error that names the option.
[[nodiscard]] Result<References> referencesFrom(const Invocation &asked);
/// "2026-11-23", "2026-11-23T14:00:00Z" (UTC) or Unix seconds.
[[nodiscard]] Result<std::int64_t> timeFrom(std::string_view text);

/// An appraisal of evidence by the backend, with its verdict.
[[nodiscard]] Appraisal appraiseNow(const EvidenceBackend &backend, const Evidence &evidence, const References &references);

} // namespace kastellan::keepctl
