// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace kastellan {

/// The text without the spaces, tabs and line ends around it; a view of the same characters.
[[nodiscard]] inline std::string_view trimmed(std::string_view text)
{
    constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(space) - first + 1);
}

/// The texts one behind the other, with `between` between each two.
template <typename Texts>
[[nodiscard]] std::string joined(const Texts &texts, std::string_view between = ", ")
{
    std::string all;
    bool first = true;
    for (const auto &text : texts) {
        if (!first)
            all += between;
        first = false;
        all += text;
    }
    return all;
}

} // namespace kastellan
