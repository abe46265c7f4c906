// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/timeline.h"

#include "ui/capital.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::Timeline", text);
}

} // namespace

QString stateMeaning(KeepState state)
{
    switch (state) {
    case KeepState::Planned:
        return tr("Everything was decided; nothing was done.");
    case KeepState::Starting:
        return tr("The keep image is measured and started.");
    case KeepState::Attesting:
        return tr("The keep is challenged and its evidence appraised.");
    case KeepState::Delivering:
        return tr("Module, configuration and secrets are sent, and proven again.");
    case KeepState::Running:
        return tr("The workload runs.");
    case KeepState::Suspect:
        return tr("An attestation failed or was missed.");
    case KeepState::Stopped:
        return tr("The keep has ended.");
    case KeepState::Failed:
        return tr("Something went wrong; everything was cleaned up.");
    case KeepState::Refused:
        return tr("The verdict forbade delivery; the keep was destroyed, nothing was sent.");
    }
    return {};
}

QString endOf(const KeepStatus &status)
{
    if (!status.trap.empty())
        return tr("trap: %1").arg(shownLine(status.trap));
    if (status.exitCode)
        return tr("exit code %1").arg(*status.exitCode);
    return {};
}

QList<StepList::Step> timelineSteps(const KeepStatus &status)
{
    QList<StepList::Step> steps;
    for (std::size_t i = 0; i < status.timeline.size(); ++i) {
        const auto &[state, at] = status.timeline[i];
        const bool last = i + 1 == status.timeline.size();
        StepList::Step step;
        step.title = capital(signOf(state).word);
        step.detail = stateMeaning(state);
        if (last && isFinal(state)) {
            const QString why = state == KeepState::Stopped ? endOf(status) : shownLine(status.reason);
            if (!why.isEmpty())
                step.detail += u' ' + capital(why) + (why.endsWith(u'.') ? u""_s : u"."_s);
        }
        step.aside = QLocale().toString(QDateTime::fromMSecsSinceEpoch(at), u"d MMM HH:mm:ss.zzz"_s);
        if (i > 0)
            step.aside = tr("%1 later").arg(duration(at - status.timeline[i - 1].second)) + u"   "_s + step.aside;
        const bool bad = state == KeepState::Failed || state == KeepState::Refused || state == KeepState::Suspect;
        step.state = bad ? StepList::State::Failed : last && !isFinal(state) ? StepList::State::Busy : StepList::State::Done;
        steps += step;
    }
    return steps;
}

QList<StepList::Step> launchSteps(const KeepStatus &status, const QString &doing)
{
    static const KeepState states[] = {
        KeepState::Planned, KeepState::Starting, KeepState::Attesting, KeepState::Delivering, KeepState::Running};
    const auto entered = [&](KeepState state) {
        return std::ranges::find(status.timeline, state, &std::pair<KeepState, std::int64_t>::first);
    };
    const auto end = status.timeline.end();
    QList<StepList::Step> steps;
    for (const KeepState state : states) {
        StepList::Step step;
        step.title = capital(signOf(state).word);
        step.detail = stateMeaning(state);
        if (const auto at = entered(state); at != end) {
            const auto next = std::next(at);
            step.state = next == end ? StepList::State::Busy : StepList::State::Done;
            if (next != end)
                step.aside = duration(next->second - at->second);
            if (next != end && (next->first == KeepState::Failed || next->first == KeepState::Refused))
                step.state = StepList::State::Failed;
            if (step.state == StepList::State::Busy && !doing.isEmpty())
                step.detail = doing;
            if (state == KeepState::Running)
                step.state = StepList::State::Done;
        }
        steps += step;
    }
    return steps;
}

} // namespace kastellan::ui
