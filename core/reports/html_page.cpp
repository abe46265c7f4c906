// SPDX-License-Identifier: Apache-2.0
#include "core/reports/html.h"

#include <algorithm>

namespace kastellan::reports {

std::string toneClass(Tone tone)
{
    switch (tone) {
    case Tone::Good:
        return "good";
    case Tone::Bad:
        return "bad";
    case Tone::Warning:
        return "warning";
    case Tone::Neutral:
        break;
    }
    return "neutral";
}

std::string inlineSymbol(Tone tone, unsigned size)
{
    const Theme &colours = theme(Palette::Light);
    Svg svg(size);
    const double middle = size / 2.0;
    svg.symbol(symbolOf(tone), middle, middle, middle, colours.of(tone).line, colours.onLine);
    // The words beside it say the same.
    std::string text = svg.finish(size, "");
    text.replace(text.find(R"(role="img" aria-label="")"), std::string_view(R"(role="img" aria-label="")").size(), R"(aria-hidden="true")");
    text.erase(text.find("\n<title></title>"), std::string_view("\n<title></title>").size());
    return text;
}

std::string badge(Tone tone, std::string_view text)
{
    return "<span class=\"badge " + toneClass(tone) + "\">" + inlineSymbol(tone, 14) + "<span>" + escaped(text) + "</span></span>";
}

std::string valueCell(std::string_view value, std::string_view other)
{
    if (value.empty())
        return "<span class=\"none\">none</span>";
    if (!holdsHex(value))
        return "<span class=\"value\">" + escaped(value) + "</span>";
    const auto isAscii = [](std::string_view text) {
        return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    };
    if (other.size() != value.size() || !isAscii(value) || !isAscii(other))
        return "<span class=\"hex\">" + escaped(value) + "</span>";
    std::string cell = "<span class=\"hex\">";
    for (std::size_t from = 0, to = 0; from < value.size(); from = to) {
        const bool differs = value[from] != other[from];
        while (to < value.size() && (value[to] != other[to]) == differs)
            ++to;
        const std::string run = escaped(value.substr(from, to - from));
        cell += differs ? "<mark>" + run + "</mark>" : run;
    }
    return cell + "</span>";
}

std::string heading(std::string_view id, std::string_view text)
{
    return "<h2 id=\"" + escaped(id) + "\">" + escaped(text) + "</h2>\n";
}

namespace {

constexpr std::string_view rules = R"(
*{box-sizing:border-box}
html{color-scheme:light;-webkit-print-color-adjust:exact;print-color-adjust:exact}
body{margin:0;background:#eceff3;color:var(--text);font:15px/1.5 system-ui,"Segoe UI",Roboto,"Noto Sans","DejaVu Sans",sans-serif;overflow-wrap:break-word}
svg{display:block;max-width:100%;height:auto}
a{color:var(--neutral-text)}
.sheet{width:100%;max-width:900px;margin:24px auto;background:#fff;border-collapse:collapse;box-shadow:0 1px 3px #0002,0 8px 28px #0001;border-radius:10px}
.sheet>thead>tr>td,.sheet>tfoot>tr>td{padding:0}
.sheet>tbody>tr>td{padding:8px 44px 28px;max-width:0}
.running{display:flex;justify-content:space-between;gap:16px;padding:14px 44px;color:var(--muted);font-size:12.5px}
.running b{color:var(--text);letter-spacing:.02em}
.emulated-strip{background:var(--emulated-surface);color:var(--emulated-text);border-top:1px solid var(--emulated-line);border-bottom:1px solid var(--emulated-line);padding:7px 44px;font-size:13px;display:flex;gap:9px;align-items:center}
.emulated-strip svg{flex:none}
h1{font-size:20px;font-weight:600;margin:18px 0 2px}
h2{font-size:19px;margin:40px 0 12px;padding-bottom:7px;border-bottom:2px solid var(--border);break-after:avoid}
h3{font-size:14.5px;margin:24px 0 8px;break-after:avoid}
p{margin:8px 0}
.formula{break-after:avoid}
.lead{color:var(--muted);margin:0 0 14px}
.good{--tone-surface:var(--good-surface);--tone-line:var(--good-line);--tone-text:var(--good-text)}
.bad{--tone-surface:var(--bad-surface);--tone-line:var(--bad-line);--tone-text:var(--bad-text)}
.emulated{--tone-surface:var(--emulated-surface);--tone-line:var(--emulated-line);--tone-text:var(--emulated-text)}
.warning{--tone-surface:var(--warning-surface);--tone-line:var(--warning-line);--tone-text:var(--warning-text)}
.neutral{--tone-surface:var(--neutral-surface);--tone-line:var(--neutral-line);--tone-text:var(--neutral-text)}
.verdict{display:flex;gap:22px;align-items:center;border:1px solid var(--tone-line);border-left-width:7px;border-radius:10px;background:var(--tone-surface);padding:22px 24px;margin:18px 0;break-inside:avoid}
.verdict svg{flex:none}
.verdict .word{font-size:33px;line-height:1.1;font-weight:700;color:var(--tone-text)}
.verdict .sentence{margin:5px 0 0;font-size:15.5px}
.note{border:1px solid var(--tone-line);border-left-width:4px;background:var(--tone-surface);border-radius:7px;padding:9px 14px;margin:10px 0;break-inside:avoid}
.note b{color:var(--tone-text)}
.counts{display:flex;flex-wrap:wrap;gap:10px;margin:16px 0;padding:0;list-style:none}
.counts li{flex:1 1 120px;border:1px solid var(--border);border-top:4px solid var(--tone-line);border-radius:7px;padding:8px 13px}
.counts .n{display:block;font-size:23px;font-weight:650;line-height:1.2;color:var(--tone-text)}
.counts .l{color:var(--muted);font-size:13px}
dl.facts{display:grid;grid-template-columns:minmax(110px,30%) 1fr;gap:5px 20px;margin:12px 0}
dl.facts dt{color:var(--muted)}
dl.facts dd{margin:0;min-width:0;overflow-wrap:anywhere}
table.data{width:100%;border-collapse:collapse;font-size:13.5px;margin:6px 0 16px}
table.data th{text-align:left;font-weight:600;color:var(--muted);font-size:12.5px;border-bottom:1px solid var(--border);padding:5px 8px 5px 0}
table.data td{vertical-align:top;border-bottom:1px solid var(--border);padding:7px 8px 7px 0;overflow-wrap:anywhere}
table.data tr{break-inside:avoid}
table.data .num{white-space:nowrap;font-variant-numeric:tabular-nums}
table.findings{table-layout:fixed}
table.findings td{border-bottom:0}
table.findings tbody{border-bottom:1px solid var(--border);break-inside:avoid}
table.findings .more td{padding-top:0;color:var(--muted);font-size:12.5px}
table.findings .more p{margin:0 0 3px}
table.findings .todo{color:var(--tone-text)}
.badge{display:inline-flex;align-items:center;gap:6px;border:1px solid var(--tone-line);background:var(--tone-surface);color:var(--tone-text);border-radius:99px;padding:1px 10px 1px 4px;font-size:12.5px;font-weight:600;white-space:nowrap}
.badge svg{flex:none}
.check{font-weight:600}
.id,.none,.advisory{color:var(--muted);font-size:12px}
.id{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:11.5px}
.hex{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.86em;overflow-wrap:anywhere;word-break:break-all}
mark{background:#ffd54d;color:#1b1f24;border-radius:2px}
pre{font:11.5px/1.45 ui-monospace,"DejaVu Sans Mono",monospace;background:#f6f8fa;border:1px solid var(--border);border-radius:7px;padding:10px 12px;white-space:pre-wrap;overflow-wrap:anywhere;margin:6px 0 14px}
pre.dump{white-space:pre;overflow-x:auto;font-size:11px}
nav{font-size:13.5px;color:var(--muted);margin-top:22px}
nav a{margin-right:14px;white-space:nowrap}
.drawing{max-width:680px;break-inside:avoid}
.drawing svg{width:100%}
@page{size:A4;margin:11mm 14mm 12mm;@bottom-right{content:counter(page) " / " counter(pages);font:8pt sans-serif;color:#57606a}}
@media print{
body{background:#fff;font-size:10.2pt;line-height:1.42}
.sheet{max-width:none;margin:0;box-shadow:none;border-radius:0}
.sheet>tbody>tr>td{padding:2mm 0 4mm}
.running,.emulated-strip{padding-left:0;padding-right:0;font-size:8.4pt}
.running{padding-top:1mm;padding-bottom:2mm}
.sheet>thead>tr>td{padding-bottom:3.5mm}
.emulated-strip{padding:1.4mm 3mm;border:1px solid var(--emulated-line);border-radius:4px}
h2{font-size:14pt;margin-top:7mm}
h3{font-size:10.8pt}
table.data{font-size:8.8pt}
table.data th,table.findings .more td,.badge,.id,.none,.advisory{font-size:8pt}
pre{font-size:7.4pt}
pre.dump{font-size:7.2pt;overflow:visible}
nav{display:none}
.newpage{break-before:page}
.newpage>h2{margin-top:2mm}
.drawing{max-width:165mm}
a{color:inherit;text-decoration:none}
}
)";

std::string variables(std::string_view name, const Shades &shades)
{
    const std::string prefix = "--" + std::string(name);
    return prefix + "-surface:" + std::string(shades.surface) + ";" + prefix + "-line:" + std::string(shades.line) + ";" + prefix
        + "-text:" + std::string(shades.text) + ";";
}

std::string emulatedStrip(const Record &record)
{
    if (!record.appraisal.emulated)
        return {};
    return "<div class=\"emulated-strip\">" + inlineSymbol(Tone::Warning, 17) + "<span><b>EMULATED.</b> " + escaped(emulatedSentence)
        + "</span></div>\n";
}

} // namespace

std::string styleSheet()
{
    const Theme &colours = theme(Palette::Light);
    return ":root{--text:" + std::string(colours.text) + ";--muted:" + std::string(colours.muted)
        + ";--border:" + std::string(colours.border) + ";" + variables("good", colours.good) + variables("bad", colours.bad)
        + variables("warning", colours.warning) + variables("neutral", colours.neutral) + variables("emulated", colours.emulated) + "}"
        + std::string(rules);
}

} // namespace kastellan::reports

namespace kastellan {

using namespace reports;

std::string recordHtml(const Record &record, const EvidenceView &view, const Appraisal *recomputed)
{
    const Page page{record, view, recomputed};
    const std::string verdict = std::string(name(record.appraisal.verdict)) + (record.appraisal.emulated ? ", emulated" : "");
    const std::string keep = record.keepName.empty() ? record.keep : record.keepName;
    std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                       "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                       // Nothing is loaded and nothing runs, even if a browser found a way to read it so.
                       "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n";
    html +=
        "<title>" + escaped("Attestation of " + keep + ": " + verdict) + "</title>\n<style>" + styleSheet() + "</style>\n</head>\n<body>\n";
    // Head and foot of this table are repeated on every printed page.
    html +=
        "<table class=\"sheet\" role=\"presentation\">\n<thead><tr><td>\n<div class=\"running\"><b>Kastellan attestation record</b><span>"
        + escaped(keep) + " · " + escaped(record.id) + "</span></div>\n" + emulatedStrip(record) + "</td></tr></thead>\n";
    html += "<tfoot><tr><td>\n<div class=\"running\"><span>" + escaped(capitalized(verdict)) + " · appraised for "
        + escaped(utcText(record.appraisal.at)) + "</span></div>\n</td></tr></tfoot>\n<tbody><tr><td>\n<main>\n";
    html += verdictSection(page) + findingsSection(page) + chainSection(page) + layersSection(page) + tcbSection(page)
        + bindingSection(page) + fieldsSection(page) + planSection(page) + rawSection(page);
    return html + "</main>\n</td></tr></tbody>\n</table>\n</body>\n</html>\n";
}

} // namespace kastellan
