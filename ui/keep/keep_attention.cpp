// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/keep_attention.h"

#include "core/keeps/launch_steps.h"
#include "ui/capital.h"
#include "ui/text.h"

#include <QCoreApplication>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::KeepAttention", text);
}

AttentionCard::Words suspectWords(const KeepStatus &status)
{
    AttentionCard::Words words;
    words.symbol = signOf(KeepState::Suspect).symbol;
    words.acts = true;
    words.title = tr("Not proven since %1").arg(when(status.since));
    const QString reason = shown(status.reason);
    const qsizetype end = reason.indexOf(u'\n');
    words.why = reason.isEmpty() ? tr("The last attestation failed or was missed.") : capital(reason.left(end));
    if (!words.why.endsWith(u'.'))
        words.why += u'.';
    words.why += u' ' + tr("Its output is held back until it has proven itself again.");
    words.remedy = status.plan.stopOnFailedAttestation
        ? tr("It is stopped by itself, as its configuration demands (on_failure = \"stop\").")
        : tr("Attest it again: when its evidence passes, it runs on and nothing is lost. When it does not, stop it, and take what it held "
             "(secrets, results) as known to others; the findings say what did not fit.");
    if (end >= 0)
        words.raw = reason;
    return words;
}

AttentionCard::Words failedWords(const KeepStatus &status, const MachineFunctions &machines)
{
    AttentionCard::Words words;
    words.symbol = u"cross"_s;
    const bool ran = std::ranges::any_of(status.timeline, [](const auto &entry) { return entry.first == KeepState::Running; });
    const QString reason = shown(status.reason);
    if (const auto known = machines.explainFailure ? machines.explainFailure(status.reason) : std::nullopt) {
        words.title = capital(shownLine(known->what));
        words.why = shown(known->why);
        words.remedy = shown(known->remedy);
        words.source = shownLine(known->source);
        words.raw = reason;
        return words;
    }
    words.title = ran ? tr("The keep failed while it ran") : tr("The launch failed; nothing was sent");
    const qsizetype end = reason.indexOf(u'\n');
    words.why = capital(reason.left(end));
    if (words.why.isEmpty())
        words.why = tr("Nothing says why.");
    const bool console = status.reason.contains(lastConsoleLines);
    words.remedy = console ? tr("This failure is not known to this program. The last lines of the console are below; all of it is on the "
                                "Machine page.")
        : ran              ? tr("Look at the end of the output, and launch it again.")
                           : QString();
    if (end >= 0)
        words.raw = reason;
    return words;
}

} // namespace

std::optional<AttentionCard::Words> attentionOf(const KeepStatus &status, const MachineFunctions &machines)
{
    if (status.state == KeepState::Suspect)
        return suspectWords(status);
    if (status.state == KeepState::Failed && !status.reason.empty())
        return failedWords(status, machines);
    return {};
}

} // namespace kastellan::ui
