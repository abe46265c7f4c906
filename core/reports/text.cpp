// SPDX-License-Identifier: Apache-2.0
#include "core/reports/text.h"

#include "core/logs/keep_log.h"
#include "core/reports/text_layout.h"
#include "core/reports/theme.h"
#include "core/reports/words.h"

#include <algorithm>
#include <cmath>

namespace kastellan {

using namespace reports;

namespace {

class Text {
public:
    Text(bool colour, unsigned width)
        : m_colour(colour)
        , m_width(std::max(width, 40u))
    {
    }

    void line(std::string_view text = {}) { m_text += std::string(text) + "\n"; }

    /// Wrapped; the first line begins with `lead`, the others stand under what follows it.
    void paragraph(std::string_view lead, std::string_view text, Tone tone = Tone::Neutral, bool painted = false)
    {
        const std::size_t indent = columns(lead);
        const std::size_t room = m_width > indent + 20 ? m_width - indent : 20;
        std::string first(lead);
        // One column is one unit of a fixed-pitch font of this size.
        for (const auto &part : wrapped(makeVisible(text), static_cast<double>(room), 1 / 0.605, true)) {
            m_text += first + (painted ? paint(tone, part) : part) + "\n";
            first.assign(indent, ' ');
        }
    }

    [[nodiscard]] std::string paint(Tone tone, std::string_view text) const
    {
        if (!m_colour)
            return std::string(text);
        const char *code = tone == Tone::Good ? "32" : tone == Tone::Bad ? "31;1" : tone == Tone::Warning ? "33" : "2";
        return "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m";
    }
    [[nodiscard]] static std::size_t columns(std::string_view text)
    {
        return static_cast<std::size_t>(std::lround(textWidth(text, 1 / 0.605, true)));
    }
    [[nodiscard]] std::string take() { return std::move(m_text); }

private:
    bool m_colour;
    unsigned m_width;
    std::string m_text;
};

std::string padded(const std::string &text, std::size_t columns)
{
    const std::size_t used = Text::columns(text);
    return used < columns ? text + std::string(columns - used, ' ') : text;
}

std::string_view signOf(Outcome outcome)
{
    switch (outcome) {
    case Outcome::Pass:
        return "ok";
    case Outcome::Fail:
        return "FAIL";
    case Outcome::Unknown:
        return "?";
    case Outcome::Info:
        break;
    }
    return "-";
}

} // namespace

std::string recordText(const Record &record, bool colour, unsigned width)
{
    constexpr std::size_t signColumns = 5;
    const Appraisal &appraisal = record.appraisal;
    Text text(colour, width);
    std::string verdict(name(appraisal.verdict));
    std::ranges::transform(verdict, verdict.begin(), [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    text.paragraph("", verdict + (appraisal.emulated ? " (EMULATED)" : ""), toneOf(appraisal.verdict), true);
    text.paragraph("", appraisal.sentence);
    text.line();
    text.paragraph("keep      ", record.keepName + " " + record.keep);
    text.paragraph("host      ", record.host);
    text.paragraph("record    ", record.id + ", " + utcText(record.created));
    for (const auto &given : appraisal.overrides)
        text.paragraph("given up  ", given, Tone::Warning, true);
    text.line();

    std::size_t widest = 0;
    for (const auto &finding : appraisal.findings)
        widest = std::max(widest, Text::columns(makeVisible(title(finding.id))));
    for (const auto &finding : appraisal.findings) {
        const Tone tone = toneOf(finding.outcome, finding.required);
        text.line(text.paint(tone, padded(std::string(signOf(finding.outcome)), signColumns))
            + padded(makeVisible(title(finding.id)), widest + 2) + makeVisible(finding.id) + (finding.required ? "" : " (advisory)"));
    }
    for (const auto &finding : appraisal.findings) {
        if (finding.outcome == Outcome::Pass || finding.outcome == Outcome::Info)
            continue;
        text.line();
        text.paragraph("",
            title(finding.id) + (finding.outcome == Outcome::Fail ? " failed" : " is not known") + (finding.required ? "" : " (advisory)"),
            toneOf(finding.outcome, finding.required), true);
        text.paragraph("  expected  ", finding.expected);
        text.paragraph("  found     ", finding.actual);
        if (!finding.why.empty())
            text.paragraph("  why       ", finding.why);
        if (!finding.remedy.empty())
            text.paragraph("  to do     ", finding.remedy);
    }
    return text.take();
}

} // namespace kastellan
