// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::uint64_t usualGuest = 256u << 20; // bytes of the smallest virtual machine with a keep

Judgement judgeGroups(const HostFacts &facts)
{
    const auto groups = facts.text("user.groups");
    if (!groups)
        return unknown(facts, "user.groups");
    return info(std::format("user {}: {}", facts.text("user.id").value_or("?"), *groups));
}

Judgement judgeMemlock(const HostFacts &facts)
{
    const auto soft = facts.text("user.memlock.soft");
    if (!soft)
        return unknown(facts, "user.memlock.soft");
    if (*soft == "unlimited")
        return passed("unlimited");
    if (facts.flag("user.may_lock").value_or(false))
        return passed(std::string(*soft) + " bytes, and this user is exempt (CAP_IPC_LOCK)");
    const auto limit = facts.number("user.memlock.soft");
    if (!limit)
        return unknown(facts, "user.memlock.soft");
    const std::uint64_t keeps = *limit / usualGuest;
    const std::string saw = std::format("{} MiB: {} keeps of 256 MiB", *limit >> 20, keeps);
    if (keeps)
        return info(saw,
            "SEV and SEV-ES pin the memory of their guests, which counts against this limit when this user starts QEMU; SEV-SNP does not.");
    return warning(saw,
        "SEV and SEV-ES pin the memory of their guests: QEMU started by this user gets none. Guests of qemu:///system have limits of their "
        "own, and SEV-SNP pins nothing.",
        "Raise 'memlock' for this user in /etc/security/limits.d, and log in again.",
        "echo \"$USER - memlock unlimited\" | sudo tee /etc/security/limits.d/60-sev.conf");
}

} // namespace

void addUser(Checks &table)
{
    table.push_back({"user.groups", "User", "Groups", "", {}, {}, "getgroups", "", judgeGroups});
    table.push_back({"user.memlock", "User", "Memory that may be locked", "", {"cpu.sev"}, {}, "RLIMIT_MEMLOCK",
        "sevctl ok, snphost ok; Enarx platform info", judgeMemlock});
}

} // namespace kastellan::sev
