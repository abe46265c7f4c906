// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/help.h"

#include <algorithm>

namespace kastellan::keepctl {

namespace {

using Row = std::pair<std::string, std::string>;

/// Two columns: labels that are too long for the first get a line of their own.
std::string columns(const std::vector<Row> &rows)
{
    constexpr std::size_t widest = 28;
    std::size_t width = 0;
    for (const Row &row : rows)
        if (row.first.size() <= widest)
            width = std::max(width, row.first.size());
    std::string text;
    for (const Row &row : rows) {
        text += "  " + row.first;
        if (row.first.size() > width)
            text += "\n" + std::string(width + 4, ' ');
        else
            text += std::string(width - row.first.size() + 2, ' ');
        text += wrap(row.second, width + 4) + "\n";
    }
    return text;
}

std::string exitRows(const std::vector<Exit> &exits)
{
    std::vector<Row> rows;
    for (const Exit &exit : exits)
        rows.emplace_back(std::to_string(exit.code), exit.meaning);
    return columns(rows);
}

} // namespace

std::string wrap(std::string_view text, std::size_t indent, std::size_t width)
{
    std::string result;
    std::size_t column = indent;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t end = std::min(text.find(' ', at), text.size());
        const std::string_view word = text.substr(at, end - at);
        if (!result.empty()) {
            if (column + 1 + word.size() > width) {
                result += "\n" + std::string(indent, ' ');
                column = indent;
            } else {
                result += ' ';
                ++column;
            }
        }
        result += word;
        column += word.size();
        at = end + 1;
    }
    return result;
}

std::string optionLabel(const Option &option)
{
    std::string label = option.letter ? "-" + std::string(1, option.letter) + ", --" : "--";
    label += option.name;
    if (!option.value.empty())
        label += " " + std::string(option.value);
    return label;
}

std::string usageLine(const Noun &noun, const Verb &verb)
{
    std::string line = commandName(noun, verb);
    if (!verb.options.empty())
        line += " [OPTION]...";
    for (const Operand &operand : verb.operands)
        line +=
            (operand.optional ? " [" : " ") + std::string(operand.name) + (operand.repeats ? "..." : "") + (operand.optional ? "]" : "");
    return line;
}

std::string helpText()
{
    std::string text = "usage: keepctl AREA VERB [OPTION]... [WORD]...\n\n";
    text += wrap("Launches workloads in keeps, proves what runs in them, and keeps the evidence. What is emulated says so: it proves the "
                 "procedure, nothing about hardware.",
                0)
        + "\n\nAreas:\n";
    std::vector<Row> rows;
    for (const Noun &noun : nouns()) {
        std::string verbs;
        for (const Verb &verb : noun.verbs)
            if (!verb.name.empty())
                verbs += (verbs.empty() ? ": " : ", ") + std::string(verb.name);
        rows.emplace_back(noun.name, std::string(noun.summary) + verbs);
    }
    text += columns(rows);
    text +=
        "\nOptions:\n" + columns({{"-h, --help", "Show this help; after an area or a verb, theirs"}, {"--version", "Print the version"}});
    text += "\nExit status:\n" + exitRows(exits());
    text += "A foreground 'keep launch' exits with the workload's own status, or one that its help lists.\n";
    rows.clear();
    for (const auto &[name, meaning] : environmentVariables())
        rows.emplace_back(name, meaning);
    text += "\nEnvironment:\n" + columns(rows);
    return text;
}

std::string helpText(const Noun &noun)
{
    std::string text;
    if (noun.verbs.size() == 1 && noun.verbs.front().name.empty())
        return helpText(noun, noun.verbs.front());
    text = "usage: keepctl " + std::string(noun.name) + " VERB [OPTION]... [WORD]...\n\n";
    for (std::string_view paragraph : noun.text)
        text += wrap(paragraph, 0) + "\n\n";
    text += "Verbs:\n";
    std::vector<Row> rows;
    for (const Verb &verb : noun.verbs)
        rows.emplace_back(verb.name, verb.summary);
    text += columns(rows);
    return text + "\n'keepctl " + std::string(noun.name) + " VERB --help' tells more.\n";
}

std::string helpText(const Noun &noun, const Verb &verb)
{
    std::string text = "usage: " + usageLine(noun, verb) + "\n\n";
    for (std::string_view paragraph : verb.text)
        text += wrap(paragraph, 0) + "\n\n";
    std::vector<Row> rows;
    for (const Operand &operand : verb.operands)
        rows.emplace_back(operand.name, operand.help);
    if (!rows.empty())
        text += columns(rows) + "\n";
    rows.clear();
    for (const Option &option : verb.options)
        rows.emplace_back(optionLabel(option), option.help);
    rows.emplace_back("-h, --help", "Show this help");
    text += "Options:\n" + columns(rows);
    if (verb.command == Command::KeepLaunch)
        text += "\nExit status: the workload's own, or\n" + exitRows(launchExits()) + "With --detach as of the other commands:\n"
            + exitRows(exits());
    if (verb.command == Command::Emulate)
        text += "\nExit status: the program's own, 128 and the number of the signal that ended it, or\n" + exitRows(emulateExits());
    if (!verb.examples.empty())
        text += "\nExamples:\n";
    for (const Example &example : verb.examples)
        text += "  " + std::string(example.line) + "\n      " + std::string(example.meaning) + "\n";
    return text;
}

} // namespace kastellan::keepctl
