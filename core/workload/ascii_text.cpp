// SPDX-License-Identifier: Apache-2.0
#include "core/workload/ascii_text.h"

#include "core/base/digest.h"

#include <algorithm>
#include <array>

namespace kastellan::workload {
namespace {

bool isForeign(char c)
{
    return static_cast<unsigned char>(c) >= 0x80;
}

/// Random, for a text may spell one that it knows beforehand by escapes.
std::string newMark()
{
    std::array<std::uint8_t, 8> number{};
    randomBytes(number);
    return "~" + toHex(number) + "~";
}

} // namespace

AsciiText::AsciiText(std::string_view text)
{
    if (std::ranges::none_of(text, isForeign)) {
        m_text = text;
        return;
    }
    do
        m_mark = newMark();
    while (text.contains(m_mark));
    while (!text.empty()) {
        const auto begin = std::ranges::find_if(text, isForeign), end = std::find_if_not(begin, text.end(), isForeign);
        m_text.append(text.begin(), begin);
        if (begin != end)
            m_text += m_mark + toHex(asBytes({begin, end})) + "~";
        text = {end, text.end()};
    }
}

std::string AsciiText::original(std::string_view piece) const
{
    std::string text;
    while (!m_mark.empty()) {
        const std::size_t at = piece.find(m_mark), digits = at + m_mark.size();
        const std::size_t end = at == std::string_view::npos ? at : piece.find('~', digits);
        if (end == std::string_view::npos)
            break;
        text += piece.substr(0, at);
        if (const auto bytes = fromHex(piece.substr(digits, end - digits)))
            text += asText(*bytes);
        piece.remove_prefix(end + 1);
    }
    return text.append(piece);
}

} // namespace kastellan::workload
