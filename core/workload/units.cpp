// SPDX-License-Identifier: Apache-2.0
#include "core/workload/units.h"

#include <array>
#include <charconv>
#include <limits>

namespace kastellan::workload {
namespace {

struct Unit {
    std::string_view name;
    std::uint64_t factor;
};
constexpr std::array sizeUnits{Unit{"GiB", 1ull << 30}, Unit{"MiB", 1ull << 20}, Unit{"KiB", 1ull << 10}, Unit{"B", 1},
    Unit{"GB", 1'000'000'000}, Unit{"MB", 1'000'000}, Unit{"kB", 1'000}};
constexpr std::array timeUnits{Unit{"d", 86'400}, Unit{"h", 3'600}, Unit{"m", 60}, Unit{"s", 1}};

template <std::size_t Count>
std::optional<std::uint64_t> parse(std::string_view text, const std::array<Unit, Count> &units)
{
    std::uint64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{})
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with(' '))
        text.remove_prefix(1);
    for (const auto &unit : units)
        if (text == unit.name)
            return number > std::numeric_limits<std::uint64_t>::max() / unit.factor ? std::nullopt : std::optional(number * unit.factor);
    return std::nullopt;
}

} // namespace

std::optional<std::uint64_t> parseSize(std::string_view text)
{
    return parse(text, sizeUnits);
}

std::optional<std::uint64_t> parseDuration(std::string_view text)
{
    return parse(text, timeUnits);
}

std::string sizeText(std::uint64_t bytes)
{
    for (const auto &unit : sizeUnits)
        if (bytes % unit.factor == 0 && (bytes != 0 || unit.factor == 1))
            return std::to_string(bytes / unit.factor) + " " + std::string(unit.name);
    return {};
}

std::string durationText(std::uint64_t seconds)
{
    for (const auto &unit : timeUnits)
        if (seconds % unit.factor == 0 && (seconds != 0 || unit.factor == 1))
            return std::to_string(seconds / unit.factor) + std::string(unit.name);
    return {};
}

} // namespace kastellan::workload
