// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/parse.h"
#include "core/evidence/evidence.h"

namespace kastellan::keepctl {

/// An appraisal as a signed attestation result, as the options --key and --ear-profile have it: a JWT with a line end, or a CWT.
[[nodiscard]] Result<Bytes> earToken(
    const Invocation &asked, const Appraisal &appraisal, const ReferenceValues &expected, std::string_view evidenceKind, bool cwt);

} // namespace kastellan::keepctl
