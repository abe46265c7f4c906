// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Processor";
constexpr const char *useEmulated = "Use a machine with an AMD EPYC processor; to try things out, the host 'emulated' needs none.";

Judgement judgeVendor(const HostFacts &facts)
{
    const auto vendor = cpuVendor(facts);
    if (!vendor)
        return unknown(facts, "cpu.vendor", "Check that /proc is mounted.");
    if (*vendor == "AuthenticAMD")
        return passed(std::string(*vendor));
    return failed(std::string(*vendor), "Its processor is not AMD's, so it has no SEV.", useEmulated);
}

Judgement judgeGeneration(const HostFacts &facts)
{
    const auto found = generation(facts);
    if (!found)
        return unknown(facts, "cpuid.1.eax");
    const std::string numbers = std::format("family {:#x}, model {:#x}", found->family, found->model);
    if (found->name.empty())
        return info(numbers, "This version knows no EPYC of this family and model.");
    const std::string_view has = found->name == "Naples" ? "SEV" : found->name == "Rome" ? "SEV and SEV-ES" : "SEV, SEV-ES and SEV-SNP";
    return info(std::format("{} ({})", found->name, numbers), std::format("EPYC of this generation has {}.", has));
}

Judgement judgeBrand(const HostFacts &facts)
{
    auto brand = facts.text("cpu.brand");
    if (!brand)
        brand = facts.text("cpuinfo.model");
    if (!brand)
        return unknown(facts, "cpu.brand");
    if (brand->find("EPYC") != std::string_view::npos)
        return passed(std::string(*brand));
    return warning(std::string(*brand), "AMD supports SEV on EPYC; other processors may lack parts of it.", useEmulated);
}

Judgement judgeSvm(const HostFacts &facts)
{
    const auto ecx = facts.number("cpuid.80000001.ecx");
    const auto with = facts.number("cpuinfo.flag.svm"), cpus = facts.number("cpuinfo.cpus");
    if (!ecx && (!with || !cpus))
        return unknown(facts, "cpuid.80000001.ecx");
    constexpr const char *setup =
        "In the firmware's setup: Advanced > AMD CBS > CPU Common Options > SVM Mode: Enabled. Vendors move and rename these settings.";
    if (ecx ? !(*ecx >> 2 & 1) : *with < *cpus)
        return failed("no SVM", "The processor's virtualization is missing or switched off.", setup);
    const auto groups = perCpuGroups(facts.text("msr.vm_cr").value_or(""));
    for (const auto &group : groups)
        if (group.value >> 4 & 1)
            return failed("SVM, switched off (SVMDIS in VM_CR) on processor " + group.cpus,
                "The firmware's setup switched virtualization off.", setup);
    return passed(groups.empty() ? "SVM" : "SVM, and not switched off");
}

/// A check of one bit of CPUID 0x8000001f EAX.
Judgement feature(const HostFacts &facts, unsigned bit, std::string_view flag, const char *what, const char *means, const char *remedy)
{
    const auto has = sevFeature(facts, bit, flag);
    if (!has)
        return unknown(facts, "cpuid.8000001f.eax");
    if (*has)
        return passed(std::string("has ") + what);
    return failed(std::string("has no ") + what, means, remedy);
}

Judgement optional(const HostFacts &facts, unsigned bit, const char *what, const char *means)
{
    const auto has = sevFeature(facts, bit);
    if (!has)
        return unknown(facts, "cpuid.8000001f.eax");
    return info(std::string(*has ? "has " : "has no ") + what, means);
}

/// Whether Linux hides what CPUID shows: it clears the flags where the firmware's setup left encryption off.
Judgement judgeSev(const HostFacts &facts)
{
    return feature(facts, 1, "sev", "SEV", "This processor cannot encrypt the memory of guests.", useEmulated);
}
Judgement judgeSme(const HostFacts &facts)
{
    auto result = feature(facts, 0, "sme", "SME", "SEV builds on memory encryption.", useEmulated);
    if (result.state == CheckState::Fail)
        result.state = CheckState::Warning;
    return result;
}
Judgement judgeEs(const HostFacts &facts)
{
    return feature(facts, 3, "sev_es", "SEV-ES", "Registers of guests cannot be encrypted: the processor is older than Rome, or hides it.",
        useEmulated);
}
Judgement judgeSnp(const HostFacts &facts)
{
    return feature(facts, 4, "sev_snp", "SEV-SNP", "Integrity of guests' memory cannot be protected: SEV-SNP begins with Milan.",
        "Use a machine with an EPYC 7003 (Milan) or newer.");
}
Judgement judgeVmpl(const HostFacts &facts)
{
    const auto has = sevFeature(facts, 5);
    if (!has)
        return unknown(facts, "cpuid.8000001f.eax");
    if (!*has)
        return warning("has no VMPLs", "SEV-SNP without privilege levels: an SVSM cannot run in guests.", useEmulated);
    const auto ebx = facts.number("cpuid.8000001f.ebx");
    return passed(ebx ? std::format("has VMPLs: {}", *ebx >> 12 & 0xf) : std::string("has VMPLs"));
}
Judgement judgePageFlush(const HostFacts &facts)
{
    return optional(facts, 2, "the page flush MSR", "Linux flushes caches another way where it is missing.");
}
Judgement judgeSecureTsc(const HostFacts &facts)
{
    const auto has = sevFeature(facts, 8);
    if (!has)
        return unknown(facts, "cpuid.8000001f.eax");
    std::string saw = *has ? "has Secure TSC" : "has no Secure TSC";
    if (const auto features = facts.number("kvm.sev_features"))
        saw += *features >> 9 & 1 ? "; KVM offers it" : "; KVM does not offer it";
    return info(saw, "A guest's clock that the hypervisor cannot bend; KVM offers it from Linux 6.18 on.");
}

Judgement number(const HostFacts &facts, std::string_view key, unsigned shift, unsigned mask, const char *before, const char *means)
{
    const auto value = facts.number(key);
    if (!value)
        return unknown(facts, key);
    return info(before + std::to_string(*value >> shift & mask), means);
}
Judgement judgeCbit(const HostFacts &facts)
{
    return number(facts, "cpuid.8000001f.ebx", 0, 0x3f, "bit ",
        "The bit of a page table entry that makes a page encrypted: 'cbitpos' for QEMU and libvirt.");
}
Judgement judgeReduction(const HostFacts &facts)
{
    return number(facts, "cpuid.8000001f.ebx", 6, 0x3f, "physical addresses lose bits: ", "'reduced-phys-bits' for QEMU and libvirt.");
}
Judgement judgeGuests(const HostFacts &facts)
{
    return number(
        facts, "cpuid.8000001f.ecx", 0, 0xffffffff, "encrypted guests at the same time: ", "Each guest has a key of its own (ASID).");
}

/// How the keys are divided between SEV and SEV-ES with SEV-SNP: up to the minimum they are SEV-ES's.
Judgement judgeEsAsids(const HostFacts &facts)
{
    const auto minimum = facts.number("cpuid.8000001f.edx"), all = facts.number("cpuid.8000001f.ecx");
    if (!minimum || !all)
        return unknown(facts, minimum ? "cpuid.8000001f.ecx" : "cpuid.8000001f.edx");
    if (*minimum > 1)
        return passed(
            std::format("{} of {}", std::min(*minimum - 1, *all), *all), "So many SEV-ES and SEV-SNP guests can run at the same time.");
    return failed("none of " + std::to_string(*all), "All keys are for SEV without ES: not one SEV-ES or SEV-SNP guest can start.",
        std::string(
            "In the firmware's setup: Advanced > AMD CBS > CPU Common Options > SEV-ES ASID Space Limit: more than 1, for instance 100.")
            + setupNote);
}
Judgement judgeSevAsids(const HostFacts &facts)
{
    const auto minimum = facts.number("cpuid.8000001f.edx"), all = facts.number("cpuid.8000001f.ecx");
    if (!minimum || !all)
        return unknown(facts, minimum ? "cpuid.8000001f.ecx" : "cpuid.8000001f.edx");
    if (*minimum <= *all && *all)
        return passed(std::format("{} of {}", *all - std::max<std::uint64_t>(*minimum, 1) + 1, *all),
            "So many SEV guests without ES can run at the same time.");
    return failed("none of " + std::to_string(*all), "All keys are for SEV-ES and SEV-SNP: no guest with SEV alone can start.",
        std::string("Launch with SEV-ES or SEV-SNP, which protect more; or lower SEV-ES ASID Space Limit in the firmware's setup (Advanced "
                    "> AMD CBS > CPU Common Options).")
            + setupNote);
}

Judgement judgeSmt(const HostFacts &facts)
{
    const auto active = facts.flag("smt.active");
    if (!active)
        return unknown(facts, "smt.active");
    return info(*active ? "on" : "off",
        *active ? "Guests whose policy forbids SMT are refused by the firmware." : "Guests with any policy about SMT can start.");
}
Judgement judgeRandom(const HostFacts &facts)
{
    const auto ecx = facts.number("cpuid.1.ecx");
    if (!ecx)
        return unknown(facts, "cpuid.1.ecx");
    if (*ecx >> 30 & 1)
        return passed("has RDRAND");
    return warning("has no RDRAND", "Guests have no source of randomness that the hypervisor does not control.",
        "Enable it in the firmware's setup, or use a newer processor.");
}
Judgement judgeFsgsbase(const HostFacts &facts)
{
    const auto ebx = facts.number("cpuid.7.ebx");
    if (!ebx)
        return unknown(facts, "cpuid.7.ebx");
    return info(*ebx & 1 ? "has FSGSBASE" : "has no FSGSBASE");
}
Judgement judgeMicrocode(const HostFacts &facts)
{
    const auto level = facts.text("cpuinfo.microcode");
    if (!level)
        return unknown(facts, "cpuinfo.microcode");
    if (level->find(',') != std::string_view::npos)
        return warning(std::string(*level), "Processors of this machine have different microcode.",
            "Load the same microcode on all: update the BIOS or linux-firmware, then reboot.");
    return info(std::string(*level));
}

} // namespace

void addProcessor(Checks &table)
{
    constexpr const char *eax = "CPUID 0x8000001f EAX";
    table.push_back({"cpu.vendor", area, "AMD processor", "", {}, blocksAll, "CPUID 0", "sevctl ok, snphost ok", judgeVendor});
    table.push_back({"cpu.brand", area, "EPYC", "cpu.vendor", {"cpu.vendor"}, {}, "CPUID 0x80000002 to 0x80000004",
        "sevctl ok, snphost ok: 'microcode support'", judgeBrand});
    table.push_back({"cpu.generation", area, "Generation", "cpu.vendor", {"cpu.vendor"}, {}, "CPUID 1 EAX", "sevctl ok", judgeGeneration});
    table.push_back({"cpu.microcode", area, "Microcode", "cpu.vendor", {"cpu.vendor"}, {}, "/proc/cpuinfo", "", judgeMicrocode});
    table.push_back({"cpu.svm", area, "Virtualization (SVM)", "cpu.vendor", {"cpu.vendor", "env.virtual"}, blocksAll,
        "CPUID 0x80000001 ECX bit 2; MSR 0xc0010114 bit 4", manualApm, judgeSvm});
    table.push_back({"cpu.smt", area, "Simultaneous multithreading", "cpu.vendor", {"cpu.vendor"}, {}, "/sys/devices/system/cpu/smt/active",
        manualSnp, judgeSmt});
    table.push_back({"cpu.rdrand", area, "Random numbers (RDRAND)", "cpu.vendor", {"cpu.vendor"}, {}, "CPUID 1 ECX bit 30",
        "Enarx platform info", judgeRandom});
    table.push_back(
        {"cpu.fsgsbase", area, "FSGSBASE", "cpu.vendor", {"cpu.vendor"}, {}, "CPUID 7 EBX bit 0", "Enarx platform info", judgeFsgsbase});
    table.push_back(
        {"cpu.sev", area, "SEV", "", {"cpu.vendor", "env.virtual"}, blocksAll, "CPUID 0x8000001f EAX bit 1", manualCpuid, judgeSev});
    table.push_back(
        {"cpu.sme", area, "Memory encryption (SME)", "cpu.sev", {"cpu.sev"}, {}, "CPUID 0x8000001f EAX bit 0", manualCpuid, judgeSme});
    table.push_back({"cpu.page_flush", area, "Page flush MSR", "cpu.sev", {"cpu.sev"}, {}, eax, manualCpuid, judgePageFlush});
    table.push_back(
        {"cpu.cbit", area, "C-bit location", "cpu.sev", {"cpu.sev"}, {}, "CPUID 0x8000001f EBX bits 5:0", manualCpuid, judgeCbit});
    table.push_back({"cpu.reduction", area, "Address bits given up", "cpu.sev", {"cpu.sev"}, {}, "CPUID 0x8000001f EBX bits 11:6",
        manualCpuid, judgeReduction});
    table.push_back({"cpu.guests", area, "Encrypted guests", "cpu.sev", {"cpu.sev"}, {}, "CPUID 0x8000001f ECX", manualCpuid, judgeGuests});
    table.push_back({"cpu.sev_asids", area, "Keys for SEV without ES", "cpu.sev", {"cpu.sev"}, {"sev"}, "CPUID 0x8000001f ECX and EDX",
        manualCpuid, judgeSevAsids});
    table.push_back({"cpu.es", area, "SEV-ES", "", {"cpu.sev"}, blocksEs, "CPUID 0x8000001f EAX bit 3", manualCpuid, judgeEs});
    table.push_back({"cpu.es_asids", area, "Keys for SEV-ES and SEV-SNP", "cpu.es", {"cpu.es"}, blocksEs, "CPUID 0x8000001f EDX",
        "AMDESE/AMDSEV#68", judgeEsAsids});
    table.push_back({"cpu.snp", area, "SEV-SNP", "", {"cpu.es"}, blocksSnp, "CPUID 0x8000001f EAX bit 4", manualCpuid, judgeSnp});
    table.push_back({"cpu.vmpl", area, "Privilege levels (VMPL)", "cpu.snp", {"cpu.snp"}, {}, "CPUID 0x8000001f EAX bit 5, EBX bits 15:12",
        manualCpuid, judgeVmpl});
    table.push_back({"cpu.secure_tsc", area, "Secure TSC", "cpu.snp", {"cpu.snp"}, {}, "CPUID 0x8000001f EAX bit 8; KVM_GET_DEVICE_ATTR",
        manualCpuid, judgeSecureTsc});
}

} // namespace kastellan::sev
