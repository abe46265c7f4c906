// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

namespace kastellan::sev {
namespace {

constexpr const char *notGiven = "nothing was given to compare with";

template <typename Fixed>
Finding &compare(Findings &findings, const Check &check, const Fixed &expected, const Fixed &actual)
{
    return findings.verdict(check, expected == actual, toHex(expected.bytes), toHex(actual.bytes));
}

} // namespace

void addReferenceFindings(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &expected = subject.expected;

    const std::string vmpl = std::to_string(report.vmpl());
    if (expected.vmpl)
        findings.verdict(checks::reportVmpl, report.vmpl() == *expected.vmpl, std::to_string(*expected.vmpl), vmpl);
    else
        findings.verdict(checks::reportVmpl, report.vmpl() <= 3, "0 to 3", vmpl);

    if (expected.reportData) {
        compare(findings, checks::reportData, *expected.reportData, report.reportData());
    } else {
        // Not asked for by us: its freshness can't be known, and is not demanded unless --strict.
        auto &finding = findings.add(checks::reportData, Outcome::Unknown, notGiven, toHex(report.reportData().bytes));
        finding.required = expected.strict;
        finding.remedy = "Give the report data that was asked for, if this report must be fresh.";
    }

    if (expected.hostData)
        compare(findings, checks::reportHostData, *expected.hostData, report.hostData());
    else
        findings.add(checks::reportHostData, Outcome::Info, notGiven, toHex(report.hostData().bytes)).required = false;

    if (expected.launchDigest)
        compare(findings, checks::launchDigest, *expected.launchDigest, report.measurement()).reference = true;
    else
        findings.add(checks::launchDigest, Outcome::Info, notGiven, toHex(report.measurement().bytes)).required = false;
}

} // namespace kastellan::sev
