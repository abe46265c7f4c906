// SPDX-License-Identifier: Apache-2.0
#include "core/trust/proof.h"

#include <algorithm>
#include <initializer_list>

namespace kastellan::trust {
namespace {

Technology technologyOf(const Record &record)
{
    // Either mark is enough: what is emulated in one place must not look real because another place does not say so.
    if (record.appraisal.emulated || record.expected.root.starts_with("emulated"))
        return Technology::Emulated;
    const auto &kind = record.evidence.kind;
    if (record.evidence.report.empty())
        return Technology::Unattested;
    if (kind.starts_with("snp"))
        return Technology::SevSnp;
    if (kind.starts_with("sev-es"))
        return Technology::SevEs;
    if (kind.starts_with("sev"))
        return Technology::Sev;
    return Technology::Unattested;
}

class Checks {
public:
    explicit Checks(const Appraisal &appraisal)
        : m_appraisal(appraisal)
    {
    }

    /// All required checks of these areas pass, there is at least one, and none of any kind fails.
    bool areasPass(std::initializer_list<std::string_view> areas)
    {
        bool any = false;
        for (const auto &finding : m_appraisal.findings) {
            if (std::ranges::find(areas, finding.area) == areas.end())
                continue;
            any |= finding.outcome == Outcome::Pass;
            if (finding.outcome == Outcome::Fail || (finding.required && finding.outcome == Outcome::Unknown))
                return miss(title(finding.id));
        }
        return any || lack(*areas.begin());
    }
    /// No check of this area fails; there need not be any.
    bool noneFails(std::string_view area)
    {
        for (const auto &finding : m_appraisal.findings)
            if (finding.area == area && finding.required && finding.outcome == Outcome::Fail)
                return miss(title(finding.id));
        return true;
    }
    /// This check is there and passes.
    bool passes(std::string_view id)
    {
        const auto it = std::ranges::find(m_appraisal.findings, id, &Finding::id);
        if (it == m_appraisal.findings.end())
            return lack(title(id));
        return it->outcome == Outcome::Pass || miss(title(id));
    }
    /// A check that compared what was launched, by digest or by the key of an ID block.
    bool launchCompared()
    {
        const auto good = [](const Finding &finding) {
            return finding.reference && finding.area == "launch" && finding.outcome == Outcome::Pass;
        };
        return std::ranges::any_of(m_appraisal.findings, good) || miss(title("launch.digest"));
    }
    [[nodiscard]] std::string firstMissing() const { return m_missing; }

private:
    bool miss(const std::string &what) { return because("the check '" + what + "' did not pass"); }
    bool lack(std::string_view what) { return because("'" + std::string(what) + "' was not checked"); }
    bool because(std::string why)
    {
        if (m_missing.empty())
            m_missing = std::move(why);
        return false;
    }
    const Appraisal &m_appraisal;
    std::string m_missing;
};

} // namespace

Proof proofOf(const Record &record)
{
    Proof proof;
    proof.technology = technologyOf(record);
    if (proof.technology == Technology::Emulated || proof.technology == Technology::Unattested)
        return proof;
    Checks checks(record.appraisal);
    // The signature is asked for by name: an appraisal that never looked at it proves nothing.
    proof.genuine = checks.areasPass({"root"}) && checks.areasPass({"chain"}) && checks.areasPass({"report"})
        && checks.passes("report.signature") && checks.noneFails("platform");
    proof.firmware = proof.genuine && checks.areasPass({"tcb"});
    proof.closed = proof.firmware && checks.passes("policy.debug") && checks.passes("policy.migration");
    proof.image = proof.closed && checks.launchCompared();
    proof.workload = proof.image && checks.passes("workload.digest");
    proof.missing = checks.firstMissing();
    return proof;
}

} // namespace kastellan::trust
