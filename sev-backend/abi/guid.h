// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <string_view>
#include <utility>

namespace kastellan::sev {

/// A GUID as its 16 bytes stand in memory.
using Guid = FixedBytes<struct GuidTag, 16>;

namespace detail {
consteval std::uint8_t nibble(char c)
{
    return static_cast<std::uint8_t>(c >= 'a' ? c - 'a' + 10 : c - '0');
}
consteval Guid parseGuid(std::string_view text, bool little)
{
    Guid guid;
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < text.size() && at < 16; ++i) {
        if (text[i] == '-')
            continue;
        guid.bytes[at++] = static_cast<std::uint8_t>(nibble(text[i]) << 4 | nibble(text[i + 1]));
        ++i;
    }
    if (little) {
        const auto swap = [&](std::size_t a, std::size_t b) { std::swap(guid.bytes[a], guid.bytes[b]); };
        swap(0, 3), swap(1, 2), swap(4, 5), swap(6, 7);
    }
    return guid;
}
} // namespace detail

/// The byte order of UEFI and QEMU: the first three groups are little-endian numbers.
consteval Guid guidLe(std::string_view text)
{
    return detail::parseGuid(text, true);
}
/// The byte order of RFC 4122, which the GHCB certificate table uses.
consteval Guid guidBe(std::string_view text)
{
    return detail::parseGuid(text, false);
}

/// The text of a GUID whose bytes are in the order of RFC 4122: "63da758d-e664-4564-adc5-f4b93be8accd".
[[nodiscard]] inline std::string guidTextBe(const Guid &guid)
{
    std::string text = toHex(guid.view());
    for (const std::size_t at : {20u, 16u, 12u, 8u})
        text.insert(at, 1, '-');
    return text;
}

} // namespace kastellan::sev
