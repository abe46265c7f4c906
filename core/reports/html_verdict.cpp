// SPDX-License-Identifier: Apache-2.0
#include "core/reports/html.h"

#include "core/evidence/expected_digest.h"

#include <algorithm>

namespace kastellan::reports {
namespace {

/// The sentence without the verdict at its beginning, which stands above it in large letters.
std::string sentenceBelow(const Appraisal &appraisal)
{
    const std::string prefix = capitalized(name(appraisal.verdict)) + (appraisal.emulated ? " (emulated): " : ": ");
    return appraisal.sentence.starts_with(prefix) ? capitalized(appraisal.sentence.substr(prefix.size())) : appraisal.sentence;
}

std::string fact(std::string_view term, const std::string &html)
{
    return "<dt>" + escaped(term) + "</dt><dd>" + html + "</dd>\n";
}

std::string facts(const Page &page)
{
    const Record &record = page.record;
    std::string html = "<dl class=\"facts\">\n";
    html += fact("Keep", escaped(record.keepName) + " <span class=\"hex\">" + escaped(record.keep) + "</span>");
    html += fact("Host", escaped(record.host));
    html += fact("Protection",
        escaped(page.view.technology.empty() ? "unknown" : page.view.technology)
            + (page.view.product.empty() ? "" : ", " + escaped(page.view.product)));
    html += fact("What was done", escaped(kindTitle(record.kind)));
    html += fact("Recorded", escaped(utcText(record.created)));
    html += fact("Record", "<span class=\"hex\">" + escaped(record.id) + "</span>");
    html += fact("Accepted root", valueCell(record.expected.root));
    const std::string digest = expectedDigestHex(record.expected);
    html += fact("Expected launch digest", digest.empty() ? "<span class=\"none\">none was given</span>" : valueCell(digest));
    if (!record.notes.empty())
        html += fact("Notes", escaped(record.notes));
    return html + "</dl>\n";
}

std::string counts(const Appraisal &appraisal)
{
    const auto count = [&](Outcome outcome, std::optional<bool> required) {
        return std::ranges::count_if(appraisal.findings,
            [&](const Finding &finding) { return finding.outcome == outcome && (!required || finding.required == *required); });
    };
    const auto item = [](Tone tone, std::ptrdiff_t number, std::string_view label) {
        // Nothing to worry about looks like nothing.
        const Tone shown = number == 0 ? Tone::Neutral : tone;
        return "<li class=\"" + toneClass(shown) + "\"><span class=\"n\">" + std::to_string(number) + "</span><span class=\"l\">"
            + escaped(label) + "</span></li>\n";
    };
    return "<ul class=\"counts\" aria-label=\"Checks\">\n" + item(Tone::Good, count(Outcome::Pass, {}), "checks passed")
        + item(Tone::Bad, count(Outcome::Fail, true), "required failed")
        + item(Tone::Warning, count(Outcome::Unknown, true), "required unknown")
        + item(Tone::Warning, count(Outcome::Fail, false) + count(Outcome::Unknown, false), "advisory not passed") + "</ul>\n";
}

bool needsAttention(const Finding &finding)
{
    return finding.outcome == Outcome::Fail || (finding.outcome == Outcome::Unknown && finding.required);
}

std::string attention(const Appraisal &appraisal)
{
    constexpr std::size_t mostOnTheFirstPage = 5;
    std::string html;
    std::size_t shown = 0;
    std::size_t left = 0;
    for (const auto &finding : appraisal.findings) {
        if (!needsAttention(finding))
            continue;
        if (shown == mostOnTheFirstPage) {
            ++left;
            continue;
        }
        ++shown;
        html += "<div class=\"note " + toneClass(toneOf(finding.outcome, finding.required)) + "\"><b>" + escaped(title(finding.id))
            + "</b> " + escaped(finding.outcome == Outcome::Fail ? "failed" : "is not known") + (finding.required ? "" : " (advisory)")
            + ". " + escaped(finding.why);
        if (!finding.remedy.empty())
            html += " <b>To do:</b> " + escaped(finding.remedy);
        html += "</div>\n";
    }
    if (html.empty())
        return {};
    if (left)
        html += "<p>" + std::to_string(left) + " more are listed with the findings.</p>\n";
    return "<h3>What needs attention</h3>\n" + html;
}

std::string recomputedNote(const Page &page)
{
    if (!page.recomputed)
        return {};
    const Appraisal &now = *page.recomputed;
    const bool same = now.verdict == page.record.appraisal.verdict;
    std::string html = "<div class=\"note " + toneClass(same ? Tone::Neutral : Tone::Warning) + "\"><b>Appraised again</b> for "
        + escaped(utcText(now.at)) + ": " + escaped(name(now.verdict))
        + (same ? ", as it was recorded."
                : ", but it was recorded as " + escaped(name(page.record.appraisal.verdict)) + ". " + escaped(now.sentence));
    return html + "</div>\n";
}

} // namespace

std::string verdictSection(const Page &page)
{
    const Appraisal &appraisal = page.record.appraisal;
    const Tone tone = toneOf(appraisal.verdict);
    std::string html =
        "<section>\n<h1>Attestation of " + escaped(page.record.keepName.empty() ? page.record.keep : page.record.keepName) + "</h1>\n";
    html += "<div class=\"verdict " + toneClass(tone) + "\">" + inlineSymbol(tone, 58) + "<div><div class=\"word\">"
        + escaped(capitalized(name(appraisal.verdict))) + (appraisal.emulated ? " (emulated)" : "") + "</div><p class=\"sentence\">"
        + escaped(sentenceBelow(appraisal)) + "</p></div></div>\n";
    html += "<p>" + escaped(meaning(appraisal.verdict)) + "</p>\n";
    if (appraisal.emulated)
        html += "<div class=\"note emulated\"><b>EMULATED.</b> The processor that signed this report is a program. Every step was done as "
                "with real hardware, so this shows that "
                "the procedure works; it does not keep anybody out of the machine on which it ran.</div>\n";
    for (const auto &given : appraisal.overrides)
        html += "<div class=\"note warning\"><b>Protection given up by the owner:</b> <span class=\"hex\">" + escaped(given)
            + "</span></div>\n";
    html += counts(appraisal) + recomputedNote(page) + attention(appraisal) + facts(page);
    html += "<nav aria-label=\"Contents\"><a href=\"#findings\">Findings</a> <a href=\"#chain\">Certificates</a> <a "
            "href=\"#layers\">Layers</a> <a href=\"#binding\">Bindings</a> "
            "<a href=\"#fields\">Report fields</a> <a href=\"#plan\">Plan</a> <a href=\"#raw\">Raw values</a></nav>\n";
    return html + "</section>\n";
}

} // namespace kastellan::reports
