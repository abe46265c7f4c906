// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>

namespace kastellan::sev {

/// JSON of anybody: nothing when it is none, or nests deeper than anything that libvirt and QEMU say to each other.
[[nodiscard]] inline std::optional<nlohmann::ordered_json> boundedJson(std::string_view text)
{
    int depth = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char c = text[at];
        if (quoted) {
            if (c == '\\')
                ++at;
            else if (c == '"')
                quoted = false;
            continue;
        }
        if (c == '"')
            quoted = true;
        else if (c == '{' || c == '[')
            ++depth;
        else if (c == '}' || c == ']')
            --depth;
        if (depth > 64)
            return std::nullopt;
    }
    auto json = nlohmann::ordered_json::parse(text, nullptr, false);
    if (json.is_discarded())
        return std::nullopt;
    return json;
}

/// As one line; bytes that are no UTF-8 are replaced.
[[nodiscard]] inline std::string oneLine(const nlohmann::ordered_json &json)
{
    return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

} // namespace kastellan::sev
