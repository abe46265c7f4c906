// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/completion.h"
#include "app/keepctl/generate.h"

namespace kastellan::keepctl {

namespace {

/// The arguments of `complete` that offer words of this kind.
std::string offer(Word word, const std::vector<std::string_view> &choices)
{
    switch (word) {
    case Word::Free:
        return " -x";
    case Word::File:
    case Word::Workload:
        return " -r -F";
    case Word::Folder:
        return " -x -a '(__fish_complete_directories)'";
    case Word::Choice:
        return " -x -a " + fishQuoted(joined(choices));
    default:
        return " -x -a '(keepctl --words " + std::string(wordsKind(word)) + " 2>/dev/null)'";
    }
}

std::string line(const std::string &condition, const std::string &rest)
{
    return "complete -c keepctl -n '" + condition + "'" + rest + "\n";
}

std::string verbLines(const Noun &noun, const Verb &verb)
{
    std::string at = "__keepctl_at " + std::string(noun.name);
    if (!verb.name.empty())
        at += " " + std::string(verb.name);
    std::string text = line(at, " -s h -l help -d 'Show help'");
    for (const Option &option : verb.options) {
        std::string rest = option.letter ? " -s " + std::string(1, option.letter) : "";
        rest += " -l " + std::string(option.name);
        if (!option.value.empty())
            rest += offer(option.word, option.choices);
        text += line(at, rest + " -d " + fishQuoted(option.help));
    }
    for (const Operand &operand : verb.operands) {
        if (operand.word == Word::File || operand.word == Word::Workload)
            text += line(at, " -F");
        else if (operand.word != Word::Free)
            text += line(at, offer(operand.word, {}));
    }
    return text;
}

constexpr std::string_view beginning = R"fish(# SPDX-License-Identifier: Apache-2.0
# Completion of keepctl for fish. Made by keepctl --generate fish; change the table of keepctl instead.

function __keepctl_given
    for word in (commandline -opc)[2..-1]
        string match -q -- '-*' $word; or echo $word
    end
end

# The first words are these, and more may follow.
function __keepctl_at
    set -l given (__keepctl_given)
    test (count $given) -ge (count $argv); or return 1
    set -l first $given[1..(count $argv)]
    test "$first" = "$argv"
end

# These words, and nothing yet after them.
function __keepctl_exactly
    set -l given (__keepctl_given)
    test "$given" = "$argv"
end

complete -c keepctl -f
)fish";

} // namespace

Generated fishCompletion()
{
    std::string text(beginning);
    text += line("__keepctl_exactly", " -s h -l help -d 'Show help'") + line("__keepctl_exactly", " -l version -d 'Print the version'")
        + line("__keepctl_exactly", " -a help -d 'Show help'");
    for (const Noun &noun : nouns())
        text += line("__keepctl_exactly", " -a " + std::string(noun.name) + " -d " + fishQuoted(noun.summary));
    for (const Noun &noun : nouns()) {
        for (const Verb &verb : noun.verbs) {
            if (!verb.name.empty())
                text += line(
                    "__keepctl_exactly " + std::string(noun.name), " -a " + std::string(verb.name) + " -d " + fishQuoted(verb.summary));
            text += verbLines(noun, verb);
        }
    }
    return {"keepctl.fish", text};
}

} // namespace kastellan::keepctl
