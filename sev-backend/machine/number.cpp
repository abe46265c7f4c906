// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/number.h"

#include <charconv>

namespace kastellan::sev {

std::optional<std::uint64_t> numberFrom(std::string_view text)
{
    int base = 10;
    if (text.size() > 2 && text[0] == '0') {
        const char kind = static_cast<char>(text[1] | 0x20);
        base = kind == 'x' ? 16 : kind == 'o' ? 8 : kind == 'b' ? 2 : 10;
        if (base != 10)
            text.remove_prefix(2);
    }
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return number;
}

Result<std::uint64_t> parseNumber(std::string_view text, std::string_view where, std::uint64_t most)
{
    const auto number = numberFrom(text);
    if (!number || *number > most)
        return badInput("understand a number", std::string(where) + " " + std::string(text),
            "it is not a whole number from 0 to " + std::to_string(most) + " (0x for hexadecimal)");
    return *number;
}

Result<Bytes> parseBytes(std::string_view text, std::size_t size, std::string_view where)
{
    if (auto bytes = fromHex(text); bytes && bytes->size() == size)
        return bytes;
    if (auto bytes = fromBase64(text); bytes && bytes->size() == size)
        return bytes;
    return badInput("understand " + std::string(where), text.size() > 120 ? std::string(text.substr(0, 120)) + "…" : std::string(text),
        "it is neither " + std::to_string(2 * size) + " hex digits nor base64 of " + std::to_string(size) + " bytes");
}

} // namespace kastellan::sev
