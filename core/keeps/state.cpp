// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/plan.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace {

constexpr std::array<std::string_view, 9> names = {
    "planned", "starting", "attesting", "delivering", "running", "suspect", "stopped", "failed", "refused"};

} // namespace

std::string_view name(KeepState state)
{
    return names[static_cast<std::size_t>(state)];
}

std::optional<KeepState> keepStateFromName(std::string_view wanted)
{
    const auto found = std::ranges::find(names, wanted);
    if (found == names.end())
        return std::nullopt;
    return static_cast<KeepState>(found - names.begin());
}

bool mayFollow(KeepState from, KeepState to)
{
    using enum KeepState;
    if (isFinal(from))
        return false;
    switch (to) {
    case Planned:
        return false;
    case Starting:
        return from == Planned;
    case Attesting:
        return from == Starting;
    case Delivering:
        return from == Attesting;
    case Running:
        return from == Delivering || from == Suspect;
    case Suspect:
        return from == Running;
    case Stopped:
    case Failed:
        return true;
    case Refused: // only where evidence was judged before anything ran
        return from == Attesting || from == Delivering;
    }
    return false;
}

} // namespace kastellan
