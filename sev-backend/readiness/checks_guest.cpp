// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "This machine as a guest";

/// SEV_STATUS of the first processor; guests alone have it.
std::optional<std::uint64_t> sevStatus(const HostFacts &facts)
{
    const auto groups = perCpuGroups(facts.text("msr.sev_status").value_or(""));
    return groups.empty() ? std::nullopt : std::optional(groups.front().value);
}

bool isGuest(const HostFacts &facts)
{
    const auto ecx = facts.number("cpuid.1.ecx");
    return ecx ? *ecx >> 31 & 1 : facts.number("cpuinfo.flag.hypervisor").value_or(0) > 0;
}

template <unsigned Bit>
Judgement judgeBit(const HostFacts &facts)
{
    if (!isGuest(facts))
        return skipped("guest.inside", "It is about guests, and this is none.");
    if (const auto status = sevStatus(facts))
        return info(*status >> Bit & 1 ? "on" : "off");
    if (facts.isAbsent("msr.sev_status"))
        return info("off", "The register is not there: this guest is not protected by SEV.");
    return unknown(facts, "msr.sev_status", "Load the module msr and run as root.", "sudo modprobe msr && sudo keepctl host check");
}

Judgement judgeInside(const HostFacts &facts)
{
    if (!facts.has("cpuid.1.ecx") && !facts.has("cpuinfo.flag.hypervisor"))
        return unknown(facts, "cpuid.1.ecx");
    if (!isGuest(facts))
        return info("no guest");
    const auto status = sevStatus(facts);
    if (!status || !(*status & 7))
        return info("a guest" + std::string(status || facts.isAbsent("msr.sev_status") ? ", not protected by SEV" : ""),
            "What the host below can do does not show in here.");
    return info(std::string("a guest under ") + (*status & 4 ? "SEV-SNP" : *status & 2 ? "SEV-ES" : "SEV"));
}

Judgement judgeDevice(const HostFacts &facts)
{
    if (!isGuest(facts))
        return skipped("guest.inside", "It is about guests, and this is none.");
    const auto status = sevStatus(facts);
    if (facts.has("dev.sev_guest.write"))
        return info("it opens");
    if (facts.has("dev.sev_guest"))
        return info(facts.why("dev.sev_guest.write"), "Reports are asked for as root, or with a udev rule for the device.");
    if (status && *status & 4)
        return warning("there is no /dev/sev-guest", "This SEV-SNP guest cannot ask for attestation reports.", "Load its driver.",
            "sudo modprobe sev-guest");
    return info("there is no /dev/sev-guest");
}

} // namespace

void addGuest(Checks &table)
{
    struct Row {
        std::string_view id, title;
        Judgement (*judge)(const HostFacts &);
    };
    static constexpr Row rows[] = {
        {"guest.sev", "SEV", judgeBit<0>},
        {"guest.es", "SEV-ES", judgeBit<1>},
        {"guest.snp", "SEV-SNP", judgeBit<2>},
        {"guest.vtom", "Virtual top of memory", judgeBit<3>},
        {"guest.reflect_vc", "Reflected #VC", judgeBit<4>},
        {"guest.restricted_injection", "Restricted injection", judgeBit<5>},
        {"guest.alternate_injection", "Alternate injection", judgeBit<6>},
        {"guest.debug_swap", "Debug swap", judgeBit<7>},
        {"guest.prevent_host_ibs", "Host's IBS prevented", judgeBit<8>},
        {"guest.btb_isolation", "BTB isolation", judgeBit<9>},
        {"guest.vmpl_sss", "VMPL supervisor shadow stacks", judgeBit<10>},
        {"guest.secure_tsc", "Secure TSC", judgeBit<11>},
        {"guest.vmg_exit_parameter", "VMGEXIT parameter", judgeBit<12>},
        {"guest.ibs_virtualization", "IBS virtualization", judgeBit<14>},
        {"guest.vmsa_protection", "VMSA register protection", judgeBit<16>},
        {"guest.smt_protection", "SMT protection", judgeBit<17>},
    };
    table.push_back({"guest.inside", area, "Inside of a guest", "", {}, {}, "CPUID 1 ECX bit 31; MSR 0xc0010131 (SEV_STATUS)",
        "snpguest ok", judgeInside});
    for (const auto &row : rows)
        table.push_back({row.id, area, row.title, "guest.inside", {}, {}, "MSR 0xc0010131 (SEV_STATUS)", "snpguest ok", row.judge});
    table.push_back({"guest.device", area, "Device for reports", "guest.inside", {}, {}, "/dev/sev-guest", "", judgeDevice});
}

} // namespace kastellan::sev
