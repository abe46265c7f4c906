// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/finding.h"

#include <span>

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
extern const Check chainComplete, chainSignatures, chainNames, chainConstraints, chainDates, chainCrl;
extern const Check reportFormat, reportVersion, reportSignature, reportKey, reportReserved, reportProduct;
extern const Check reportData, reportHostData, reportVmpl;
extern const Check tcbCertificate, tcbOrder, tcbMinimum, tcbBulletin;
extern const Check chipCertificate, platformAlias;
extern const Check policyReserved, policyDebug, policyMigration;
extern const Check launchDigest;
} // namespace checks
/// All of them, in the order of docs/appraisal.md.
[[nodiscard]] std::span<const Check *const> allChecks();

/// Collects findings.
class Findings {
public:
    /// With `strict`, advisory checks are required.
    explicit Findings(bool strict)
        : m_strict(strict)
    {
        m_list.reserve(24);
    }
    /// Adds a finding and returns it for what is particular to it.
    Finding &add(const Check &check, Outcome outcome, std::string expected, std::string actual);
    Finding &verdict(const Check &check, bool pass, std::string expected, std::string actual)
    {
        return add(check, pass ? Outcome::Pass : Outcome::Fail, std::move(expected), std::move(actual));
    }
    [[nodiscard]] std::vector<Finding> take() { return std::move(m_list); }

private:
    bool m_strict;
    std::vector<Finding> m_list;
};

} // namespace kastellan::sev
