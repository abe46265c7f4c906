// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Processor";
constexpr const char *asRoot = "Load the module msr and run as root.", *asRootCommand = "sudo modprobe msr && sudo keepctl host check";

Judgement judgeReadable(const HostFacts &facts)
{
    if (facts.has("msr.syscfg"))
        return passed("read on every processor");
    auto result = unknown(facts, "msr.syscfg", asRoot, asRootCommand);
    result.means = "What the registers would show is taken from Linux and the firmware where these tell it.";
    return result;
}

struct Bits {
    std::uint64_t with = 0, all = 0;
    std::string without; ///< processors that do not have it
};

Bits count(const std::vector<CpuGroup> &groups, unsigned bit)
{
    Bits bits;
    for (const auto &group : groups) {
        bits.all += group.count;
        if (group.value >> bit & 1)
            bits.with += group.count;
        else
            bits.without += (bits.without.empty() ? "" : ",") + group.cpus;
    }
    return bits;
}

/// One bit of SYSCFG on every processor; nothing where it can't be read.
std::optional<Judgement> syscfg(
    const HostFacts &facts, unsigned bit, const std::string &what, const std::string &means, const std::string &remedy)
{
    const auto groups = perCpuGroups(facts.text("msr.syscfg").value_or(""));
    if (groups.empty())
        return std::nullopt;
    const Bits bits = count(groups, bit);
    if (bits.with == bits.all)
        return passed(std::format("{} on all {} processors", what, bits.all));
    if (bits.with == 0)
        return failed(std::format("{} on none of {} processors", what, bits.all), means, remedy);
    return failed(std::format("{} on {} of {} processors, not on {}", what, bits.with, bits.all, bits.without),
        "Processors differ, which no firmware should do. " + means, remedy + " If it is set there: update the BIOS.");
}

Judgement judgeEncryption(const HostFacts &facts)
{
    const std::string remedy = std::string("In the firmware's setup: Advanced > AMD CBS > CPU Common Options > SMEE: Enabled.") + setupNote;
    const std::string means = "Memory encryption was not switched on by the BIOS; Linux says 'memory encryption not enabled by BIOS'.";
    if (auto result = syscfg(facts, 23, "SMEE", means, remedy))
        return *result;
    // Linux takes the flag from a processor whose SYSCFG has the bit not (arch/x86/kernel/cpu/amd.c, early_detect_mem_encrypt).
    const auto with = facts.number("cpuinfo.flag.sev"), cpus = facts.number("cpuinfo.cpus");
    if (with && cpus && *cpus && *with == *cpus)
        return passed(std::format("the register can't be read; Linux shows 'sev' on all {} processors", *cpus),
            "Linux does that only where the BIOS switched encryption on.");
    if (with && cpus && *with < *cpus && sevFeature(facts, 1).value_or(false))
        return failed(
            std::format("the register can't be read; Linux shows 'sev' on {} of {} processors, though CPUID has it", *with, *cpus), means,
            remedy);
    return unknown(facts, "msr.syscfg", asRoot, asRootCommand);
}

/// That the firmware is in SNP's INIT state tells the same: it checks every processor (SNP_INIT_EX).
bool firmwareRunsSnp(const HostFacts &facts)
{
    return facts.number("platform.snp.state") == 1 && facts.flag("module.kvm_amd.sev_snp").value_or(false);
}

Judgement judgeSnp(const HostFacts &facts)
{
    if (auto result =
            syscfg(facts, 24, "SNPEn", "SEV-SNP was not switched on: Linux does it at boot, when the RMP is there and the IOMMU fits.",
                "See the checks of RMP, IOMMU and kernel; then reboot."))
        return *result;
    if (firmwareRunsSnp(facts))
        return passed(
            "the register can't be read; the firmware runs SEV-SNP", "The firmware starts SEV-SNP only where every processor has it on.");
    return unknown(facts, "msr.syscfg", asRoot, asRootCommand);
}

Judgement judgeVmpl(const HostFacts &facts)
{
    if (auto result =
            syscfg(facts, 25, "VMPLEn", "Privilege levels are off.", "Use a newer kernel, which switches them on with SEV-SNP.")) {
        if (result->state == CheckState::Fail)
            result->state = CheckState::Warning;
        return *result;
    }
    if (firmwareRunsSnp(facts))
        return info("the register can't be read");
    return unknown(facts, "msr.syscfg", asRoot, asRootCommand);
}

Judgement judgeAlike(const HostFacts &facts)
{
    if (!facts.has("msr.syscfg"))
        return unknown(facts, "msr.syscfg", asRoot, asRootCommand);
    std::string differing;
    for (const char *key : {"msr.syscfg", "msr.rmp_base", "msr.rmp_end", "msr.vm_cr"})
        if (const auto text = facts.text(key); text && perCpuGroups(*text).size() > 1)
            differing += (differing.empty() ? "" : "; ") + std::string(key + 4) + " " + std::string(*text);
    if (differing.empty())
        return passed("SYSCFG, VM_CR and RMP registers are the same everywhere");
    return warning(differing, "Processors that differ make launches fail on some of them.", "Reboot; if it stays so, update the BIOS.");
}

Judgement judgeHwcr(const HostFacts &facts)
{
    const auto text = facts.text("msr.hwcr");
    if (!text)
        return unknown(facts, "msr.hwcr", asRoot, asRootCommand);
    return info(std::string(*text));
}

} // namespace

void addRegisters(Checks &table)
{
    constexpr const char *where = "MSR 0xc0010010 (SYSCFG) of every processor";
    table.push_back({"msr.readable", area, "Registers of the processors", "", {"cpu.sev"}, {}, "/dev/cpu/*/msr", "", judgeReadable});
    table.push_back({"msr.alike", area, "The same on every processor", "msr.readable", {"cpu.sev"}, {},
        "SYSCFG, VM_CR, RMP_BASE, RMP_END of every processor", "", judgeAlike});
    table.push_back({"msr.hwcr", area, "HWCR", "msr.readable", {"cpu.sev"}, {}, "MSR 0xc0010015 of every processor", "", judgeHwcr});
    table.push_back({"msr.encryption", area, "Encryption switched on (SMEE)", "msr.readable", {"cpu.sev"}, blocksAll, where,
        "virtee/sevctl#130", judgeEncryption});
    table.push_back({"msr.snp", area, "SEV-SNP switched on (SNPEn)", "msr.readable", {"cpu.snp", "msr.encryption"}, blocksSnp, where,
        manualApm, judgeSnp});
    table.push_back(
        {"msr.vmpl", area, "Privilege levels switched on (VMPLEn)", "msr.readable", {"msr.snp"}, {}, where, "sevctl ok", judgeVmpl});
}

} // namespace kastellan::sev
