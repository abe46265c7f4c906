// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/qemu_options.h"

#include <nlohmann/json.hpp>

namespace kastellan::sev {

namespace {

using Json = nlohmann::json;

std::string textOf(const Json &value)
{
    if (value.is_string())
        return value.get<std::string>();
    if (value.is_boolean())
        return value.get<bool>() ? "on" : "off";
    return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Members of members as "file.filename".
void flatten(const Json &value, const std::string &prefix, unsigned depth, std::vector<std::pair<std::string, std::string>> &values)
{
    for (const auto &[key, member] : value.items()) {
        if (member.is_object() && depth < 8)
            flatten(member, prefix + key + ".", depth + 1, values);
        else
            values.emplace_back(prefix + key, textOf(member));
    }
}

/// Up to the next comma; a comma of the value itself is written twice.
std::string part(std::string_view text, std::size_t &at)
{
    std::string word;
    for (; at < text.size(); ++at) {
        if (text[at] == ',') {
            if (at + 1 >= text.size() || text[at + 1] != ',')
                break;
            ++at;
        }
        word += text[at];
    }
    if (at < text.size())
        ++at;
    return word;
}

/// Not deeper than anything QEMU takes: a parser's recursion is bounded.
bool tooDeep(std::string_view text)
{
    int depth = 0;
    for (const char c : text) {
        depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
        if (depth > 64)
            return true;
    }
    return false;
}

} // namespace

Result<QemuOptions> QemuOptions::parse(std::string_view text, std::string_view implied, std::string_view option)
{
    QemuOptions options;
    if (text.starts_with('{')) {
        const Json json = tooDeep(text) ? Json(Json::value_t::discarded) : Json::parse(text, nullptr, false);
        if (json.is_discarded() || !json.is_object())
            return badInput("read QEMU's command line", std::string(option), "its value begins like a JSON object and is none");
        flatten(json, {}, 0, options.m_values);
        return options;
    }
    bool first = true;
    for (std::size_t at = 0; at < text.size(); first = false) {
        const std::string word = part(text, at);
        const std::size_t equals = word.find('=');
        if (equals != std::string::npos)
            options.m_values.emplace_back(word.substr(0, equals), word.substr(equals + 1));
        else if (first && !implied.empty())
            options.m_values.emplace_back(std::string(implied), word);
        else if (word.starts_with("no") && word.size() > 2)
            options.m_values.emplace_back(word.substr(2), "off");
        else if (!word.empty())
            options.m_values.emplace_back(word, "on");
    }
    return options;
}

std::optional<std::string> QemuOptions::value(std::string_view key) const
{
    for (auto at = m_values.rbegin(); at != m_values.rend(); ++at)
        if (at->first == key)
            return at->second;
    return std::nullopt;
}

std::optional<bool> QemuOptions::flag(std::string_view key) const
{
    const auto text = value(key);
    if (!text)
        return std::nullopt;
    return *text == "on" || *text == "yes" || *text == "true" || *text == "y";
}

} // namespace kastellan::sev
