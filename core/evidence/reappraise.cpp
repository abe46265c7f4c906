// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/reappraise.h"

#include <algorithm>

namespace kastellan {

Appraisal reappraise(const Record &record, const EvidenceBackend &backend, std::int64_t at)
{
    ReferenceValues expected = record.expected;
    // A launch measurement states nothing of a session, and what is not evidence states nothing at all.
    if (record.binding && record.evidence.kind != "sev-launch-measure" && record.evidence.kind != "none")
        expected.reportData =
            record.binding->manifest && record.binding->first ? record.binding->deliverData() : record.binding->attestData();
    Appraisal appraisal;
    appraisal.at = at;
    appraisal.emulated = record.appraisal.emulated || record.expected.root.starts_with("emulated");
    appraisal.overrides = record.appraisal.overrides;
    appraisal.findings = backend.appraise(record.evidence, expected, at);
    const auto foundAgain = appraisal.findings.size();
    for (const auto &recorded : record.appraisal.findings) {
        const auto end = appraisal.findings.begin() + static_cast<std::ptrdiff_t>(foundAgain);
        if (std::ranges::find(appraisal.findings.begin(), end, recorded.id, &Finding::id) == end)
            appraisal.findings.push_back(recorded);
    }
    decide(appraisal);
    return appraisal;
}

} // namespace kastellan
