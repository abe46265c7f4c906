// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kastellan::workload {

/// "256 MiB", "64KiB", "512 B": bytes. Units B, KiB, MiB, GiB and kB, MB, GB; nullopt for anything else and for what does not fit.
[[nodiscard]] std::optional<std::uint64_t> parseSize(std::string_view text);
/// "90s", "15m", "2h", "1d": seconds; nullopt for anything else.
[[nodiscard]] std::optional<std::uint64_t> parseDuration(std::string_view text);
/// With the largest unit that leaves a whole number: "256 MiB". parseSize reads it back.
[[nodiscard]] std::string sizeText(std::uint64_t bytes);
/// With the largest unit that leaves a whole number: "15m". parseDuration reads it back.
[[nodiscard]] std::string durationText(std::uint64_t seconds);

} // namespace kastellan::workload
