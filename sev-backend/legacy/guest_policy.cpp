// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/guest_policy.h"

#include <charconv>

namespace kastellan::sev::legacy {

namespace {

constexpr FlagBit bits[] = {
    {0, "no-debug", "the host can't debug the guest", "the host may debug the guest: read and change all of it"},
    {1, "no-key-sharing", "no other guest may share its key", "other guests may share its key"},
    {2, "es", "register state is encrypted (SEV-ES)", "register state is open to the host"},
    {3, "no-send", "the guest can't be sent to another platform", "the guest may be sent to another platform"},
    {4, "domain", "the guest may be sent within its owner's domain only", "the guest may be sent to any platform"},
    {5, "sev", "the guest may be sent to platforms with SEV only", "the guest may be sent to platforms without SEV"},
};

std::optional<std::uint64_t> number(std::string_view text, int base)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    return error == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

/// "1.51" as it stands in bits 16 to 31.
std::optional<Policy> leastVersion(std::string_view text)
{
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos)
        return std::nullopt;
    const auto major = number(text.substr(0, dot), 10), minor = number(text.substr(dot + 1), 10);
    if (!major || !minor || *major > 255 || *minor > 255)
        return std::nullopt;
    return static_cast<Policy>(*major << 16 | *minor << 24);
}

std::optional<Policy> bitOf(std::string_view word)
{
    static constexpr std::pair<std::string_view, std::string_view> others[] = {
        {"nodbg", "no-debug"}, {"noks", "no-key-sharing"}, {"nosend", "no-send"}};
    for (const auto &[other, ours] : others)
        if (word == other)
            word = ours;
    for (const FlagBit &bit : bits)
        if (word == bit.name)
            return Policy{1} << bit.bit;
    return std::nullopt;
}

} // namespace

std::span<const FlagBit> policyBits()
{
    return bits;
}

std::string policyText(Policy policy)
{
    std::string text = flagText(policy, bits);
    const unsigned major = (policy >> 16) & 0xff, minor = policy >> 24;
    if (major || minor)
        text += ", firmware " + std::to_string(major) + "." + std::to_string(minor) + " or later";
    return text;
}

Result<Policy> parsePolicy(std::string_view text)
{
    const std::string what = "understand a SEV guest policy";
    const bool hex = text.starts_with("0x") || text.starts_with("0X");
    if (const auto value = number(hex ? text.substr(2) : text, hex ? 16 : 10)) {
        if (*value > 0xffffffff || (*value & 0xffc0))
            return badInput(what, std::string(text), "bits 6 to 15 are reserved, and it has 32 bits");
        return static_cast<Policy>(*value);
    }
    Policy policy = 0;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        const std::string_view word = text.substr(0, comma);
        text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
        const auto bit = word.starts_with("api=") ? leastVersion(word.substr(4)) : bitOf(word);
        if (!bit)
            return badInput(what, std::string(word), "it is neither a number nor a word of a policy",
                "Words are no-debug, no-key-sharing, es, no-send, domain, sev and api=MAJOR.MINOR, joined by commas.");
        policy |= *bit;
    }
    return policy;
}

} // namespace kastellan::sev::legacy
