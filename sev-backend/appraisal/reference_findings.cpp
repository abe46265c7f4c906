// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

namespace kastellan::sev {
namespace {

constexpr const char *notGiven = "nothing was given to compare with";

/// Against the one value that was given, and those of the policy. Null when there is neither.
template <typename Fixed>
Finding *compare(
    Findings &findings, const Check &check, const std::optional<Fixed> &expected, const std::vector<Fixed> &accepted, const Fixed &actual)
{
    if (!expected && accepted.empty())
        return nullptr;
    const bool inPolicy = accepted.empty() || std::ranges::find(accepted, actual) != accepted.end();
    if (!expected || (*expected == actual && !inPolicy))
        return &findings.verdict(check, inPolicy, (expected ? "by the policy " : "") + oneOf(accepted), toHex(actual.view()));
    return &findings.verdict(check, *expected == actual, toHex(expected->view()), toHex(actual.view()));
}

} // namespace

void addReferenceFindings(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &expected = subject.expected;

    const auto &policy = subject.policy;

    std::vector<std::uint32_t> vmpls = policy.report.vmpls;
    if (expected.vmpl && (vmpls.empty() || std::ranges::find(vmpls, *expected.vmpl) != vmpls.end()))
        vmpls = {*expected.vmpl};
    const bool contradiction = expected.vmpl && vmpls != std::vector<std::uint32_t>{*expected.vmpl};
    std::string levels;
    for (const auto level : vmpls)
        levels += (levels.empty() ? "" : " or ") + std::to_string(level);
    if (contradiction)
        levels = std::to_string(*expected.vmpl) + ", and by the policy " + levels;
    findings.verdict(checks::reportVmpl,
        vmpls.empty() ? report.vmpl() <= 3 : !contradiction && std::ranges::find(vmpls, report.vmpl()) != vmpls.end(),
        vmpls.empty() ? "0 to 3" : levels, std::to_string(report.vmpl()));

    if (!compare(findings, checks::reportData, expected.reportData, policy.report.data, report.reportData())) {
        // Not asked for by us: its freshness can't be known, and is not demanded unless --strict.
        auto &finding = findings.add(checks::reportData, Outcome::Unknown, notGiven, toHex(report.reportData().bytes));
        finding.required = expected.strict || policy.strict;
        finding.remedy = "Give the report data that was asked for, if this report must be fresh.";
    }
    if (!compare(findings, checks::reportHostData, expected.hostData, policy.report.hostData, report.hostData()))
        findings.add(checks::reportHostData, Outcome::Info, notGiven, toHex(report.hostData().bytes)).required = false;
    if (!policy.report.ids.empty())
        verdictIn(findings, checks::reportId, policy.report.ids, report.reportId());
    if (!policy.report.agentIds.empty())
        verdictIn(findings, checks::reportAgent, policy.report.agentIds, report.migrationAgentId());

    if (auto *finding = compare(findings, checks::launchDigest, expected.launchDigest, policy.launch.digests, report.measurement()))
        finding->reference = true;
    else if (expected.shortLaunchDigest) // asked for, so its absence can't be passed over
        findings
            .add(checks::launchDigest, Outcome::Unknown,
                toHex(expected.shortLaunchDigest->view()) + " (32 bytes: of SEV or SEV-ES without SNP)", toHex(report.measurement().view()))
            .reference = true;
    else
        findings.add(checks::launchDigest, Outcome::Info, notGiven, toHex(report.measurement().bytes)).required = false;
    if (const auto &denied = policy.launch.denied; !denied.empty()) {
        const bool named = std::ranges::find(denied, report.measurement()) != denied.end();
        findings.verdict(checks::launchDenied, !named, "none of " + std::to_string(denied.size()) + " that the policy denies",
            named ? "denied: " + toHex(report.measurement().view()) : "none of them");
    }
}

} // namespace kastellan::sev
