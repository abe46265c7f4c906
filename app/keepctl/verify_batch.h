// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "app/keepctl/reference_options.h"

namespace kastellan::keepctl {

/// `keepctl evidence verify --batch`: appraises what a folder or a list names, one line each, in constant memory and on all cores.
[[nodiscard]] Result<int> verifyBatch(const Invocation &asked, const EvidenceBackend &backend, const References &references);

/// Whether an appraisal is a positive answer: trusted or authentic, and emulated only where that was accepted.
[[nodiscard]] bool accepted(const Appraisal &appraisal, bool acceptEmulated);

} // namespace kastellan::keepctl
