// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/finding.h"

#include <span>

namespace kastellan::sev {
struct Policy;
}

namespace kastellan::sev {

/// One check of an appraisal: what never changes about its finding.
struct Check {
    std::string_view id;
    std::string_view area;
    bool required; ///< false: advisory, unless a reference value or --strict demands it
    std::string_view why; ///< why it matters
    std::string_view remedy; ///< what to do when it does not pass
    std::string_view source; ///< specification and section
};
namespace checks {
extern const Check rootKind, rootPinned;
extern const Check chainComplete, chainSignatures, chainNames, chainConstraints, chainDates, chainCrl, chainLeaf, chainProvider;
extern const Check reportFormat, reportVersion, reportMinimum, reportSignature, reportKey, reportSigner, reportReserved;
extern const Check reportProduct, productAllowed, productStepping, productName;
extern const Check reportData, reportHostData, reportVmpl, reportId, reportAgent;
extern const Check tcbCertificate, tcbOrder, tcbMinimum, tcbCommitted, tcbCurrent, tcbLaunch, tcbBulletin;
extern const Check firmwareVersion, firmwareProvisional, mitigationsLaunch, mitigationsCurrent;
extern const Check chipCertificate, chipAllowed, platformAlias, platformAllowed, platformRequired;
extern const Check policyFile, policyReserved, policyDebug, policyMigration, policyAbi, policyAllowed, policyRequired;
extern const Check launchDigest, launchDenied, guestFamily, guestImage, guestSvn;
extern const Check idBlockPresent, idBlockKey, idBlockAuthor, idBlockDenied;
} // namespace checks
/// All of them, in the order of docs/appraisal.md.
[[nodiscard]] std::span<const Check *const> allChecks();

/// Collects findings.
class Findings {
public:
    /// With `strict`, advisory checks are required; and those that the policy demands.
    Findings(bool strict, const Policy &policy)
        : m_strict(strict)
        , m_policy(policy)
    {
        m_list.reserve(48);
    }
    /// Without a policy.
    explicit Findings(bool strict);
    /// Adds a finding and returns it for what is particular to it.
    Finding &add(const Check &check, Outcome outcome, std::string expected, std::string actual);
    Finding &verdict(const Check &check, bool pass, std::string expected, std::string actual)
    {
        return add(check, pass ? Outcome::Pass : Outcome::Fail, std::move(expected), std::move(actual));
    }
    [[nodiscard]] std::vector<Finding> take() { return std::move(m_list); }

private:
    bool m_strict;
    const Policy &m_policy;
    std::vector<Finding> m_list;
};

} // namespace kastellan::sev
