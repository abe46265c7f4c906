// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/appraisal/findings.h"

namespace kastellan::sev {
namespace {

template <typename Fixed>
bool contains(const std::vector<Fixed> &list, const Fixed &value)
{
    return std::ranges::find(list, value) != list.end();
}

void addKeys(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &wanted = subject.policy.idBlock;
    const KeyDigest idKey = report.idKeyDigest(), authorKey = report.authorKeyDigest();
    const bool present = !idKey.isZero();
    const bool author = present && report.authorKeyUsed();
    const std::string none = "no ID block", noAuthor = present ? "no author key signed the ID key" : none;
    if (wanted.required || wanted.authorRequired || !wanted.idKeys.empty() || !wanted.authorKeys.empty())
        findings.verdict(checks::idBlockPresent, present, "an ID block", present ? "by the key " + toHex(idKey.view()) : none);
    else
        findings
            .add(checks::idBlockPresent, Outcome::Info, "nothing was given to compare with",
                present ? "by the key " + toHex(idKey.view()) : none)
            .required = false;

    // As in go-sev-guest: an ID key that a trusted author key signed is as good as a listed one; unless the owner wants both.
    const bool authorListed = author && contains(wanted.authorKeys, authorKey);
    const bool vouched = wanted.authorVouches && authorListed;
    if (!wanted.idKeys.empty()) {
        const bool listed = present && contains(wanted.idKeys, idKey);
        findings
            .verdict(checks::idBlockKey, listed || vouched,
                oneOf(wanted.idKeys)
                    + (wanted.authorVouches && !wanted.authorKeys.empty() ? ", or one that a listed author key signed" : ""),
                !present      ? none
                    : listed  ? toHex(idKey.view())
                    : vouched ? toHex(idKey.view()) + ", signed by a listed author key"
                              : toHex(idKey.view()) + ", which is not listed")
            .reference = true;
    }
    const bool authorNeeded = wanted.authorRequired || wanted.idKeys.empty() || !wanted.authorVouches;
    if (!wanted.authorKeys.empty() && authorNeeded)
        findings
            .verdict(checks::idBlockAuthor, authorListed, oneOf(wanted.authorKeys),
                !author ? noAuthor : toHex(authorKey.view()) + (authorListed ? "" : ", which is not listed"))
            .reference = true;
    else if (wanted.authorRequired)
        findings.verdict(checks::idBlockAuthor, author, "any author key", author ? toHex(authorKey.view()) : noAuthor);

    if (!wanted.deniedIdKeys.empty() || !wanted.deniedAuthorKeys.empty()) {
        const bool idDenied = present && contains(wanted.deniedIdKeys, idKey);
        const bool authorDenied = author && contains(wanted.deniedAuthorKeys, authorKey);
        findings.verdict(checks::idBlockDenied, !idDenied && !authorDenied, "none of the keys that the policy denies",
            idDenied           ? "denied ID key " + toHex(idKey.view())
                : authorDenied ? "denied author key " + toHex(authorKey.view())
                               : "none of them");
    }
}

} // namespace

void addIdBlockFindings(Findings &findings, const Subject &subject)
{
    const auto &report = subject.report;
    const auto &launch = subject.policy.launch;
    addKeys(findings, subject);
    if (!launch.familyIds.empty())
        verdictIn(findings, checks::guestFamily, launch.familyIds, report.familyId());
    if (!launch.imageIds.empty())
        verdictIn(findings, checks::guestImage, launch.imageIds, report.imageId());
    if (launch.minimumGuestSvn)
        findings.verdict(checks::guestSvn, report.guestSvn() >= *launch.minimumGuestSvn,
            std::to_string(*launch.minimumGuestSvn) + " or higher", std::to_string(report.guestSvn()));
}

} // namespace kastellan::sev
