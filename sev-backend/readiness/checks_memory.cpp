// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Memory and IOMMU";
constexpr std::uint64_t bookkeeping = 0x4000, entrySize = 16, pageBytes = 4096; // SEV-SNP ABI, RMP; Linux arch/x86/virt/svm/sev.c
constexpr const char *coverage =
    "In the firmware's setup: Advanced > AMD CBS > CPU Common Options > SNP Memory (RMP Table) Coverage: Enabled, "
    "and no 'Amount of Memory to Cover' below the installed memory; 'Split RMP Table' disabled where Linux cannot use it. "
    "Vendors move and rename these settings.";
constexpr const char *asRootCommand = "sudo modprobe msr && sudo keepctl host check";

std::string gib(std::uint64_t bytes)
{
    return std::format("{:.1f} GiB", static_cast<double>(bytes) / (1ull << 30));
}

/// Linux offers SEV-SNP in KVM only after it has read the registers and found all memory covered.
bool linuxRunsSnp(const HostFacts &facts)
{
    return facts.flag("module.kvm_amd.sev_snp").value_or(false);
}

std::optional<std::uint64_t> first(const HostFacts &facts, std::string_view key)
{
    const auto groups = perCpuGroups(facts.text(key).value_or(""));
    return groups.empty() ? std::nullopt : std::optional(groups.front().value);
}

Judgement judgeReserved(const HostFacts &facts)
{
    const auto base = first(facts, "msr.rmp_base"), end = first(facts, "msr.rmp_end");
    if (!base || !end) {
        if (linuxRunsSnp(facts))
            return passed("the registers can't be read; KVM offers SEV-SNP", "Linux does that only where there is an RMP.");
        if (facts.isAbsent("msr.rmp_base"))
            return failed("no RMP registers", "SEV-SNP is not switched on in the processor.", coverage);
        return unknown(facts, "msr.rmp_base", "Load the module msr and run as root.", asRootCommand);
    }
    if (*base == 0 || *end == 0 || *end <= *base)
        return failed(std::format("RMP_BASE {:#x}, RMP_END {:#x}", *base, *end),
            "The BIOS reserved no memory for the table of page owners (RMP); without it Linux leaves SEV-SNP off.", coverage);
    return passed(std::format("{:#x} to {:#x}, {}", *base, *end, gib(*end - *base + 1)));
}

Judgement judgeCoverage(const HostFacts &facts)
{
    const auto base = first(facts, "msr.rmp_base"), end = first(facts, "msr.rmp_end"), segmented = first(facts, "msr.rmp_cfg");
    const auto memory = facts.number("memory.end");
    if (segmented && *segmented & 1) {
        if (linuxRunsSnp(facts))
            return passed("a table in segments; KVM offers SEV-SNP", "Linux has checked that its segments cover all memory.");
        return info("a table in segments", "Its size does not show in the registers; Linux checks it at boot.");
    }
    if (!base || !end || *end <= *base || !memory) {
        if (linuxRunsSnp(facts))
            return passed("not readable; KVM offers SEV-SNP", "Linux does that only where the RMP covers all memory.");
        return unknown(facts, !base || !end ? "msr.rmp_base" : "memory.end", "Load the module msr and run as root.", asRootCommand);
    }
    const std::uint64_t size = *end - *base + 1;
    const std::uint64_t covered = size <= bookkeeping ? 0 : (size - bookkeeping) / entrySize * pageBytes;
    const std::uint64_t needed = std::max(*memory, *end + 1); // the table must cover itself too
    if (covered >= needed)
        return passed(std::format("{} of {}", gib(covered), gib(needed)), "Every page of memory has an entry.");
    return failed(std::format("{} of {}", gib(covered), gib(needed)),
        std::format("The table has {:#x} bytes and needs {:#x} (16 for each page of 4 KiB, and 16 KiB). Linux leaves SEV-SNP off.", size,
            (needed + pageBytes - 1) / pageBytes * entrySize + bookkeeping),
        coverage);
}

Judgement judgeTotal(const HostFacts &facts)
{
    const auto total = facts.number("memory.total"), end = facts.number("memory.end");
    if (!total)
        return unknown(facts, "memory.total");
    return info(end ? std::format("{}, up to address {:#x}", gib(*total), *end) : gib(*total));
}

Judgement judgeIommu(const HostFacts &facts)
{
    const auto units = facts.number("iommu.units"), groups = facts.number("iommu.groups");
    if (!units && !groups)
        return unknown(facts, "iommu.groups");
    if (units.value_or(0) > 0)
        return passed(std::format("{} units, {} groups", *units, groups.value_or(0)));
    if (groups.value_or(0) > 0)
        return passed(std::format("{} groups", *groups));
    const bool table = facts.has("iommu.ivrs");
    return failed(table ? "the BIOS describes one (IVRS), and Linux does not use it" : "none: the BIOS describes none (no IVRS table)",
        "SEV-SNP needs the IOMMU to keep devices out of guests' memory.",
        table
            ? "Take amd_iommu=off and iommu=off out of the kernel's command line, then reboot."
            : std::string(
                  "In the firmware's setup: Advanced > AMD CBS > NBIO Common Options > IOMMU: Enabled, and SEV-SNP Support: Enabled there.")
                + setupNote);
}

Judgement judgeMode(const HostFacts &facts)
{
    const auto line = facts.text("kernel.cmdline");
    const auto passthrough = facts.text("kernel.config.IOMMU_DEFAULT_PASSTHROUGH");
    if (!line)
        return unknown(facts, "kernel.cmdline");
    const std::string padded = " " + std::string(*line) + " ";
    const auto has = [&padded](std::string_view word) { return padded.find(" " + std::string(word) + " ") != std::string::npos; };
    std::string bad;
    for (const std::string_view word :
        {"iommu=pt", "iommu.passthrough=1", "iommu.passthrough=on", "amd_iommu=off", "iommu=off", "amd_iommu=pgtbl_v2"})
        if (has(word))
            bad += (bad.empty() ? "" : " ") + std::string(word);
    if (bad.empty() && passthrough == "y" && !has("iommu.passthrough=0") && !has("iommu=nopt"))
        bad = "CONFIG_IOMMU_DEFAULT_PASSTHROUGH";
    if (!bad.empty())
        return failed(bad, "With passthrough, no IOMMU, or page tables of version 2, Linux leaves SEV-SNP off.",
            "Take this out of the kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub), or set iommu.passthrough=0; then "
            "reboot.",
            "sudo sed -i 's/ *iommu=pt//' /etc/default/grub && sudo update-grub");
    const auto types = facts.text("iommu.types");
    return passed(types ? "translated (" + std::string(*types) + ")" : "nothing rules SEV-SNP out");
}

} // namespace

void addMemory(Checks &table)
{
    table.push_back({"memory.total", area, "Memory", "", {}, {}, "/proc/meminfo, /proc/iomem, /proc/zoneinfo", "", judgeTotal});
    table.push_back({"iommu.present", area, "IOMMU", "", {"cpu.snp"}, blocksSnp,
        "/sys/class/iommu, /sys/kernel/iommu_groups, ACPI table IVRS", "snphost docs/troubleshooting.md", judgeIommu});
    table.push_back({"iommu.mode", area, "IOMMU's mode", "iommu.present", {"iommu.present"}, blocksSnp,
        "/proc/cmdline, CONFIG_IOMMU_DEFAULT_PASSTHROUGH", "Linux drivers/iommu/amd/init.c, iommu_snp_enable", judgeMode});
    table.push_back({"rmp.reserved", area, "Table of page owners (RMP)", "", {"cpu.snp", "msr.encryption"}, blocksSnp,
        "MSR 0xc0010132 and 0xc0010133", "snphost ok; AMDESE/AMDSEV#197", judgeReserved});
    table.push_back({"rmp.coverage", area, "RMP covers all memory", "rmp.reserved", {"rmp.reserved"}, blocksSnp,
        "RMP_BASE and RMP_END against the end of memory", "Linux arch/x86/virt/svm/sev.c", judgeCoverage});
}

} // namespace kastellan::sev
