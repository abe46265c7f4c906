// SPDX-License-Identifier: Apache-2.0
// Numbers in what QEMU and the kernel write: what the firmware answered, and what KVM returned.
#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/failures/rows.h"

#include <charconv>
#include <format>
#include <system_error>

namespace kastellan::sev {
namespace {

/// The number behind a word, in decimal or with 0x; a quote may stand between. Nothing where there is none.
std::optional<std::int64_t> numberBehind(std::string_view line, std::string_view word)
{
    const auto at = line.find(word);
    if (at == std::string_view::npos)
        return {};
    std::string_view rest = line.substr(at + word.size());
    while (!rest.empty() && (rest.front() == '\'' || rest.front() == ' '))
        rest.remove_prefix(1);
    const bool negative = rest.starts_with('-');
    if (negative)
        rest.remove_prefix(1);
    int base = 10;
    if (rest.starts_with("0x")) {
        base = 16;
        rest.remove_prefix(2);
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, base);
    if (error != std::errc() || end == rest.data())
        return {};
    return negative ? -value : value;
}

std::optional<FirmwareStatus> firmwareAnswer(std::string_view line)
{
    for (const std::string_view word :
        {"fw_error=", "fw_err=", "error: 0x", ", error 0x", "INIT error 0x", "INIT failed 0x", "INIT_EX failed 0x"}) {
        const bool hex = word.ends_with("0x");
        const auto number = numberBehind(line, hex ? word.substr(0, word.size() - 2) : word);
        if (number && *number > 0 && *number <= 0xffffffffLL)
            return static_cast<FirmwareStatus>(static_cast<std::uint32_t>(*number));
    }
    return {};
}

} // namespace

std::string numbersIn(std::string_view line)
{
    std::string text;
    if (const auto answer = firmwareAnswer(line))
        text += " The firmware's answer: " + message(*answer) + ".";
    if (const auto result = numberBehind(line, "ret="); result && *result < 0 && *result > -4096)
        text += std::format(" KVM returned {} ({}).", *result, std::generic_category().message(static_cast<int>(-*result)));
    return text;
}

std::string numbersRemedy(std::string_view line)
{
    const auto answer = firmwareAnswer(line);
    return answer ? std::string(describe(*answer).remedy) : std::string();
}

} // namespace kastellan::sev
