// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/completion.h"
#include "app/keepctl/generate.h"

namespace kastellan::keepctl {

namespace {

/// Text inside a specification of _arguments or _describe.
std::string spec(std::string_view text)
{
    std::string result;
    for (const char c : text) {
        if (c == '[' || c == ']' || c == ':' || c == '\\')
            result += '\\';
        result += c;
    }
    return result;
}

std::string action(Word word, const std::vector<std::string_view> &choices)
{
    switch (word) {
    case Word::Free:
        return " ";
    case Word::File:
    case Word::Workload:
        return "_files";
    case Word::Folder:
        return "_files -/";
    case Word::Choice:
        return "(" + joined(choices) + ")";
    default:
        return "{_keepctl_words " + std::string(wordsKind(word)) + "}";
    }
}

std::string optionSpec(const Option &option)
{
    const std::string name = "--" + std::string(option.name);
    const std::string value = option.value.empty() ? "" : ":" + spec(option.value) + ":" + action(option.word, option.choices);
    const std::string rest = "[" + spec(option.help) + "]" + value;
    const std::string equals = option.value.empty() ? "" : "=";
    if (!option.letter)
        return shellQuoted((option.repeats ? "*" : "") + name + equals + rest);
    const std::string letter = "-" + std::string(1, option.letter);
    const std::string braces = "{" + letter + (option.value.empty() ? "" : "+") + "," + name + equals + "}";
    if (option.repeats)
        return "'*'" + braces + shellQuoted(rest);
    return shellQuoted("(" + letter + " " + name + ")") + braces + shellQuoted(rest);
}

std::string arguments(const Verb &verb, const std::string &indent)
{
    const std::string next = " \\\n" + indent + "    ";
    std::string text = indent + "_arguments -s -S" + next + "'(- *)'{-h,--help}'[show help]'";
    for (const Option &option : verb.options)
        text += next + optionSpec(option);
    for (std::size_t i = 0; i < verb.operands.size(); ++i) {
        const Operand &operand = verb.operands[i];
        text +=
            next + shellQuoted((operand.repeats ? "*" : std::to_string(i + 1)) + ":" + spec(operand.name) + ":" + action(operand.word, {}));
    }
    return text + "\n";
}

std::string described(std::string_view name, std::string_view help)
{
    return " " + shellQuoted(spec(name) + ":" + spec(help));
}

constexpr std::string_view beginning = R"zsh(#compdef keepctl
# SPDX-License-Identifier: Apache-2.0
# Completion of keepctl for zsh. Made by keepctl --generate zsh; change the table of keepctl instead.

_keepctl_words() {
    local -a found
    found=(${(f)"$(_call_program words keepctl --words $1 2>/dev/null)"})
    found=(${found//:/\\:})
    found=(${found/$'\t'/:})
    _describe -t $1 $1 found
}

_keepctl() {
    local -a known
)zsh";

} // namespace

Generated zshCompletion()
{
    std::string text(beginning);
    text += "    if ((CURRENT == 2)); then\n        known=('--help:show help' '--version:print the version' 'help:show help'";
    for (const Noun &noun : nouns())
        text += described(noun.name, noun.summary);
    text += ")\n        _describe -t areas area known\n        return\n    fi\n    case $words[2] in\n";
    for (const Noun &noun : nouns()) {
        text += "        " + std::string(noun.name) + ")\n";
        if (noun.verbs.front().name.empty()) {
            text += "            words=(keepctl \"${(@)words[3,-1]}\")\n            ((CURRENT -= 1))\n"
                + arguments(noun.verbs.front(), "            ") + "            ;;\n";
            continue;
        }
        text += "            if ((CURRENT == 3)); then\n                known=(";
        for (const Verb &verb : noun.verbs)
            text += described(verb.name, verb.summary);
        text +=
            ")\n                _describe -t verbs verb known\n                return\n            fi\n            local verb=$words[3]\n"
            "            words=(keepctl \"${(@)words[4,-1]}\")\n            ((CURRENT -= 2))\n            case $verb in\n";
        for (const Verb &verb : noun.verbs)
            text +=
                "                " + std::string(verb.name) + ")\n" + arguments(verb, "                    ") + "                    ;;\n";
        text += "            esac\n            ;;\n";
    }
    text += "    esac\n}\n\n_keepctl \"$@\"\n";
    return {"_keepctl", text};
}

} // namespace kastellan::keepctl
