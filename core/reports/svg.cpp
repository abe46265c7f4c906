// SPDX-License-Identifier: Apache-2.0
#include "core/reports/svg.h"

#include "core/logs/keep_log.h"
#include "core/reports/text_layout.h"

#include <cmath>
#include <format>

namespace kastellan::reports {
namespace {

/// At most two digits behind the point, and no zeros at the end.
std::string number(double value)
{
    const double rounded = std::round(value * 100) / 100;
    return rounded == std::floor(rounded) ? std::format("{:.0f}", rounded) : std::format("{:g}", rounded);
}

constexpr double pillHeight = 24;
constexpr double pillText = 12;

} // namespace

std::string escaped(std::string_view text)
{
    std::string safe;
    for (const char c : makeVisible(text)) {
        switch (c) {
        case '&':
            safe += "&amp;";
            break;
        case '<':
            safe += "&lt;";
            break;
        case '>':
            safe += "&gt;";
            break;
        case '"':
            safe += "&quot;";
            break;
        case '\'':
            safe += "&#39;";
            break;
        default:
            safe += c;
        }
    }
    return safe;
}

Symbol symbolOf(Tone tone)
{
    switch (tone) {
    case Tone::Good:
        return Symbol::Check;
    case Tone::Bad:
        return Symbol::Cross;
    case Tone::Warning:
        return Symbol::Warning;
    case Tone::Neutral:
        break;
    }
    return Symbol::Dash;
}

void Svg::rectangle(
    double x, double y, double width, double height, std::string_view fill, std::string_view stroke, double radius, bool dashed)
{
    m_body += std::format(R"(<rect x="{}" y="{}" width="{}" height="{}" rx="{}" fill="{}" stroke="{}" stroke-width="1"{}/>)", number(x),
                  number(y), number(width), number(height), number(radius), fill, stroke, dashed ? R"( stroke-dasharray="5 4")" : "")
        + "\n";
}

void Svg::line(double x1, double y1, double x2, double y2, std::string_view stroke, double thickness)
{
    m_body += std::format(R"(<line x1="{}" y1="{}" x2="{}" y2="{}" stroke="{}" stroke-width="{}"/>)", number(x1), number(y1), number(x2),
                  number(y2), stroke, number(thickness))
        + "\n";
}

void Svg::arrowDown(double x, double y, std::string_view fill)
{
    m_body += std::format(R"(<path d="M{} {}L{} {}L{} {}Z" fill="{}"/>)", number(x), number(y), number(x - 5), number(y - 8), number(x + 5),
                  number(y - 8), fill)
        + "\n";
}

void Svg::text(double x, double y, std::string_view text, const TextStyle &style)
{
    std::string attributes;
    if (style.bold)
        attributes += R"( font-weight="bold")";
    if (style.anchor == TextStyle::Anchor::Middle)
        attributes += R"( text-anchor="middle")";
    else if (style.anchor == TextStyle::Anchor::End)
        attributes += R"( text-anchor="end")";
    m_body += std::format(R"(<text x="{}" y="{}" font-family="{}" font-size="{}" fill="{}"{}>{}</text>)", number(x), number(y),
                  style.fixedPitch ? "monospace" : "sans-serif", number(style.size), style.colour, attributes, escaped(text))
        + "\n";
}

double Svg::paragraph(double x, double y, double width, std::string_view content, const TextStyle &style)
{
    for (const auto &each : wrapped(makeVisible(content), width, style.size, style.fixedPitch, style.bold)) {
        text(x, y + style.size * 1.05, each, style);
        y += lineHeight(style.size);
    }
    return y;
}

void Svg::symbol(Symbol symbol, double x, double y, double radius, std::string_view disc, std::string_view sign)
{
    m_body += std::format(R"(<circle cx="{}" cy="{}" r="{}" fill="{}"/>)", number(x), number(y), number(radius), disc);
    const auto at = [&](double dx, double dy) { return number(x + dx * radius) + " " + number(y + dy * radius); };
    std::string path;
    switch (symbol) {
    case Symbol::Check:
        path = "M" + at(-0.45, 0.05) + "L" + at(-0.12, 0.38) + "L" + at(0.48, -0.34);
        break;
    case Symbol::Cross:
        path = "M" + at(-0.36, -0.36) + "L" + at(0.36, 0.36) + "M" + at(0.36, -0.36) + "L" + at(-0.36, 0.36);
        break;
    case Symbol::Warning:
        path = "M" + at(0, -0.55) + "L" + at(0, 0.12) + "M" + at(0, 0.46) + "L" + at(0, 0.54);
        break;
    case Symbol::Dash:
        path = "M" + at(-0.42, 0) + "L" + at(0.42, 0);
        break;
    }
    m_body += std::format(R"(<path d="{}" fill="none" stroke="{}" stroke-width="{}" stroke-linecap="round" stroke-linejoin="round"/>)",
                  path, sign, number(radius * 0.24))
        + "\n";
}

double Svg::pill(double right, double y, std::string_view label, const Shades &shades, Symbol sign, std::string_view onLine)
{
    const double width = textWidth(label, pillText, false, true) + 34;
    const double left = right < 0 ? -right : right - width;
    rectangle(left, y, width, pillHeight, shades.surface, shades.line, pillHeight / 2);
    symbol(sign, left + 13, y + pillHeight / 2, 7.5, shades.line, onLine);
    text(left + 26, y + pillHeight / 2 + 4.3, label, {.size = pillText, .colour = shades.text, .bold = true});
    return width;
}

std::string Svg::finish(double height, std::string_view title) const
{
    return std::format(
               R"(<svg xmlns="http://www.w3.org/2000/svg" version="1.2" baseProfile="tiny" width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">)",
               number(m_width), number(height), escaped(title))
        + "\n<title>" + escaped(title) + "</title>\n" + m_body + "</svg>\n";
}

} // namespace kastellan::reports
