// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/generate.h"
#include "app/keepctl/help.h"

namespace kastellan::keepctl {

namespace {

/// Text for roff: backslashes, hyphens that must stay hyphens, and characters that mean something at the beginning of a line.
std::string escaped(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '\\')
            result += "\\e";
        else if (c == '-')
            result += "\\-";
        else if (c == '~')
            result += "\\(ti";
        else if (c == '^')
            result += "\\(ha";
        else if (c == '\'')
            result += "\\(aq";
        else if (c == '`')
            result += "\\(ga";
        else
            result += c;
    }
    if (result.starts_with('.'))
        result.insert(0, "\\&");
    return result;
}

std::string bold(std::string_view text)
{
    return "\\fB" + escaped(text) + "\\fR";
}
std::string italic(std::string_view text)
{
    return "\\fI" + escaped(text) + "\\fR";
}

std::string header(std::string_view name, std::string_view summary)
{
    std::string upper;
    for (const char c : name)
        upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return ".\\\" SPDX-License-Identifier: Apache-2.0\n.\\\" Made by keepctl --generate man; change the table of keepctl instead.\n.TH "
        + escaped(upper) + " 1 \"\" \"Kastellan " KASTELLAN_VERSION "\" \"Kastellan\"\n.SH NAME\n" + escaped(name) + " \\- "
        + escaped(summary) + "\n";
}

std::string paragraphs(const std::vector<std::string_view> &text)
{
    std::string result;
    for (std::string_view paragraph : text)
        result += ".PP\n" + escaped(paragraph) + "\n";
    return result;
}

std::string item(const std::string &label, std::string_view help)
{
    return ".TP\n" + label + "\n" + escaped(help) + ".\n";
}

std::string optionItem(const Option &option)
{
    std::string label = option.letter ? bold("-" + std::string(1, option.letter)) + ", " : "";
    label += bold("--" + std::string(option.name));
    if (!option.value.empty())
        label += " " + italic(option.value);
    return item(label, option.help);
}

std::string exitItems(const std::vector<Exit> &exits)
{
    std::string text;
    for (const Exit &exit : exits)
        text += item(bold(std::to_string(exit.code)), exit.meaning);
    return text;
}

std::string exitSection()
{
    return ".SH EXIT STATUS\n" + exitItems(exits())
        + ".PP\nA foreground\n.B keepctl keep launch\nexits with the status of the workload, or\n" + exitItems(launchExits())
        + ".PP\n.B keepctl emulate\nexits with the status of the program, or\n" + exitItems(emulateExits());
}

std::string environmentSection()
{
    std::string text = ".SH ENVIRONMENT\n";
    for (const auto &[name, meaning] : environmentVariables())
        text += item(bold(name), meaning);
    return text;
}

std::string verbSection(const Noun &noun, const Verb &verb)
{
    std::string text = ".SS " + escaped(commandName(noun, verb)) + "\n" + bold(commandName(noun, verb));
    if (!verb.options.empty())
        text += " [" + italic("OPTION") + "]...";
    for (const Operand &operand : verb.operands)
        text += (operand.optional ? " [" : " ") + italic(operand.name) + (operand.repeats ? "..." : "") + (operand.optional ? "]" : "");
    text += "\n" + paragraphs(verb.text);
    for (const Operand &operand : verb.operands)
        text += item(italic(operand.name), operand.help);
    for (const Option &option : verb.options)
        text += optionItem(option);
    for (const Example &example : verb.examples)
        text +=
            ".PP\n" + escaped("Example: ") + escaped(example.meaning) + "\n.PP\n.in +4n\n.EX\n" + escaped(example.line) + "\n.EE\n.in\n";
    return text;
}

Generated nounPage(const Noun &noun)
{
    const std::string name = "keepctl-" + std::string(noun.name);
    std::string text = header(name, noun.summary) + ".SH SYNOPSIS\n";
    for (const Verb &verb : noun.verbs) {
        text += bold(commandName(noun, verb));
        if (!verb.options.empty())
            text += " [" + italic("OPTION") + "]...";
        for (const Operand &operand : verb.operands)
            text += (operand.optional ? " [" : " ") + italic(operand.name) + (operand.repeats ? "..." : "") + (operand.optional ? "]" : "");
        text += "\n.br\n";
    }
    text += ".SH DESCRIPTION\n" + paragraphs(noun.text) + ".SH COMMANDS\n";
    for (const Verb &verb : noun.verbs)
        text += verbSection(noun, verb);
    text += exitSection() + environmentSection() + ".SH SEE ALSO\n.BR keepctl (1)\n";
    return {name + ".1", text};
}

} // namespace

std::vector<Generated> manPages()
{
    std::string text = header("keepctl", "launch workloads in keeps and prove what runs in them");
    text += ".SH SYNOPSIS\n" + bold("keepctl") + " " + italic("AREA") + " " + italic("VERB") + " [" + italic("OPTION") + "]... ["
        + italic("WORD") + "]...\n.SH DESCRIPTION\n";
    text +=
        paragraphs({"A keep is an instance protected by a trusted execution environment, with one workload in it. keepctl launches keeps, "
                    "appraises their evidence, shows why a verdict came out as it did, and keeps every record.",
            "What is emulated says so wherever it is shown: it proves the procedure, nothing about hardware.",
            "Keeps and records may be named by their id, by the unique beginning of it, or by a keep's name."});
    text += ".SH AREAS\n";
    for (const Noun &noun : nouns())
        text +=
            item(bold("keepctl " + std::string(noun.name)), std::string(noun.summary) + "; see keepctl-" + std::string(noun.name) + "(1)");
    text += ".SH OPTIONS\n" + item(bold("-h") + ", " + bold("--help"), "Show help: of keepctl, of an area, of a verb")
        + item(bold("--version"), "Print the version");
    text += exitSection() + environmentSection() + ".SH SEE ALSO\n";
    for (std::size_t i = 0; i < nouns().size(); ++i)
        text += ".BR keepctl\\-" + std::string(nouns()[i].name) + " (1)" + (i + 1 < nouns().size() ? "," : "") + "\n";
    std::vector<Generated> pages{{"keepctl.1", text}};
    for (const Noun &noun : nouns())
        pages.push_back(nounPage(noun));
    return pages;
}

} // namespace kastellan::keepctl
