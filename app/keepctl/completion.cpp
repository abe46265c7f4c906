// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/completion.h"

namespace kastellan::keepctl {

std::string_view wordsKind(Word word)
{
    switch (word) {
    case Word::Host:
        return "hosts";
    case Word::Keep:
        return "keeps";
    case Word::Record:
        return "records";
    case Word::Key:
        return "keys";
    case Word::Profile:
        return "profiles";
    default:
        return {};
    }
}

std::string joined(const std::vector<std::string_view> &choices)
{
    std::string text;
    for (std::string_view choice : choices)
        text += (text.empty() ? "" : " ") + std::string(choice);
    return text;
}

std::string shellQuoted(std::string_view text)
{
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'')
            result += "'\\''";
        else
            result += c;
    }
    return result + "'";
}

std::string fishQuoted(std::string_view text)
{
    std::string result = "'";
    for (const char c : text) {
        if (c == '\'' || c == '\\')
            result += '\\';
        result += c;
    }
    return result + "'";
}

} // namespace kastellan::keepctl
