// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/appraisal/chain_state.h"
#include "sev-backend/appraisal/checks.h"

namespace kastellan::sev {

/// What an appraisal works on, once the report could be read.
struct Subject {
    ReportView report;
    const ChainState &chain;
    const ReferenceValues &expected;
    Product product; ///< of the report, or failing that of the chain
    TcbLayout layout;
};
/// The product that report and chain come to together.
[[nodiscard]] Product productOf(const ReportView &report, const ChainState &chain);

/// Root and certificates.
void addChainFindings(Findings &findings, const ChainState &chain, const ReferenceValues &expected, std::int64_t at);
/// Version, signature, reserved fields, product.
void addReportFindings(Findings &findings, const Subject &subject);
/// Chip, TCB, policy, platform.
void addPlatformFindings(Findings &findings, const Subject &subject);
/// Bindings and launch digest.
void addReferenceFindings(Findings &findings, const Subject &subject);

/// "a; b; c".
[[nodiscard]] std::string joined(const std::vector<std::string> &parts);

} // namespace kastellan::sev
