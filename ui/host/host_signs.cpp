// SPDX-License-Identifier: Apache-2.0
#include "ui/host/host_signs.h"

#include <QCoreApplication>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

using State = ReadinessVerdict::State;

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::Host", text);
}

/// The protection that the sentence is about: the best one that is missing, else the best one.
const ReadinessVerdict *telling(const Readiness &readiness)
{
    const ReadinessVerdict *best = nullptr;
    const auto rank = [](const ReadinessVerdict &verdict) { // what is not ready first, what is unknown next; SNP before ES before SEV
        const int state = verdict.state == State::NotReady ? 2 : verdict.state == State::Unknown ? 1 : 0;
        return state * 10 + (verdict.protection == "snp" ? 2 : verdict.protection == "es" ? 1 : 0);
    };
    for (const ReadinessVerdict &verdict : readiness.verdicts)
        if (!best || rank(verdict) > rank(*best))
            best = &verdict;
    return best;
}

} // namespace

Sign signOf(CheckState state)
{
    switch (state) {
    case CheckState::Pass:
        return {u"check"_s, tr("Pass"), Tone::Positive};
    case CheckState::Fail:
        return {u"cross"_s, tr("Fail"), Tone::Negative};
    case CheckState::Warning:
        return {u"warning"_s, tr("Warning"), Tone::Warning};
    case CheckState::Unknown:
        return {u"question"_s, tr("Unknown"), Tone::Warning};
    case CheckState::Skipped:
        return {u"skip"_s, tr("Skipped"), Tone::Muted};
    case CheckState::Info:
        return {u"info"_s, tr("Info"), Tone::Info};
    }
    return {};
}

Sign signOf(const ReadinessVerdict &verdict)
{
    const QString title = shownLine(verdict.title);
    switch (verdict.state) {
    case State::Ready:
        return {u"check"_s, tr("%1 ready").arg(title), Tone::Positive};
    case State::NotReady:
        return {u"cross"_s, tr("%1 not ready").arg(title), Tone::Negative};
    case State::Unknown:
        return {u"question"_s, tr("%1 unknown").arg(title), Tone::Warning};
    }
    return {};
}

Sign signOf(ActionEffect effect)
{
    switch (effect) {
    case ActionEffect::Reads:
        return {u"search"_s, tr("Looks and writes files"), Tone::Info};
    case ActionEffect::Changes:
        return {u"recover"_s, tr("Changes, and can be undone"), Tone::Accent};
    case ActionEffect::Destroys:
        return {u"warning"_s, tr("Destroys"), Tone::Warning};
    case ActionEffect::Irreversible:
        return {u"lock"_s, tr("Can never be undone"), Tone::Negative};
    }
    return {};
}

QString meaningOf(ActionEffect effect)
{
    switch (effect) {
    case ActionEffect::Reads:
        return tr("Nothing of the platform changes.");
    case ActionEffect::Changes:
        return tr("The platform works differently afterwards; another action brings back what was.");
    case ActionEffect::Destroys:
        return tr("Keys are lost for good, and with them what was made for them. The platform itself can be set up again.");
    case ActionEffect::Irreversible:
        return tr("There is no way back, not even by a reset.");
    }
    return {};
}

Sign signOf(TrustNotice::Kind kind, bool urgent)
{
    const Tone tone = urgent ? Tone::Negative : Tone::Warning;
    switch (kind) {
    case TrustNotice::Kind::Expires:
        return {u"clock"_s, tr("expires"), tone};
    case TrustNotice::Kind::Expired:
        return {u"clock"_s, tr("expired"), tone};
    case TrustNotice::Kind::Revoked:
        return {u"shield-cross"_s, tr("revoked"), tone};
    case TrustNotice::Kind::ListOutOfDate:
        return {u"clock"_s, tr("out of date"), tone};
    case TrustNotice::Kind::BelowFloor:
        return {u"warning"_s, tr("below the floor"), tone};
    case TrustNotice::Kind::TurnedBad:
        return {u"shield-cross"_s, tr("turned bad"), tone};
    }
    return {};
}

QString bareTitle(std::string_view title)
{
    QString text = shownLine(title);
    while (text.endsWith(u'…') || text.endsWith(u'.'))
        text.chop(1);
    return text.trimmed();
}

QString joined(const QStringList &names)
{
    if (names.size() < 2)
        return names.join(QString());
    return tr("%1 and %2").arg(names.mid(0, names.size() - 1).join(u", "_s), names.last());
}

QString protectionTitles(const std::vector<std::string> &protections)
{
    QStringList titles;
    for (const std::string &protection : protections)
        titles += protection == "sev"  ? u"SEV"_s
            : protection == "es"       ? u"SEV-ES"_s
            : protection == "snp"      ? u"SEV-SNP"_s
            : protection == "emulated" ? tr("emulated keeps")
                                       : shownLine(protection);
    return joined(titles);
}

Headline headlineOf(const Readiness &readiness)
{
    QStringList ready, missing, unknown;
    for (const ReadinessVerdict &verdict : readiness.verdicts)
        (verdict.state == State::Ready ? ready : verdict.state == State::NotReady ? missing : unknown) += shownLine(verdict.title);
    Headline headline;
    if (readiness.verdicts.size() == 1 && unknown.isEmpty()) // there is no choice to name
        headline.sign = ready.isEmpty() ? Sign{u"shield-cross"_s, tr("Not ready"), Tone::Negative}
                                        : Sign{u"shield-check"_s, tr("Ready"), Tone::Positive};
    else if (readiness.verdicts.empty() || (ready.isEmpty() && missing.isEmpty()))
        headline.sign = {u"shield-question"_s, tr("Not known whether it is ready"), Tone::Warning};
    else if (missing.isEmpty() && unknown.isEmpty())
        headline.sign = {u"shield-check"_s, tr("Ready for %1").arg(joined(ready)), Tone::Positive};
    else if (ready.isEmpty())
        headline.sign = {u"shield-cross"_s,
            unknown.isEmpty() ? tr("Not ready") : tr("Not ready for %1; %2 is not known").arg(joined(missing), joined(unknown)),
            Tone::Negative};
    else
        headline.sign = {u"shield-question"_s,
            missing.isEmpty() ? tr("Ready for %1; %2 is not known").arg(joined(ready), joined(unknown))
                              : tr("Ready for %1, not for %2").arg(joined(ready), joined(missing)),
            Tone::Warning};
    if (const ReadinessVerdict *verdict = telling(readiness)) {
        headline.sentence = shown(verdict->sentence);
        if (verdict->state != State::Ready)
            for (const std::string &cause : verdict->causes)
                if ((headline.first = readiness.check(cause)))
                    break;
    }
    return headline;
}

} // namespace kastellan::ui
