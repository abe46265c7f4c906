// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

#include <memory>

namespace kastellan::sev {

/// The appraisal of SNP attestation reports: evidence of the kind "snp-report" with endorsements "ark", "ask" (or "asvk"),
/// "vcek" or "vlek", and "crl", all DER. docs/appraisal.md lists the findings. Safe in several threads; chains that were
/// verified once are remembered, so that a further report under them costs one signature.
[[nodiscard]] std::unique_ptr<EvidenceBackend> makeEvidenceBackend();

} // namespace kastellan::sev
