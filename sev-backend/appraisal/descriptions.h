// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/appraisal/chain_state.h"

namespace kastellan::sev {

/// Every field of a report with its place, value and meaning: all 1184 bytes, in order, without gap or overlap.
[[nodiscard]] std::vector<Field> reportFields(const ReportView &report, TcbLayout layout);
/// The TCB as certificate and report state it.
[[nodiscard]] std::vector<TcbColumn> tcbColumns(const ReportView &report, const ChainState &chain, TcbLayout layout);
/// The certificates that are there, leaf first.
[[nodiscard]] std::vector<CertificateView> certificateViews(const ChainState &chain);

} // namespace kastellan::sev
