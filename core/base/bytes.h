// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// A fixed number of bytes whose meaning is part of its type, so that a chip id cannot be passed for a digest.
template <typename Tag, std::size_t Size>
struct FixedBytes {
    static constexpr std::size_t size = Size;
    std::array<std::uint8_t, Size> bytes{};

    /// Copies exactly `Size` bytes; any other length is an Input error naming `what`.
    [[nodiscard]] static Result<FixedBytes> from(ByteView view, std::string_view what)
    {
        if (view.size() != Size)
            return badInput(
                "read " + std::string(what), {}, "it has " + std::to_string(view.size()) + " bytes, and needs " + std::to_string(Size));
        FixedBytes value;
        std::memcpy(value.bytes.data(), view.data(), Size);
        return value;
    }
    [[nodiscard]] ByteView view() const { return bytes; }
    [[nodiscard]] bool isZero() const
    {
        for (auto byte : bytes)
            if (byte)
                return false;
        return true;
    }
    auto operator<=>(const FixedBytes &) const = default;
};

/// SHA-256 of anything.
using Sha256 = FixedBytes<struct Sha256Tag, 32>;
/// SHA-384 of anything.
using Sha384 = FixedBytes<struct Sha384Tag, 48>;
/// SHA-512 of anything.
using Sha512 = FixedBytes<struct Sha512Tag, 64>;
/// What the firmware measured at launch: 48 bytes for SNP.
using LaunchDigest = FixedBytes<struct LaunchDigestTag, 48>;
/// The 64 bytes that a report binds.
using ReportData = FixedBytes<struct ReportDataTag, 64>;
/// The 32 bytes that the launcher binds into a keep (SNP HOST_DATA).
using HostData = FixedBytes<struct HostDataTag, 32>;
/// A keep's identity, made at random when it is planned; written as 32 lower-case hex digits.
using KeepId = FixedBytes<struct KeepIdTag, 16>;

[[nodiscard]] inline ByteView asBytes(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t *>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view asText(ByteView view)
{
    return {reinterpret_cast<const char *>(view.data()), view.size()};
}
[[nodiscard]] inline Bytes toBytes(ByteView view)
{
    return Bytes(view.begin(), view.end());
}
[[nodiscard]] inline Bytes toBytes(std::string_view text)
{
    return toBytes(asBytes(text));
}

/// Lower-case hex, no separators.
[[nodiscard]] std::string toHex(ByteView view);
/// Hex of either case, white space and a leading 0x allowed; odd length or another character is an Input error with its position.
[[nodiscard]] Result<Bytes> fromHex(std::string_view text);
/// Standard base64 with padding, one line.
[[nodiscard]] std::string toBase64(ByteView view);
/// Standard base64; white space allowed, anything else is an Input error with its position.
[[nodiscard]] Result<Bytes> fromBase64(std::string_view text);
/// Whether two views are equal, in time that depends on their lengths alone.
[[nodiscard]] bool equalConstantTime(ByteView a, ByteView b);

/// Little-endian numbers at an offset. The caller has checked the bounds.
template <typename T>
[[nodiscard]] T loadLe(ByteView view, std::size_t offset)
{
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value | (static_cast<T>(view[offset + i]) << (8 * i)));
    return value;
}
template <typename T>
void storeLe(std::span<std::uint8_t> target, std::size_t offset, T value)
{
    for (std::size_t i = 0; i < sizeof(T); ++i)
        target[offset + i] = static_cast<std::uint8_t>(value >> (8 * i));
}

} // namespace kastellan
