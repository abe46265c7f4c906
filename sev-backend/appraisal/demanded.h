// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

namespace kastellan::sev {

/// What a launch demanded of SEV-SNP's firmware and the launch digest does not cover, held against the report: the guest policy, the ID
/// block with its keys, the key that signs. The host makes the launch: it may have left any of it out. All are required.
[[nodiscard]] std::vector<Finding> demandedFindings(ByteView report, const LaunchPlan &plan);

} // namespace kastellan::sev
