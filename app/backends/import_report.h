// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/record.h"
#include "core/keeps/plan.h"

#include <span>

namespace kastellan {

/// Appraises a SEV-SNP report that was made inside a keep that is a whole virtual machine and brought by hand, with what the keep's plan
/// expects. The files hold one report, in any form that is recognised, and maybe its certificates. The record is made, and not stored. An
/// Input or Negative error: this keep has a warden, was not launched under SEV-SNP, or there is not exactly one report.
[[nodiscard]] Result<Record> importedReport(const KeepStatus &status, std::span<const std::string> files, const EvidenceBackend &backend);

} // namespace kastellan
