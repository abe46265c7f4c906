// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>

namespace kastellan::sev {

/// A whole number: decimal, 0x hexadecimal, 0o octal or 0b binary, as the tools of this area take them. Nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> numberFrom(std::string_view text);
/// The same, at most `most`; else an Input error that names `where`.
[[nodiscard]] Result<std::uint64_t> parseNumber(std::string_view text, std::string_view where, std::uint64_t most = ~std::uint64_t{0});
/// Bytes of exactly `size` from hex or base64, whichever fits; else an Input error that names `where`.
[[nodiscard]] Result<Bytes> parseBytes(std::string_view text, std::size_t size, std::string_view where);

} // namespace kastellan::sev
