// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/appraisal/chain_state.h"
#include "sev-backend/appraisal/checks.h"
#include "sev-backend/appraisal/policy.h"

#include <algorithm>

namespace kastellan::sev {

/// What an appraisal works on, once the report could be read.
struct Subject {
    ReportView report;
    const ChainState &chain;
    const ReferenceValues &expected;
    const Policy &policy; ///< joined with the expected values: both have to be met
    Product product; ///< of the report, or failing that of the chain
    TcbLayout layout;
};
/// The product that report and chain come to together.
[[nodiscard]] Product productOf(const ReportView &report, const ChainState &chain);

/// Root and certificates.
void addChainFindings(Findings &findings, const ChainState &chain, const ReferenceValues &expected, const Policy &policy, std::int64_t at);
/// Version, signature, kind of key, reserved fields, product.
void addReportFindings(Findings &findings, const Subject &subject);
/// Chip, TCB, policy, platform.
void addPlatformFindings(Findings &findings, const Subject &subject);
/// Bindings and launch digest.
void addReferenceFindings(Findings &findings, const Subject &subject);
/// Firmware, guest and platform policy, mitigations: what only a policy file demands, and provisional firmware.
void addPolicyFindings(Findings &findings, const Subject &subject);
/// ID block, its keys, and what it says of the guest.
void addIdBlockFindings(Findings &findings, const Subject &subject);

/// "a; b; c".
[[nodiscard]] std::string joined(const std::vector<std::string> &parts);
/// "one of 12ab…, 34cd…": long lists and values are cut; a single value stands whole.
template <typename Fixed>
[[nodiscard]] std::string oneOf(const std::vector<Fixed> &values)
{
    if (values.size() == 1)
        return toHex(values.front().view());
    std::string text;
    for (std::size_t i = 0; i < values.size() && i < 3; ++i)
        text += (i ? ", " : "one of ") + toHex(values[i].view()).substr(0, 32) + "…";
    return values.size() > 3 ? text + " and " + std::to_string(values.size() - 3) + " more" : text;
}
/// A value against a list of those accepted.
template <typename Fixed>
Finding &verdictIn(Findings &findings, const Check &check, const std::vector<Fixed> &accepted, const Fixed &actual)
{
    const bool pass = std::find(accepted.begin(), accepted.end(), actual) != accepted.end();
    return findings.verdict(check, pass, oneOf(accepted), toHex(actual.view()));
}

} // namespace kastellan::sev
