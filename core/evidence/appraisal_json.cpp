// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"

namespace kastellan::js {

Out toJson(const Finding &finding)
{
    Out out = {
        {"id", finding.id},
        {"area", finding.area},
        {"result", name(finding.outcome)},
        {"required", finding.required},
        {"expected", finding.expected},
        {"actual", finding.actual},
        {"why", finding.why},
        {"remedy", finding.remedy},
        {"source", finding.source},
    };
    if (finding.reference)
        out["reference"] = true;
    return out;
}

Result<Finding> findingFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    Finding finding;
    finding.id = object.text("id");
    finding.area = object.text("area");
    if (const auto outcome = outcomeFromName(object.text("result")))
        finding.outcome = *outcome;
    else
        object.wrong("result", "it is none of pass, fail, unknown and info");
    finding.required = object.flag("required");
    finding.expected = object.textOr("expected");
    finding.actual = object.textOr("actual");
    finding.why = object.textOr("why");
    finding.remedy = object.textOr("remedy");
    finding.source = object.textOr("source");
    finding.reference = object.flagOr("reference", false);
    KASTELLAN_TRY(object.status());
    return finding;
}

Out toJson(const Appraisal &appraisal)
{
    Out findings = Out::array();
    for (const auto &finding : appraisal.findings)
        findings.push_back(toJson(finding));
    return {
        {"verdict", name(appraisal.verdict)},
        {"emulated", appraisal.emulated},
        {"sentence", appraisal.sentence},
        {"at", appraisal.at},
        {"overrides", appraisal.overrides},
        {"findings", std::move(findings)},
    };
}

Result<Appraisal> appraisalFrom(const In &value, const std::string &where)
{
    Object object(value, where);
    Appraisal appraisal;
    if (const auto verdict = verdictFromName(object.text("verdict")))
        appraisal.verdict = *verdict;
    else
        object.wrong("verdict", "it is none of trusted, authentic, undecided and refused");
    appraisal.emulated = object.flag("emulated");
    appraisal.sentence = object.textOr("sentence");
    appraisal.at = object.integerOr("at", 0, INT64_MIN, INT64_MAX);
    appraisal.overrides = object.texts("overrides");
    object.each("findings", [&](const In &element, const std::string &place) -> Status {
        KASTELLAN_ASSIGN(Finding finding, findingFrom(element, place));
        appraisal.findings.push_back(std::move(finding));
        return {};
    });
    KASTELLAN_TRY(object.status());
    return appraisal;
}

} // namespace kastellan::js
