// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/generate.h"

#include "app/keepctl/help.h"

namespace kastellan::keepctl {

namespace {

std::string cell(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '|' || c == '<' || c == '*' || c == '_' || c == '`')
            result += '\\';
        result += c;
    }
    return result;
}

std::string exitTable(const std::vector<Exit> &exits)
{
    std::string text = "| exit status | meaning |\n|---|---|\n";
    for (const Exit &exit : exits)
        text += "| " + std::to_string(exit.code) + " | " + cell(exit.meaning) + " |\n";
    return text;
}

std::string verbText(const Noun &noun, const Verb &verb)
{
    std::string text = "### `" + usageLine(noun, verb) + "`\n\n";
    for (std::string_view paragraph : verb.text)
        text += cell(paragraph) + "\n\n";
    if (!verb.operands.empty() || !verb.options.empty()) {
        text += "| | |\n|---|---|\n";
        for (const Operand &operand : verb.operands)
            text += "| `" + std::string(operand.name) + "` | " + cell(operand.help) + " |\n";
        for (const Option &option : verb.options)
            text += "| `" + optionLabel(option) + "` | " + cell(option.help) + " |\n";
        text += "\n";
    }
    if (!verb.examples.empty()) {
        text += "```\n";
        for (const Example &example : verb.examples)
            text += "# " + std::string(example.meaning) + "\n" + std::string(example.line) + "\n";
        text += "```\n\n";
    }
    return text;
}

} // namespace

Generated markdown()
{
    std::string text = "## Exit status\n\n" + exitTable(exits())
        + "\nA foreground `keepctl keep launch` exits with the workload's own status, or\n\n" + exitTable(launchExits())
        + "\n`keepctl emulate` exits with the program's own status, 128 and the number of the signal that ended it, or\n\n"
        + exitTable(emulateExits()) + "\n## Environment\n\n";
    for (const auto &[name, meaning] : environmentVariables())
        text += "- `" + std::string(name) + "`: " + cell(meaning) + "\n";
    text += "\n";
    for (const Noun &noun : nouns()) {
        text += "## keepctl " + std::string(noun.name) + ": " + cell(noun.summary) + "\n\n";
        for (std::string_view paragraph : noun.text)
            text += cell(paragraph) + "\n\n";
        for (const Verb &verb : noun.verbs)
            text += verbText(noun, verb);
    }
    text.pop_back();
    return {"command-line-reference.md", text};
}

Result<std::vector<Generated>> generate(const std::string &kind)
{
    if (kind == "man")
        return manPages();
    if (kind == "bash")
        return std::vector{bashCompletion()};
    if (kind == "zsh")
        return std::vector{zshCompletion()};
    if (kind == "fish")
        return std::vector{fishCompletion()};
    if (kind == "markdown")
        return std::vector{markdown()};
    return badInput("generate", "--generate " + kind, "there are man, bash, zsh, fish and markdown");
}

} // namespace kastellan::keepctl
