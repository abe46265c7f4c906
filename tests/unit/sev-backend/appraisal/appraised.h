// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"
#include "sev-backend/appraisal/backend.h"

#include <QString>

#include <algorithm>
#include <ctime>

namespace kastellan::test {

/// The one backend of a test, so that its cache is exercised too.
inline const EvidenceBackend &backend()
{
    static const auto instance = sev::makeEvidenceBackend();
    return *instance;
}

/// An appraisal with its verdict.
inline Appraisal appraised(const Evidence &evidence, const ReferenceValues &expected, std::int64_t at = std::time(nullptr))
{
    Appraisal appraisal;
    appraisal.at = at;
    appraisal.findings = backend().appraise(evidence, expected, at);
    decide(appraisal);
    return appraisal;
}

/// "pass", "fail required"…, or "absent".
inline QString outcomeOf(const Appraisal &appraisal, std::string_view id)
{
    const auto at = std::ranges::find(appraisal.findings, id, &Finding::id);
    if (at == appraisal.findings.end())
        return QStringLiteral("absent");
    const QString text = QString::fromStdString(std::string(name(at->outcome)));
    return at->required ? text : text + QStringLiteral(" (advisory)");
}

inline QString actualOf(const Appraisal &appraisal, std::string_view id)
{
    const auto at = std::ranges::find(appraisal.findings, id, &Finding::id);
    return at == appraisal.findings.end() ? QStringLiteral("absent") : QString::fromStdString(at->actual);
}

/// The ids of all required findings that failed, in order, with commas.
inline QString failures(const Appraisal &appraisal)
{
    QString text;
    for (const auto &finding : appraisal.findings)
        if (finding.required && finding.outcome == Outcome::Fail)
            text += (text.isEmpty() ? QString() : QStringLiteral(",")) + QString::fromStdString(finding.id);
    return text;
}

inline QString verdictOf(const Appraisal &appraisal)
{
    return QString::fromStdString(std::string(name(appraisal.verdict)));
}

} // namespace kastellan::test
