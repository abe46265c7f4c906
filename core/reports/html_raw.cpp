// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/reports/html.h"

#include <algorithm>
#include <format>

namespace kastellan::reports {
namespace {

std::string hexDump(ByteView bytes)
{
    constexpr std::size_t columns = 32;
    std::string text;
    for (std::size_t at = 0; at < bytes.size(); at += columns) {
        text += std::format("{:04x}  ", at);
        for (std::size_t i = at; i < std::min(at + columns, bytes.size()); ++i)
            text += std::format("{:02x}{}", bytes[i], i % 4 == 3 ? " " : "");
        text += "\n";
    }
    return text;
}

/// Indented when it is JSON; as it is otherwise.
std::string readable(const std::string &text)
{
    if (!js::parse(text, "text"))
        return text;
    const auto value = js::Out::parse(text, nullptr, false);
    return value.is_discarded() ? text : js::dump(value, 2);
}

std::string row(std::string_view what, std::string_view meaning, ByteView bytes)
{
    return "<tr><td>" + escaped(what) + "</td><td>" + valueCell(toHex(bytes)) + "</td><td>" + escaped(meaning) + "</td></tr>\n";
}

std::string carried(const Page &page)
{
    for (const auto &field : page.view.fields)
        if (field.name == "report_data" || field.name == "REPORT_DATA")
            return field.value;
    return {};
}

std::string comparison(const Page &page, const ReportData &computed)
{
    const std::string actual = carried(page);
    if (actual.empty())
        return {};
    const bool same = actual == toHex(computed.view());
    return "<p>" + badge(same ? Tone::Good : Tone::Bad, same ? "the report carries it" : "the report carries something else") + "</p>\n";
}

} // namespace

std::string tcbSection(const Page &page)
{
    if (page.view.tcb.empty())
        return {};
    std::vector<std::string> levels;
    for (const auto &column : page.view.tcb)
        for (const auto &level : column.levels)
            if (std::ranges::find(levels, level.name) == levels.end())
                levels.push_back(level.name);
    std::string html =
        "<section>\n" + heading("tcb", "Firmware levels (TCB)") + "<table class=\"data\"><thead><tr><th scope=\"col\">Stated by</th>";
    for (const auto &level : levels)
        html += "<th scope=\"col\">" + escaped(level) + "</th>";
    html += "</tr></thead>\n<tbody>\n";
    for (const auto &column : page.view.tcb) {
        html += "<tr><td>" + escaped(column.name) + "</td>";
        for (const auto &name : levels) {
            const auto it = std::ranges::find(column.levels, name, &TcbLevel::name);
            html += "<td class=\"num\">" + (it == column.levels.end() ? std::string("–") : std::to_string(it->value)) + "</td>";
        }
        html += "</tr>\n";
    }
    for (const auto &[name, floor] : page.record.expected.minimumTcb)
        html += "<tr><td>least accepted</td><td colspan=\"" + std::to_string(std::max<std::size_t>(levels.size(), 1)) + "\">"
            + escaped(name) + " " + std::to_string(floor) + "</td></tr>\n";
    return html + "</tbody></table>\n</section>\n";
}

std::string bindingSection(const Page &page)
{
    std::string html = "<section>\n" + heading("binding", "Bindings");
    if (!page.record.binding)
        return html + "<p>Nobody asked for this report in a session, so nothing shows that it is fresh.</p>\n</section>\n";
    const Binding &binding = *page.record.binding;
    html += "<p class=\"lead\">What the keep bound into its report, so that a report from another session or another keep does not fit. "
            "The digests can be computed again from these "
            "inputs.</p>\n<table class=\"data\"><colgroup><col style=\"width:18%\"><col style=\"width:50%\"><col "
            "style=\"width:32%\"></colgroup><thead><tr><th scope=\"col\">Input</th><th "
            "scope=\"col\">Value</th><th scope=\"col\">What it is</th></tr></thead>\n<tbody>\n";
    html += row("Nonce", "64 random bytes, made by the owner for this one question", binding.nonce.view());
    html += row("Exporter", "of the TLS session (RFC 9266), known to its two ends alone", binding.exporter.view());
    html += row("Warden key", "SHA-256 of the public key that was made in this keep", binding.wardenKey.view());
    html += row("Keep id", "made at random when the keep was planned", binding.keep.view());
    if (binding.manifest)
        html +=
            row("Manifest", "SHA-256 of the delivery manifest: module, configuration, secrets by keyed digest", binding.manifest->view());
    if (binding.first)
        html += row("First report data", "of the report before the delivery", binding.first->view());
    html += "</tbody></table>\n<h3>Before delivery</h3>\n<p class=\"formula\">SHA-512(\"kastellan-attest-1\" ‖ nonce ‖ exporter ‖ warden "
            "key ‖ keep id) =</p>\n<pre>"
        + toHex(binding.attestData().view()) + "</pre>\n";
    const bool delivered = binding.first && binding.manifest;
    if (!delivered)
        return html + comparison(page, binding.attestData()) + "</section>\n";
    html += "<h3>After delivery</h3>\n<p class=\"formula\">SHA-512(\"kastellan-deliver-1\" ‖ first report data ‖ manifest) =</p>\n<pre>"
        + toHex(binding.deliverData().view()) + "</pre>\n";
    return html + comparison(page, binding.deliverData()) + "</section>\n";
}

std::string fieldsSection(const Page &page)
{
    if (page.view.fields.empty())
        return {};
    std::string html = "<section class=\"newpage\">\n" + heading("fields", "Report fields")
        + "<table class=\"data\"><colgroup><col style=\"width:9%\"><col style=\"width:8%\"><col style=\"width:19%\"><col "
          "style=\"width:32%\"><col style=\"width:32%\"></colgroup><thead><tr><th "
          "scope=\"col\">Offset</th><th scope=\"col\">Bytes</th><th scope=\"col\">Field</th><th scope=\"col\">Value</th><th "
          "scope=\"col\">Meaning</th></tr></thead>\n<tbody>\n";
    for (const auto &field : page.view.fields)
        html += "<tr><td class=\"num\">" + std::format("{:#05x}", field.offset) + "</td><td class=\"num\">" + std::to_string(field.length)
            + "</td><td>" + escaped(field.name) + "</td><td>" + valueCell(field.value) + "</td><td>" + escaped(field.meaning)
            + "</td></tr>\n";
    return html + "</tbody></table>\n</section>\n";
}

std::string planSection(const Page &page)
{
    std::string html = "<section class=\"newpage\">\n" + heading("plan", "Plan and delivery");
    html += "<h3>Launch plan, fixed before anything happened</h3>\n<pre>"
        + escaped(page.record.plan.empty() ? "none" : readable(page.record.plan)) + "</pre>\n";
    html += "<h3>Delivery manifest</h3>\n<pre>"
        + escaped(page.record.manifest.empty() ? "nothing was delivered" : readable(page.record.manifest)) + "</pre>\n";
    return html + "</section>\n";
}

std::string rawSection(const Page &page)
{
    const auto &evidence = page.record.evidence;
    std::string html = "<section class=\"newpage\">\n" + heading("raw", "Raw values") + "<h3>Report, "
        + std::to_string(evidence.report.size()) + " bytes of kind " + escaped(evidence.kind) + "</h3>\n<pre class=\"dump\">"
        + hexDump(evidence.report) + "</pre>\n";
    for (const auto &endorsement : evidence.endorsements)
        html += "<h3>" + escaped(roleTitle(endorsement.role)) + ", PEM</h3>\n<pre>" + escaped(toPem(endorsement)) + "</pre>\n";
    return html + "</section>\n";
}

} // namespace kastellan::reports
