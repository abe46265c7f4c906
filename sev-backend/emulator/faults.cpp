// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/faults.h"

#include "core/base/text.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace kastellan::sev {
namespace {

constexpr const char *what = "read the faults to inject";
constexpr std::string_view names[] = {"init", "shutdown", "factory-reset", "platform-status", "pek-gen", "pek-csr", "pek-import", "pdh-gen",
    "pdh-export", "get-id", "df-flush", "launch-start", "launch-update-data", "launch-update-vmsa", "launch-measure", "launch-secret",
    "launch-finish", "attestation", "guest-status", "activate", "deactivate", "decommission", "snp-init", "snp-shutdown",
    "snp-platform-status", "snp-commit", "snp-config", "snp-vlek-load", "snp-launch-start", "snp-launch-update", "snp-launch-finish",
    "snp-guest-status", "snp-decommission", "get-report", "get-ext-report", "get-derived-key"};
static_assert(std::size(names) == emulatedCommandCount);
constexpr std::uint32_t highestStatus = 0x27;
constexpr std::chrono::milliseconds longestDelay = std::chrono::minutes(1);

char upper(char c)
{
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::optional<std::uint32_t> number(std::string_view text, int base = 10)
{
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (text.empty() || error != std::errc() || end != text.data() + text.size())
        return std::nullopt;
    return value;
}

std::unexpected<Error> badRule(std::string_view rule, std::string why, std::string remedy)
{
    std::string shown;
    for (const char c : rule.substr(0, 60)) // what came may be anything
        shown += c >= 0x20 && c < 0x7f ? c : '?';
    return badInput(what, "'" + shown + "'", std::move(why), std::move(remedy));
}

std::optional<FirmwareStatus> statusFrom(std::string_view text)
{
    if (text.starts_with("0x") || text.starts_with("0X")) {
        const auto value = number(text.substr(2), 16);
        if (!value || *value == 0 || *value > 0xffff)
            return std::nullopt;
        return static_cast<FirmwareStatus>(*value);
    }
    for (std::uint32_t value = 1; value <= highestStatus; ++value) {
        const auto known = describe(static_cast<FirmwareStatus>(value)).name;
        if (known != "UNKNOWN_STATUS" && std::ranges::equal(text, known, {}, upper))
            return static_cast<FirmwareStatus>(value);
    }
    return std::nullopt;
}

std::optional<std::chrono::milliseconds> delayFrom(std::string_view text)
{
    std::uint32_t unit = 1;
    if (text.ends_with("ms"))
        text.remove_suffix(2);
    else if (text.ends_with("s"))
        text.remove_suffix(1), unit = 1000;
    else
        return std::nullopt;
    const auto value = number(text);
    if (!value || *value == 0 || *value > longestDelay.count() / unit)
        return std::nullopt;
    return std::chrono::milliseconds(std::int64_t{*value} * unit);
}

} // namespace

std::string_view name(EmulatedCommand command)
{
    return names[static_cast<std::size_t>(command)];
}

std::optional<EmulatedCommand> emulatedCommandFromName(std::string_view text)
{
    const auto at = std::ranges::find(names, text);
    if (at == std::end(names))
        return std::nullopt;
    return static_cast<EmulatedCommand>(at - std::begin(names));
}

Result<FaultPlan::Rule> FaultPlan::parseRule(std::string_view text)
{
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos)
        return badRule(text, "there is no '=' in it", "Write COMMAND=FAULT, for example get-report=busy*3.");
    const std::string_view left = trimmed(text.substr(0, equals));
    std::string_view right = trimmed(text.substr(equals + 1));
    Rule rule;
    if (left != "*") {
        rule.command = emulatedCommandFromName(left);
        if (!rule.command) {
            std::string all;
            for (const auto known : names)
                all += (all.empty() ? "" : ", ") + std::string(known);
            return badRule(text, "there is no such command", "Choose one of: " + all + "; or *.");
        }
    }
    if (const std::size_t mark = right.find_first_of("#*"); mark != std::string_view::npos) {
        const auto times = number(right.substr(mark + 1));
        if (!times || *times == 0)
            return badRule(text, std::string("behind '") + right[mark] + "' a number from 1 has to stand", "Write #2 or *3.");
        (right[mark] == '#' ? rule.only : rule.first) = *times;
        right = right.substr(0, mark);
    }
    if (right == "busy") {
        rule.status = firmwareBusy;
    } else if (right == "throttled") {
        rule.status = firmwareThrottled;
    } else if (right.starts_with("slow:")) {
        const auto delay = delayFrom(right.substr(5));
        if (!delay)
            return badRule(text, "its time is not one from 1ms to 60s", "Write slow:200ms or slow:2s.");
        rule.delay = *delay;
    } else if (const auto status = statusFrom(right)) {
        rule.status = *status;
    } else {
        return badRule(
            text, "there is no such fault", "Name a status of the firmware (INVALID_CERTIFICATE, 0x24), busy, throttled, or slow:TIME.");
    }
    return rule;
}

Result<FaultPlan> FaultPlan::parse(std::string_view text)
{
    if (text.size() > textLimit)
        return badInput(what, {}, "the text has " + std::to_string(text.size()) + " bytes, and at most 4096 are read");
    FaultPlan faults;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find_first_of(",\n"), text.size());
        const std::string_view one = trimmed(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
        if (one.empty())
            continue;
        KASTELLAN_ASSIGN(const Rule rule, parseRule(one));
        if (!faults.m_rules)
            faults.m_rules = std::make_shared<Rules>();
        if (faults.m_rules->rules.size() == ruleLimit)
            return badInput(what, {}, "there are more than 64 rules");
        faults.m_rules->rules.push_back(rule);
    }
    return faults;
}

std::string FaultPlan::text() const
{
    std::string text;
    if (!m_rules)
        return text;
    const std::lock_guard lock(m_rules->mutex);
    for (const Rule &rule : m_rules->rules) {
        text += (text.empty() ? "" : ",") + std::string(rule.command ? name(*rule.command) : "*") + "=";
        const auto known = describe(rule.status).name;
        char code[16];
        std::snprintf(code, sizeof code, "0x%02x", static_cast<unsigned>(rule.status));
        if (rule.delay.count() > 0)
            text += "slow:" + std::to_string(rule.delay.count()) + "ms";
        else if (rule.status == firmwareBusy)
            text += "busy";
        else if (rule.status == firmwareThrottled)
            text += "throttled";
        else
            text += known == "UNKNOWN_STATUS" ? std::string(code) : std::string(known);
        if (rule.only > 0)
            text += "#" + std::to_string(rule.only);
        if (rule.first > 0)
            text += "*" + std::to_string(rule.first);
    }
    return text;
}

FaultPlan::Decision FaultPlan::next(EmulatedCommand command) const
{
    Decision decision;
    if (!m_rules)
        return decision;
    const std::lock_guard lock(m_rules->mutex);
    for (Rule &rule : m_rules->rules) {
        if (rule.command && *rule.command != command)
            continue;
        if (rule.seen < UINT32_MAX)
            ++rule.seen;
        if ((rule.only > 0 && rule.seen != rule.only) || (rule.first > 0 && rule.seen > rule.first))
            continue;
        decision.delay += rule.delay;
        if (decision.status == FirmwareStatus::Success)
            decision.status = rule.status;
    }
    return decision;
}

} // namespace kastellan::sev
