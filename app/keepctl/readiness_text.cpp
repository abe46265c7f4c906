// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/readiness_text.h"

#include "app/keepctl/output.h"
#include "core/reports/readiness_html.h"
#include "core/reports/text_layout.h"

#include <algorithm>
#include <cmath>
#include <format>
#include <map>

namespace kastellan::keepctl {
namespace {

constexpr double oneColumn = 1 / 0.605; // one column is one unit of a fixed-pitch font of this size
constexpr std::size_t stateColumns = 7, widestTitle = 44;

std::size_t columns(std::string_view text)
{
    return static_cast<std::size_t>(std::lround(reports::textWidth(text, oneColumn, true)));
}

std::string padded(std::string text, std::size_t width)
{
    const std::size_t used = columns(text);
    return used < width ? text + std::string(width - used, ' ') : text;
}

Colour colourOfState(CheckState state)
{
    switch (state) {
    case CheckState::Pass:
        return Colour::Green;
    case CheckState::Fail:
        return Colour::Red;
    case CheckState::Warning:
    case CheckState::Unknown:
        return Colour::Yellow;
    case CheckState::Skipped:
    case CheckState::Info:
        break;
    }
    return Colour::Faint;
}

/// Wrapped; the first line begins with `lead`, the others stand under what follows it.
std::string paragraph(const std::string &lead, std::string_view text)
{
    const std::size_t indent = columns(lead), width = terminalWidth(), room = width > indent + 20 ? width - indent : 20;
    std::string result, first = lead;
    for (const auto &part : reports::wrapped(inLine(text), static_cast<double>(room), oneColumn, true)) {
        result += first + part + "\n";
        first.assign(indent, ' ');
    }
    return result;
}

bool isShown(const ReadinessCheck &check, bool all)
{
    return all || (check.state != CheckState::Skipped && check.state != CheckState::Info);
}

/// One line, and what to do under it.
std::string checkText(const Readiness &readiness, const ReadinessCheck &check, std::size_t titleWidth, int fd)
{
    const std::string state(name(check.state)), indent(2 * reports::depthOf(readiness, check), ' ');
    const std::string saw = check.state == CheckState::Skipped ? "because of " + check.skippedFor : check.saw;
    std::string text = "  " + painted(fd, colourOfState(check.state), state)
        + std::string(stateColumns - std::min(stateColumns, state.size()), ' ') + "  ";
    text += padded(indent + inLine(check.title), titleWidth) + "  " + inLine(saw) + "\n";
    if (check.state == CheckState::Pass || check.state == CheckState::Info || check.state == CheckState::Skipped)
        return text;
    const std::string margin(stateColumns + 4 + indent.size(), ' ');
    if (!check.means.empty())
        text += paragraph(margin + "  ", check.means);
    if (!check.remedy.empty())
        text += paragraph(margin + "  to do: ", check.remedy);
    if (!check.command.empty())
        text += margin + "  $ " + inLine(check.command) + "\n"; // not wrapped: it is there to be copied
    return text;
}

std::string hiddenText(const Readiness &readiness)
{
    std::map<std::string, std::size_t> skipped;
    std::size_t facts = 0;
    for (const auto &check : readiness.checks) {
        if (check.state == CheckState::Skipped)
            ++skipped[check.skippedFor];
        facts += check.state == CheckState::Info;
    }
    std::string text;
    for (const auto &[cause, count] : skipped)
        text += std::format("{} skipped because of {}; ", count, inLine(cause));
    if (facts)
        text += std::format("{} facts; ", facts);
    return text.empty() ? text : "\nNot shown: " + text + "--all shows them.\n";
}

} // namespace

std::string readinessText(const Readiness &readiness, std::string_view protection, bool all, int fd)
{
    std::string text =
        painted(fd, Colour::Bold, inLine(readiness.title.empty() ? readiness.host : readiness.title)) + "  " + inLine(readiness.lookedAt);
    if (!readiness.root.empty())
        text += ", files of " + inLine(readiness.root);
    text += ", " + timeText(readiness.time) + " UTC\n";
    if (readiness.emulated)
        text += painted(fd, Colour::Yellow, "EMULATED: proves the procedure, nothing about hardware") + "\n";
    std::size_t widest = 0;
    for (const auto &verdict : readiness.verdicts)
        widest = std::max(widest, columns(inLine(verdict.title)));
    for (const auto &verdict : readiness.verdicts) {
        if (!protection.empty() && verdict.protection != protection)
            continue;
        const std::string state(name(verdict.state)), lead = padded(inLine(verdict.title), widest) + "  ";
        // Painting comes last: colours have no width.
        std::string lines = paragraph(lead + padded(state, 9) + "  ", verdict.sentence);
        lines.replace(lead.size(), state.size(), painted(fd, colourOf(state), state));
        text += lines;
    }
    std::size_t titleWidth = 0;
    for (const auto &check : readiness.checks)
        if (isShown(check, all))
            titleWidth = std::max(titleWidth, 2 * reports::depthOf(readiness, check) + columns(inLine(check.title)));
    titleWidth = std::min(titleWidth, widestTitle);
    for (const auto &area : reports::areasOf(readiness)) {
        std::string lines;
        for (const auto &check : readiness.checks)
            if (check.area == area && isShown(check, all))
                lines += checkText(readiness, check, titleWidth, fd);
        if (!lines.empty())
            text += "\n" + painted(fd, Colour::Bold, inLine(area)) + "\n" + lines;
    }
    return text + (all ? std::string() : hiddenText(readiness));
}

} // namespace kastellan::keepctl
