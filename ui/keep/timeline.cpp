// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/timeline.h"

#include "core/keeps/launch_steps.h"
#include "ui/capital.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QDateTime>
#include <QLocale>

#include <algorithm>
#include <optional>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::Timeline", text);
}

/// One thing that happened, or that is still to come (`at` 0). `key` tells whether it has.
struct Moment {
    QString key, title, detail;
    std::int64_t at = 0;
    bool bad = false;
};

QString keyOf(KeepState state)
{
    return u"state:"_s + QString::fromLatin1(name(state).data(), static_cast<qsizetype>(name(state).size()));
}

bool pausedFirst(const KeepStatus &status)
{
    return status.plan.machine && (status.plan.machine->technology == "es" || status.plan.machine->technology == "sev");
}

/// A step of a launch in a virtual machine as a person reads it.
Moment momentOf(std::string_view step, bool paused)
{
    const auto made = [&](const QString &title, const QString &detail) {
        return Moment{u"step:"_s + QString::fromLatin1(step.data(), static_cast<qsizetype>(step.size())), title, detail};
    };
    if (step == launch_step::chainVerified)
        return made(tr("Platform verified"), tr("Its certificates lead to the accepted root."));
    if (step == launch_step::sessionMade)
        return made(tr("Launch session made"), tr("By the owner, so that only this platform's firmware can open it."));
    if (step == launch_step::measured)
        return made(tr("Started paused, and measured"), tr("By the firmware, before its first instruction."));
    if (step == launch_step::appraised)
        return made(tr("Launch measurement appraised"), tr("It is the expected one, and recorded."));
    if (step == launch_step::secretInjected)
        return made(tr("Session secret given"), tr("Sealed by the firmware into the keep's memory: it authenticates the session."));
    if (step == launch_step::running)
        return paused ? made(tr("Resumed"), tr("The machine runs.")) : made(tr("Machine started"), tr("Firmware, kernel and warden boot."));
    if (step == launch_step::answered)
        return made(tr("Session open"), tr("The warden has answered; both sides are proven to each other."));
    if (step == launch_step::certificates)
        return made(tr("Certificates looked for"), tr("In the store, the cache, and at AMD's key server."));
    return made(shownLine(step), {});
}

Moment momentOf(KeepState state)
{
    return {keyOf(state), capital(signOf(state).word), stateMeaning(state)};
}

/// What the loader wrote, where it is worth a step.
std::optional<Moment> momentOf(const Happening &happening, bool paused)
{
    Moment moment;
    if (happening.text.startsWith("step: "_L1)) {
        moment = momentOf(happening.text.mid(6).toStdString(), paused);
    } else if (happening.text.startsWith("record "_L1)) {
        const qsizetype colon = happening.text.indexOf(u':');
        moment = {u"record"_s, tr("Evidence appraised"), happening.text.mid(colon + 1).trimmed()};
        moment.bad = moment.detail.startsWith("refused"_L1, Qt::CaseInsensitive);
    } else if (happening.text == "asked to stop"_L1) {
        moment = {{}, tr("Asked to stop"), tr("The workload is given time to end by itself.")};
    } else if (happening.text == "asked to stop again"_L1) {
        moment = {{}, tr("Ended at once"), tr("Its owner did not wait for it.")};
    } else if (happening.text == "a new loader takes over"_L1) {
        moment = {{}, tr("Recovered"), tr("A new loader takes over; the keep is appraised anew before anything flows.")};
    } else {
        return {};
    }
    moment.at = happening.at;
    return moment;
}

/// What a launch goes through, in its order.
QList<Moment> expected(const KeepStatus &status)
{
    const bool paused = pausedFirst(status), machine = status.plan.machine.has_value();
    const bool whole = machine && status.plan.machine->request.whole;
    QList<Moment> moments{momentOf(KeepState::Planned), momentOf(KeepState::Starting)};
    if (paused)
        moments << momentOf(launch_step::chainVerified, true) << momentOf(launch_step::sessionMade, true)
                << momentOf(launch_step::measured, true);
    moments << momentOf(KeepState::Attesting);
    if (paused)
        moments << momentOf(launch_step::appraised, true) << momentOf(launch_step::secretInjected, true);
    if (machine && !whole)
        moments << momentOf(launch_step::running, paused) << momentOf(launch_step::answered, paused);
    return moments << momentOf(KeepState::Delivering) << momentOf(KeepState::Running);
}

QString aside(std::int64_t at, std::int64_t before)
{
    if (at == 0)
        return {};
    const QString time = QLocale().toString(QDateTime::fromMSecsSinceEpoch(at), u"d MMM HH:mm:ss.zzz"_s);
    return before > 0 ? tr("%1 later").arg(duration(std::max<std::int64_t>(0, at - before))) + u"   "_s + time : time;
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
        return tr("An attestation failed or was missed. Output is held back.");
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

QList<StepList::Step> courseOf(const KeepStatus &status, const QList<Happening> &happenings, const QString &doing)
{
    const bool paused = pausedFirst(status);
    QList<Moment> moments;
    for (std::size_t i = 0; i < status.timeline.size(); ++i) {
        const auto &[state, at] = status.timeline[i];
        Moment moment = momentOf(state);
        moment.at = at;
        moment.bad = state == KeepState::Failed || state == KeepState::Refused || state == KeepState::Suspect;
        if (i + 1 == status.timeline.size() && (isFinal(state) || state == KeepState::Suspect)) {
            // The first line says what went wrong; all of it is at the top of the page.
            const QString why = state == KeepState::Stopped ? endOf(status) : shownLine(status.reason.substr(0, status.reason.find('\n')));
            if (!why.isEmpty())
                moment.detail += u' ' + capital(why) + (why.endsWith(u'.') ? u""_s : u"."_s);
        }
        moments += moment;
    }
    for (const Happening &happening : happenings)
        if (auto moment = momentOf(happening, paused))
            moments += *moment;
    // The log's times are those of the states to within a moment: what was written first goes first.
    std::ranges::stable_sort(moments, {}, &Moment::at);
    const KeepState now = status.timeline.empty() ? status.state : status.timeline.back().first;
    const qsizetype happened = moments.size();
    if (now < KeepState::Running)
        for (const Moment &next : expected(status))
            if (std::ranges::none_of(moments, [&](const Moment &one) { return one.key == next.key; }))
                moments += next;

    QList<StepList::Step> steps;
    std::int64_t before = 0;
    for (qsizetype i = 0; i < moments.size(); ++i) {
        const Moment &moment = moments[i];
        StepList::Step step{moment.title, moment.detail, {}, StepList::State::Todo};
        if (i < happened) {
            step.aside = aside(moment.at, before);
            before = moment.at;
            const bool current = i + 1 == happened && !isFinal(now) && now != KeepState::Running && now != KeepState::Suspect;
            step.state = moment.bad ? StepList::State::Failed : current ? StepList::State::Busy : StepList::State::Done;
            if (current && !doing.isEmpty())
                step.detail = capital(doing);
        }
        steps += step;
    }
    // A launch that failed, failed at what it was doing.
    if (now == KeepState::Failed && happened >= 2
        && std::ranges::none_of(status.timeline, [](const auto &entry) { return entry.first == KeepState::Running; }))
        steps[happened - 2].state = StepList::State::Failed;
    return steps;
}

} // namespace kastellan::ui
