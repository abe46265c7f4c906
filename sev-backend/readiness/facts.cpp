// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/facts.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <format>
#include <system_error>

namespace kastellan::sev {
namespace {

std::string errorText(int number)
{
    return std::generic_category().message(number);
}

} // namespace

std::string_view name(Fact::Had had)
{
    switch (had) {
    case Fact::Had::Value:
        return "value";
    case Fact::Had::Absent:
        return "absent";
    case Fact::Had::Denied:
        return "denied";
    case Fact::Had::Failed:
        return "failed";
    case Fact::Had::NotLooked:
        break;
    }
    return "not looked";
}

void HostFacts::set(std::string key, std::string value, std::string how)
{
    put(std::move(key), {Fact::Had::Value, std::move(value), std::move(how), {}});
}

void HostFacts::setHex(std::string key, std::uint64_t value, std::string how)
{
    set(std::move(key), std::format("{:#x}", value), std::move(how));
}

void HostFacts::absent(std::string key, std::string how, std::string why)
{
    put(std::move(key), {Fact::Had::Absent, {}, std::move(how), std::move(why)});
}

void HostFacts::notLooked(std::string key, std::string how, std::string why)
{
    put(std::move(key), {Fact::Had::NotLooked, {}, std::move(how), std::move(why)});
}

void HostFacts::failed(std::string key, std::string how, std::string why)
{
    put(std::move(key), {Fact::Had::Failed, {}, std::move(how), std::move(why)});
}

void HostFacts::error(std::string key, std::string how, int number)
{
    Fact fact{Fact::Had::Failed, {}, std::move(how), errorText(number)};
    if (number == ENOENT || number == ENOTDIR || number == ENODEV || number == ENXIO) {
        fact.had = Fact::Had::Absent;
        fact.why = "it is not there";
    } else if (number == EACCES || number == EPERM) {
        fact.had = Fact::Had::Denied;
        fact.why = "permission denied";
    }
    put(std::move(key), std::move(fact));
}

void HostFacts::erase(std::string_view key)
{
    if (const auto at = m_facts.find(key); at != m_facts.end())
        m_facts.erase(at);
}

const Fact *HostFacts::find(std::string_view key) const
{
    const auto at = m_facts.find(key);
    return at == m_facts.end() ? nullptr : &at->second;
}

std::optional<std::string_view> HostFacts::text(std::string_view key) const
{
    const Fact *fact = find(key);
    if (!fact || fact->had != Fact::Had::Value)
        return std::nullopt;
    return fact->value;
}

std::optional<std::uint64_t> HostFacts::number(std::string_view key) const
{
    const auto value = text(key);
    return value ? factNumber(*value) : std::nullopt;
}

std::optional<bool> HostFacts::flag(std::string_view key) const
{
    const auto value = text(key);
    if (!value)
        return std::nullopt;
    for (const std::string_view word : {"yes", "Y", "y", "1", "on"})
        if (*value == word)
            return true;
    for (const std::string_view word : {"no", "N", "n", "0", "off"})
        if (*value == word)
            return false;
    return std::nullopt;
}

bool HostFacts::isAbsent(std::string_view key) const
{
    const Fact *fact = find(key);
    return fact && fact->had == Fact::Had::Absent;
}

std::string HostFacts::why(std::string_view key) const
{
    const Fact *fact = find(key);
    if (!fact)
        return "it was not looked at";
    if (fact->had == Fact::Had::Value)
        return "it makes no sense: '" + fact->value.substr(0, 80) + "'";
    return fact->why + (fact->how.empty() ? "" : " (" + fact->how + ")");
}

std::vector<std::string> HostFacts::below(std::string_view prefix) const
{
    std::vector<std::string> names;
    for (auto at = m_facts.lower_bound(prefix); at != m_facts.end() && at->first.starts_with(prefix); ++at) {
        const std::string_view rest = std::string_view(at->first).substr(prefix.size());
        const std::string_view first = rest.substr(0, rest.find('.'));
        if (names.empty() || names.back() != first)
            names.emplace_back(first);
    }
    return names;
}

std::optional<std::uint64_t> factNumber(std::string_view text)
{
    const int base = text.starts_with("0x") ? 16 : 10;
    if (base == 16)
        text.remove_prefix(2);
    std::uint64_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || code != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::string perCpuText(const std::map<unsigned, std::uint64_t> &values)
{
    std::vector<std::pair<std::uint64_t, std::string>> groups;
    for (auto at = values.begin(); at != values.end();) {
        const auto [first, value] = *at;
        unsigned last = first;
        for (++at; at != values.end() && at->second == value && at->first == last + 1; ++at)
            last = at->first;
        auto group = groups.begin();
        while (group != groups.end() && group->first != value)
            ++group;
        if (group == groups.end())
            group = groups.insert(groups.end(), {value, {}});
        group->second += (group->second.empty() ? "" : ",") + (first == last ? std::to_string(first) : std::format("{}-{}", first, last));
    }
    std::string text;
    for (const auto &[value, cpus] : groups)
        text += std::format("{}{:#x} on {}", text.empty() ? "" : "; ", value, cpus);
    return text;
}

std::vector<CpuGroup> perCpuGroups(std::string_view text)
{
    constexpr std::size_t most = 4096;
    std::vector<CpuGroup> groups;
    while (!text.empty() && groups.size() < most) {
        const auto end = text.find("; ");
        const std::string_view part = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
        const auto on = part.find(" on ");
        if (on == std::string_view::npos)
            return {};
        const auto value = factNumber(part.substr(0, on));
        if (!value)
            return {};
        CpuGroup group{*value, std::string(part.substr(on + 4)), 0};
        for (std::string_view cpus = group.cpus; !cpus.empty();) {
            const auto comma = cpus.find(',');
            const std::string_view range = cpus.substr(0, comma);
            cpus.remove_prefix(comma == std::string_view::npos ? cpus.size() : comma + 1);
            const auto dash = range.find('-');
            const auto first = factNumber(range.substr(0, dash));
            const auto last = dash == std::string_view::npos ? first : factNumber(range.substr(dash + 1));
            if (!first || !last || *last < *first || *last > 1'000'000)
                return {};
            group.count += *last - *first + 1;
        }
        if (!group.count)
            return {};
        groups.push_back(std::move(group));
    }
    return groups;
}

} // namespace kastellan::sev
