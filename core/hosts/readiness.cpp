// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/readiness.h"

#include <algorithm>
#include <array>

namespace kastellan {
namespace {

using VerdictState = ReadinessVerdict::State;

constexpr std::array<std::pair<CheckState, std::string_view>, 6> checkStates{{
    {CheckState::Pass, "pass"},
    {CheckState::Fail, "fail"},
    {CheckState::Warning, "warning"},
    {CheckState::Unknown, "unknown"},
    {CheckState::Skipped, "skipped"},
    {CheckState::Info, "info"},
}};
constexpr std::array<std::pair<VerdictState, std::string_view>, 3> verdictStates{{
    {VerdictState::Ready, "ready"},
    {VerdictState::NotReady, "not ready"},
    {VerdictState::Unknown, "unknown"},
}};

template <typename State, std::size_t Count>
std::string_view nameIn(const std::array<std::pair<State, std::string_view>, Count> &names, State state)
{
    const auto at = std::ranges::find(names, state, &std::pair<State, std::string_view>::first);
    return at == names.end() ? std::string_view("unknown") : at->second;
}

template <typename State, std::size_t Count>
Result<State> stateIn(const std::array<std::pair<State, std::string_view>, Count> &names, std::string_view name, const char *what)
{
    const auto at = std::ranges::find(names, name, &std::pair<State, std::string_view>::second);
    if (at != names.end())
        return at->first;
    std::string known;
    for (const auto &[state, word] : names)
        known += (known.empty() ? "" : ", ") + std::string(word);
    return badInput(what, std::string(name.substr(0, 40)), "it is none of: " + known);
}

} // namespace

std::string_view name(CheckState state)
{
    return nameIn(checkStates, state);
}

Result<CheckState> checkStateFromName(std::string_view name)
{
    return stateIn(checkStates, name, "read the state of a check");
}

std::string_view name(VerdictState state)
{
    return nameIn(verdictStates, state);
}

Result<VerdictState> verdictStateFromName(std::string_view name)
{
    return stateIn(verdictStates, name, "read a verdict on readiness");
}

const ReadinessCheck *Readiness::check(std::string_view id) const
{
    const auto at = std::ranges::find(checks, id, &ReadinessCheck::id);
    return at == checks.end() ? nullptr : &*at;
}

const ReadinessVerdict *Readiness::verdict(std::string_view protection) const
{
    const auto at = std::ranges::find(verdicts, protection, &ReadinessVerdict::protection);
    return at == verdicts.end() ? nullptr : &*at;
}

} // namespace kastellan
