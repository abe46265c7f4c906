// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/completion.h"
#include "app/keepctl/generate.h"

namespace kastellan::keepctl {

namespace {

/// The shell command that completes a word of this kind.
std::string offer(Word word, const std::vector<std::string_view> &choices)
{
    switch (word) {
    case Word::Free:
        return "return";
    case Word::File:
    case Word::Workload:
        return "_keepctl_files -f";
    case Word::Folder:
        return "_keepctl_files -d";
    case Word::Choice:
        return "_keepctl_offer '" + joined(choices) + "'";
    default:
        return "_keepctl_ids " + std::string(wordsKind(word));
    }
}

std::string verbCase(const Noun &noun, const Verb &verb)
{
    std::string values, names = "--help";
    for (const Option &option : verb.options) {
        names += " --" + std::string(option.name);
        if (option.value.empty())
            continue;
        values += "                --" + std::string(option.name) + (option.letter ? " | -" + std::string(1, option.letter) : "") + ") "
            + (option.word == Word::Free ? "" : offer(option.word, option.choices) + "; ") + "return ;;\n";
    }
    std::string text = "        '" + std::string(noun.name) + " " + std::string(verb.name) + "')\n";
    if (!values.empty())
        text += "            case $previous in\n" + values + "            esac\n";
    text += "            if [[ $current == -* ]]; then _keepctl_offer '" + names + "'";
    if (!verb.operands.empty())
        text += "; else " + offer(verb.operands.front().word, {});
    return text + "; fi\n            ;;\n";
}

constexpr std::string_view beginning = R"bash(# SPDX-License-Identifier: Apache-2.0
# Completion of keepctl for bash. Made by keepctl --generate bash; change the table of keepctl instead.

_keepctl_offer() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current"); }

_keepctl_ids() { _keepctl_offer "$(keepctl --words "$1" 2>/dev/null | cut -f 1)"; }

_keepctl_files() {
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen "$1" -- "$current")
}

_keepctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} area='' verb='' i
    COMPREPLY=()
    # bash breaks --option=value into three words
    if [[ $current == '=' ]]; then
        current=''
    elif [[ $previous == '=' ]] && ((COMP_CWORD > 2)); then
        previous=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    for ((i = 1; i < COMP_CWORD; i++)); do
        if [[ ${COMP_WORDS[i]} == -* ]]; then
            continue
        elif [[ -z $area ]]; then
            area=${COMP_WORDS[i]}
        elif [[ -z $verb ]]; then
            verb=${COMP_WORDS[i]}
        fi
    done
)bash";

} // namespace

Generated bashCompletion()
{
    std::string text(beginning), areas = "--help --version help", single, cases;
    for (const Noun &noun : nouns()) {
        areas += " " + std::string(noun.name);
        if (noun.verbs.front().name.empty()) {
            single += (single.empty() ? "" : " | ") + std::string(noun.name);
            cases += verbCase(noun, noun.verbs.front());
            continue;
        }
        std::string verbs = "--help";
        for (const Verb &verb : noun.verbs)
            verbs += " " + std::string(verb.name);
        cases += "        '" + std::string(noun.name) + " ') _keepctl_offer '" + verbs + "' ;;\n";
        for (const Verb &verb : noun.verbs)
            cases += verbCase(noun, verb);
    }
    if (!single.empty())
        text += "    case $area in " + single + ") verb='' ;; esac\n";
    text += "    case \"$area $verb\" in\n        ' ') _keepctl_offer '" + areas + "' ;;\n" + cases
        + "    esac\n}\n\ncomplete -F _keepctl keepctl\n";
    return {"keepctl", text};
}

} // namespace kastellan::keepctl
