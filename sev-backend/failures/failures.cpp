// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/failures/failures.h"

#include "sev-backend/failures/rows.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr std::size_t mostExplained = 8, mostSaid = 400, mostLogLines = 20;

std::string lower(std::string_view text)
{
    std::string small(text);
    for (char &c : small)
        if (c >= 'A' && c <= 'Z')
            c = static_cast<char>(c - 'A' + 'a');
    return small;
}

/// Every fragment is in the line, each behind the one before: one pass over the line for each alternative.
bool matches(std::string_view line, std::string_view pattern)
{
    while (!pattern.empty()) {
        const auto bar = pattern.find('|');
        std::string_view fragments = pattern.substr(0, bar);
        pattern = bar == std::string_view::npos ? std::string_view() : pattern.substr(bar + 1);
        std::size_t at = 0;
        bool all = !fragments.empty();
        while (all && !fragments.empty()) {
            const auto star = fragments.find('*');
            const std::string_view fragment = fragments.substr(0, star);
            fragments = star == std::string_view::npos ? std::string_view() : fragments.substr(star + 1);
            at = line.find(fragment, at);
            all = at != std::string_view::npos;
            at += fragment.size();
        }
        if (all)
            return true;
    }
    return false;
}

/// The lines of the end of a text, each cut to what is looked at; those without a letter are left out.
std::vector<std::string_view> linesOf(std::string_view text)
{
    if (text.size() > failureTextLimit)
        text.remove_prefix(text.size() - failureTextLimit);
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, std::min(end, failureLineLimit));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.size() > 3)
            lines.push_back(line);
    }
    return lines;
}

std::string said(std::string_view line)
{
    const auto first = line.find_first_not_of(" \t\r");
    line.remove_prefix(std::min(first, line.size()));
    return std::string(line.substr(0, mostSaid));
}

Explained explain(const FailureRow &row, std::string_view line)
{
    Explained found{std::string(row.id), std::string(row.what), std::string(row.why) + numbersIn(line), std::string(row.remedy),
        std::string(row.source), said(line)};
    if (const std::string firmware = numbersRemedy(line); !firmware.empty())
        found.remedy += (found.remedy.empty() ? "" : " ") + firmware;
    return found;
}

} // namespace

std::span<const FailureRow> failureTable()
{
    static const std::vector<FailureRow> table = [] {
        std::vector<FailureRow> all;
        for (const auto part : {launchRows(), platformRows(), machineRows(), connectionRows()})
            all.insert(all.end(), part.begin(), part.end());
        // What only says that the firmware refused something is the last resort.
        std::ranges::stable_partition(all, [](const FailureRow &row) { return row.id != "launch.firmware"; });
        return all;
    }();
    return table;
}

std::vector<Explained> explainFailures(std::string_view text)
{
    std::vector<Explained> found;
    const auto lines = linesOf(text);
    std::vector<std::string> small;
    small.reserve(lines.size());
    for (const auto line : lines)
        small.push_back(lower(line));
    for (const FailureRow &row : failureTable()) {
        // The last line is the newest: of a log that holds several launches, that one is meant.
        const auto last = std::find_if(small.rbegin(), small.rend(), [&](const std::string &line) { return matches(line, row.pattern); });
        if (last == small.rend())
            continue;
        const std::string_view line = lines[static_cast<std::size_t>(std::distance(last, small.rend())) - 1];
        if (row.id == "launch.firmware" && !found.empty())
            continue;
        found.push_back(explain(row, line));
        if (found.size() == mostExplained)
            break;
    }
    return found;
}

std::optional<Explained> explainFailure(std::string_view text)
{
    auto all = explainFailures(text);
    return all.empty() ? std::nullopt : std::optional(std::move(all.front()));
}

Error explained(Error error, std::string_view log)
{
    auto found = explainFailure(error.why);
    if (!found)
        found = explainFailure(log);
    auto lines = linesOf(log);
    // libvirt writes QEMU's command line there first, a line for each option: it is long, and tells nothing of a failure.
    std::erase_if(
        lines, [](std::string_view line) { return line.ends_with('\\') || line.contains("TCG doesn't support requested feature"); });
    std::string tail;
    for (std::size_t i = lines.size() > mostLogLines ? lines.size() - mostLogLines : 0; i < lines.size(); ++i)
        tail += "\n    " + std::string(lines[i]);
    if (!found) {
        if (!tail.empty())
            error.remedy += std::string(error.remedy.empty() ? "" : "\n") + "The last lines of the log:" + tail;
        return error;
    }
    std::string below = found->remedy;
    below += "\nIn its own words: " + error.why;
    if (!error.remedy.empty())
        below += "\n" + error.remedy;
    if (!tail.empty())
        below += "\nThe last lines of the log:" + tail;
    below += "\nSee " + found->source + " [" + found->id + "].";
    error.why = found->what + ": " + found->why;
    error.remedy = std::move(below);
    return error;
}

} // namespace kastellan::sev
