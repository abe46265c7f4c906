// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/demands.h"

#include "core/evidence/reappraise.h"

#include <algorithm>

namespace kastellan {
namespace {

int rank(Verdict verdict)
{
    switch (verdict) {
    case Verdict::Trusted:
        return 3;
    case Verdict::Authentic:
        return 2;
    case Verdict::Undecided:
        return 1;
    case Verdict::Refused:
        break;
    }
    return 0;
}

bool isFloor(const Finding &finding)
{
    return finding.id == "tcb.minimum" || finding.id == "chain.crl";
}

std::vector<std::string> newlyFailing(const Appraisal &then, const Appraisal &now)
{
    std::vector<std::string> ids;
    for (const auto &finding : now.findings) {
        if (finding.outcome != Outcome::Fail || (!finding.required && !isFloor(finding)))
            continue;
        const auto before = std::ranges::find(then.findings, finding.id, &Finding::id);
        if (before == then.findings.end() || before->outcome != Outcome::Fail)
            ids.push_back(finding.id);
    }
    return ids;
}

/// What the old policy alone asked for is no finding of the new one, and what it gave up is not given up any more.
void replacePolicy(Record &record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at)
{
    for (const Finding &finding : backend.appraise(record.evidence, record.expected, at))
        std::erase_if(record.appraisal.findings, [&](const Finding &then) { return then.id == finding.id; });
    std::erase_if(record.appraisal.overrides, [](const std::string &given) { return given.starts_with("policy: "); });
    record.expected.policy = demands.values.policy;
    record.appraisal.overrides.insert(record.appraisal.overrides.end(), demands.overrides.begin(), demands.overrides.end());
}

} // namespace

Record demanded(Record record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at)
{
    if (demands.policy)
        replacePolicy(record, demands, backend, at);
    for (const auto &[level, floor] : demands.values.minimumTcb) {
        const auto known = std::ranges::find(record.expected.minimumTcb, level, [](const auto &pair) { return pair.first; });
        if (known == record.expected.minimumTcb.end())
            record.expected.minimumTcb.emplace_back(level, floor);
        else
            known->second = std::max(known->second, floor);
    }
    record.expected.strict = record.expected.strict || demands.values.strict;
    const auto add = [&](const std::vector<Bytes> &lists, bool isSigned) {
        for (const Bytes &list : lists)
            if (backend.concerns(record.evidence, list, isSigned)
                && !std::ranges::contains(record.evidence.endorsements, list, &Endorsement::der))
                record.evidence.endorsements.push_back({"crl", list});
    };
    add(demands.given, false);
    add(demands.known, true);
    return record;
}

Reappraised reappraise(Record record, const Demands &demands, const EvidenceBackend &backend, std::int64_t at)
{
    Reappraised result;
    result.then = record.appraisal;
    result.record = demanded(std::move(record), demands, backend, at);
    result.now = reappraise(result.record, backend, at);
    result.failing = newlyFailing(result.then, result.now);
    result.worse = rank(result.now.verdict) < rank(result.then.verdict) || !result.failing.empty();
    result.better = !result.worse && rank(result.now.verdict) > rank(result.then.verdict);
    return result;
}

} // namespace kastellan
