// SPDX-License-Identifier: Apache-2.0
#include "core/reports/html.h"

#include <algorithm>

namespace kastellan::reports {
namespace {

std::string areaTitle(std::string_view area)
{
    constexpr std::pair<std::string_view, std::string_view> titles[] = {
        {"root", "Root: who vouches for the processor"},
        {"chain", "Chain: from the report's key to the root"},
        {"report", "Report: genuine and unmodified"},
        {"tcb", "TCB: versions of the firmware"},
        {"platform", "Platform: which processor it is"},
        {"policy", "Policy: what the host is allowed"},
        {"binding", "Binding: made for this session"},
        {"launch", "Launch: what was loaded"},
        {"workload", "Workload: what was delivered"},
        {"sandbox", "Sandbox: how the keep is confined"},
    };
    for (const auto &[id, text] : titles)
        if (id == area)
            return std::string(text);
    return capitalized(area);
}

std::string findingRows(const Finding &finding)
{
    const Tone tone = toneOf(finding.outcome, finding.required);
    const bool compare = finding.outcome == Outcome::Fail;
    std::string html = "<tbody class=\"" + toneClass(tone) + "\">\n<tr><td>" + badge(tone, name(finding.outcome))
        + "</td><td><span class=\"check\">" + escaped(title(finding.id)) + "</span>"
        + (finding.required ? "" : " <span class=\"advisory\">advisory</span>") + "<br><span class=\"id\">" + escaped(finding.id)
        + "</span></td><td>" + valueCell(finding.expected) + "</td><td>"
        + valueCell(finding.actual, compare ? std::string_view(finding.expected) : std::string_view()) + "</td></tr>\n";
    std::string more;
    if (!finding.why.empty())
        more += "<p>" + escaped(finding.why) + (finding.source.empty() ? "" : " <i>" + escaped(finding.source) + "</i>") + "</p>";
    else if (!finding.source.empty())
        more += "<p><i>" + escaped(finding.source) + "</i></p>";
    if (!finding.remedy.empty() && finding.outcome != Outcome::Pass)
        more += "<p class=\"todo\"><b>To do:</b> " + escaped(finding.remedy) + "</p>";
    if (!more.empty())
        html += "<tr class=\"more\"><td></td><td colspan=\"3\">" + more + "</td></tr>\n";
    return html + "</tbody>\n";
}

} // namespace

std::string findingsSection(const Page &page)
{
    std::vector<std::string_view> areas;
    for (const auto &finding : page.record.appraisal.findings)
        if (std::ranges::find(areas, finding.area) == areas.end())
            areas.push_back(finding.area);
    std::string html = "<section class=\"newpage\">\n" + heading("findings", "Findings");
    if (areas.empty())
        html += "<p>Nothing was checked.</p>\n";
    else
        html += "<p class=\"lead\">Each check with what was expected and what was found. A required check that fails refuses the keep; an "
                "advisory one is for you to weigh.</p>\n";
    for (const auto area : areas) {
        html += "<h3>" + escaped(areaTitle(area))
            + "</h3>\n<table class=\"data findings\"><colgroup><col style=\"width:15%\"><col style=\"width:23%\"><col "
              "style=\"width:31%\"><col "
              "style=\"width:31%\"></colgroup>\n<thead><tr><th scope=\"col\">Result</th><th scope=\"col\">Check</th><th "
              "scope=\"col\">Expected</th><th scope=\"col\">Found</th></tr></thead>\n";
        for (const auto &finding : page.record.appraisal.findings)
            if (finding.area == area)
                html += findingRows(finding);
        html += "</table>\n";
    }
    return html + "</section>\n";
}

std::string chainSection(const Page &page)
{
    constexpr unsigned drawingWidth = 680;
    std::string html = "<section class=\"newpage\">\n" + heading("chain", "Certificate chain") + "<div class=\"drawing\">\n"
        + chainSvg(page.view, page.record.appraisal, Palette::Light, drawingWidth) + "</div>\n";
    for (const auto &certificate : page.view.chain) {
        html += "<h3>" + escaped(roleTitle(certificate.role)) + "</h3>\n<dl class=\"facts\">\n";
        const auto fact = [&](std::string_view term, std::string_view value) {
            html += "<dt>" + escaped(term) + "</dt><dd>" + valueCell(value) + "</dd>\n";
        };
        fact("Subject", certificate.subject);
        fact("Issuer", certificate.issuer);
        fact("Serial number", certificate.serial);
        fact("Key", certificate.key);
        fact("Valid", certificate.notBefore + " to " + certificate.notAfter);
        fact("SHA-256", certificate.sha256);
        for (const auto &[name, value] : certificate.extensions)
            fact(capitalized(name), value);
        html += "</dl>\n";
    }
    return html + "</section>\n";
}

std::string layersSection(const Page &page)
{
    constexpr unsigned drawingWidth = 680;
    return "<section class=\"newpage\">\n" + heading("layers", "Whom you trust")
        + "<p class=\"lead\">The stack of this keep, from the workload down to the processor, as this evidence really shows it.</p>\n<div "
          "class=\"drawing\">\n"
        + layersSvg(layersOf(page.record, &page.view), page.record.appraisal.emulated, Palette::Light, drawingWidth)
        + "</div>\n</section>\n";
}

} // namespace kastellan::reports
