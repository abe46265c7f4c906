// SPDX-License-Identifier: Apache-2.0
#include "core/reports/readiness_html.h"

#include "core/reports/html.h"

#include <algorithm>
#include <format>

namespace kastellan {
namespace reports {
namespace {

/// Only of the page of a readiness.
constexpr std::string_view moreRules = R"(
table.checks{table-layout:fixed}
table.checks td:first-child{width:112px}
table.checks td:nth-child(2){width:36%}
.deep1{padding-left:14px!important}.deep2{padding-left:28px!important}.deep3{padding-left:42px!important}
.verdicts .verdict{padding:13px 18px;margin:10px 0}
.verdicts .verdict .word{font-size:21px}
.verdicts .verdict .sentence{font-size:14.5px}
pre.command{margin:3px 0 4px;padding:5px 9px}
)";

std::string verdictBox(const Readiness &readiness, const ReadinessVerdict &verdict)
{
    const Tone tone = toneOf(verdict.state);
    std::string html = "<div class=\"verdict " + toneClass(tone) + "\">" + inlineSymbol(tone, 34) + "<div><div class=\"word\">"
        + escaped(verdict.title + ": " + std::string(name(verdict.state))) + "</div><p class=\"sentence\">" + escaped(verdict.sentence)
        + "</p>";
    std::string causes;
    for (const auto &id : verdict.causes) {
        const ReadinessCheck *cause = readiness.check(id);
        causes += (causes.empty() ? "" : ", ") + escaped(cause ? cause->title + " (" + id + ")" : id);
    }
    if (!causes.empty())
        html += "<p class=\"id\">" + causes + "</p>";
    return html + "</div></div>\n";
}

std::string checkRows(const Readiness &readiness, const ReadinessCheck &check)
{
    const Tone tone = toneOf(check.state);
    const unsigned deep = std::min(depthOf(readiness, check), 3u);
    std::string html = "<tbody class=\"" + toneClass(tone) + "\">\n<tr><td>" + badge(tone, name(check.state)) + "</td><td class=\"deep"
        + std::to_string(deep) + "\"><span class=\"check\">" + escaped(check.title) + "</span><br><span class=\"id\">" + escaped(check.id)
        + "</span></td><td>" + (check.saw.empty() ? std::string("<span class=\"none\">nothing was looked at</span>") : valueCell(check.saw))
        + "</td></tr>\n";
    std::string more;
    if (!check.means.empty())
        more += "<p>" + escaped(check.means) + "</p>";
    if (!check.remedy.empty())
        more += "<p class=\"todo\"><b>To do:</b> " + escaped(check.remedy) + "</p>";
    if (!check.command.empty())
        more += "<pre class=\"command\">" + escaped(check.command) + "</pre>";
    std::string where = check.looked;
    if (!check.source.empty())
        where += (where.empty() ? "" : " · ") + check.source;
    if (!where.empty())
        more += "<p><i>" + escaped(where) + "</i></p>";
    if (!more.empty())
        html += "<tr class=\"more\"><td></td><td colspan=\"2\">" + more + "</td></tr>\n";
    return html + "</tbody>\n";
}

std::string counts(const Readiness &readiness)
{
    std::string html = "<ul class=\"counts\">\n";
    for (const auto state :
        {CheckState::Fail, CheckState::Warning, CheckState::Unknown, CheckState::Pass, CheckState::Skipped, CheckState::Info}) {
        const auto count = std::ranges::count(readiness.checks, state, &ReadinessCheck::state);
        if (count)
            html += std::format("<li class=\"{}\"><span class=\"n\">{}</span><span class=\"l\">{}</span></li>\n", toneClass(toneOf(state)),
                count, name(state));
    }
    return html + "</ul>\n";
}

} // namespace

Tone toneOf(CheckState state)
{
    switch (state) {
    case CheckState::Pass:
        return Tone::Good;
    case CheckState::Fail:
        return Tone::Bad;
    case CheckState::Warning:
    case CheckState::Unknown:
        return Tone::Warning;
    case CheckState::Skipped:
    case CheckState::Info:
        break;
    }
    return Tone::Neutral;
}

Tone toneOf(ReadinessVerdict::State state)
{
    switch (state) {
    case ReadinessVerdict::State::Ready:
        return Tone::Good;
    case ReadinessVerdict::State::NotReady:
        return Tone::Bad;
    case ReadinessVerdict::State::Unknown:
        break;
    }
    return Tone::Warning;
}

unsigned depthOf(const Readiness &readiness, const ReadinessCheck &check)
{
    constexpr unsigned deepest = 8; // a ring of parents must not hold us
    unsigned depth = 0;
    for (const ReadinessCheck *at = &check; depth < deepest && !at->parent.empty(); ++depth) {
        const ReadinessCheck *parent = readiness.check(at->parent);
        if (!parent || parent->area != check.area)
            break;
        at = parent;
    }
    return depth;
}

std::vector<std::string> areasOf(const Readiness &readiness)
{
    std::vector<std::string> areas;
    for (const auto &check : readiness.checks)
        if (std::ranges::find(areas, check.area) == areas.end())
            areas.push_back(check.area);
    return areas;
}

} // namespace reports

using namespace reports;

std::string readinessHtml(const Readiness &readiness)
{
    const std::string title = readiness.title.empty() ? readiness.host : readiness.title;
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
    html += "<title>" + escaped("Readiness of " + title) + "</title>\n<style>" + styleSheet() + std::string(moreRules)
        + "</style>\n</head>\n<body>\n<table class=\"sheet\" role=\"presentation\">\n<thead><tr><td>\n<div class=\"running\"><b>Kastellan "
          "readiness of a host</b><span>"
        + escaped(title) + "</span></div>\n";
    if (readiness.emulated)
        html += "<div class=\"emulated-strip\">" + inlineSymbol(Tone::Warning, 17) + "<span><b>EMULATED.</b> " + escaped(emulatedSentence)
            + "</span></div>\n";
    html += "</td></tr></thead>\n<tfoot><tr><td>\n<div class=\"running\"><span>Looked at " + escaped(utcText(readiness.time))
        + " · help, never proof</span></div>\n</td></tr></tfoot>\n<tbody><tr><td>\n<main>\n";
    html += "<h1>" + escaped(title) + "</h1>\n<p class=\"lead\">" + escaped(capitalized(readiness.lookedAt))
        + (readiness.root.empty() ? "" : ", files of " + escaped(readiness.root)) + ", " + escaped(utcText(readiness.time))
        + "</p>\n<div class=\"verdicts\">\n";
    for (const auto &verdict : readiness.verdicts)
        html += verdictBox(readiness, verdict);
    html += "</div>\n" + counts(readiness);
    if (!readiness.facts.empty()) {
        html += heading("facts", "What this host is") + "<dl class=\"facts\">\n";
        for (const auto &[label, value] : readiness.facts)
            html += "<dt>" + escaped(label) + "</dt><dd>" + escaped(value) + "</dd>\n";
        html += "</dl>\n";
    }
    for (const auto &area : areasOf(readiness)) {
        html += heading(area, area) + "<table class=\"data findings checks\">\n";
        for (const auto &check : readiness.checks)
            if (check.area == area)
                html += checkRows(readiness, check);
        html += "</table>\n";
    }
    return html + "</main>\n</td></tr></tbody>\n</table>\n</body>\n</html>\n";
}

} // namespace kastellan
