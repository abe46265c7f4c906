// SPDX-License-Identifier: Apache-2.0
#include "ui/host/readiness_text.h"

#include "ui/host/host_signs.h"

#include <QCoreApplication>

#include <map>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::ReadinessText", text);
}

} // namespace

QString checkText(const ReadinessCheck &check, const Readiness &of)
{
    QStringList lines{u"%1 (%2): %3"_s.arg(shownLine(check.title), shownLine(check.id), signOf(check.state).word)};
    const auto line = [&](const QString &name, const std::string &text) {
        if (!text.empty())
            lines += u"%1: %2"_s.arg(name, shown(text));
    };
    if (check.state == CheckState::Skipped)
        if (const ReadinessCheck *cause = of.check(check.skippedFor))
            line(tr("Skipped because of"), cause->title);
    line(tr("Looked at"), check.looked);
    line(tr("Saw"), check.saw);
    line(tr("Means"), check.means);
    line(tr("What to do"), check.remedy);
    line(tr("Command"), check.command);
    line(tr("Source"), check.source);
    return lines.join(u'\n');
}

QString readinessText(const Readiness &readiness)
{
    QStringList lines{u"%1: %2"_s.arg(shownLine(readiness.title), headlineOf(readiness).sign.word),
        tr("Looked at %1, %2%3")
            .arg(shownLine(readiness.lookedAt), whenInFull(readiness.time), readiness.emulated ? tr(" (EMULATED)") : QString())};
    for (const ReadinessVerdict &verdict : readiness.verdicts)
        lines += u"%1. %2"_s.arg(signOf(verdict).word, shown(verdict.sentence));
    std::map<std::string, int> depth; // of the checks by id
    std::string area;
    for (const ReadinessCheck &check : readiness.checks) {
        const auto above = check.parent.empty() ? depth.end() : depth.find(check.parent);
        const int level = above == depth.end() ? 1 : above->second + 1;
        depth.emplace(check.id, level);
        if (level == 1 && check.area != area) {
            area = check.area;
            lines += QString();
            lines += shownLine(area);
        }
        const QString indent(static_cast<qsizetype>(level) * 2, u' ');
        lines += u"%1[%2] %3%4"_s.arg(indent, signOf(check.state).word.toLower(), shownLine(check.title),
            check.saw.empty() ? QString() : u": "_s + shownLine(check.saw));
        if (!check.remedy.empty() && check.state != CheckState::Pass)
            lines += indent + tr("  What to do: %1").arg(shownLine(check.remedy));
        if (!check.command.empty() && check.state != CheckState::Pass)
            lines += indent + u"  $ "_s + shownLine(check.command);
    }
    return lines.join(u'\n') + u'\n';
}

} // namespace kastellan::ui
