// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <algorithm>
#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Kernel";

Judgement version(const HostFacts &facts, Version minimum, std::string_view protection, const char *parameter)
{
    const auto release = facts.text("kernel.release");
    const auto found = versionFrom(release);
    if (!found)
        return unknown(facts, "kernel.release");
    if (*found >= minimum)
        return passed(std::string(*release));
    // Distributions carry it back to older kernels: the parameter is there only where the code is.
    if (facts.has(parameter))
        return passed(std::format("{}, with {} carried back", *release, protection));
    return failed(std::string(*release),
        std::format("KVM launches {} guests from Linux {}.{} on.", protection, minimum.major, minimum.minor),
        std::format("Boot a kernel of at least {}.{}.", minimum.major, minimum.minor));
}

Judgement judgeVersion(const HostFacts &facts)
{
    return version(facts, {4, 16, 0}, "SEV", "module.kvm_amd.sev");
}
Judgement judgeVersionEs(const HostFacts &facts)
{
    return version(facts, {5, 11, 0}, "SEV-ES", "module.kvm_amd.sev_es");
}
Judgement judgeVersionSnp(const HostFacts &facts)
{
    return version(facts, {6, 11, 0}, "SEV-SNP", "module.kvm_amd.sev_snp");
}

Judgement judgeConfig(const HostFacts &facts)
{
    std::string missing;
    bool known = false;
    for (const char *option : {"KVM_AMD", "KVM_AMD_SEV", "CRYPTO_DEV_CCP_DD", "CRYPTO_DEV_SP_PSP"}) {
        const auto value = facts.text("kernel.config." + std::string(option));
        known |= value.has_value();
        if (value == "n")
            missing += (missing.empty() ? "CONFIG_" : ", CONFIG_") + std::string(option);
    }
    if (!missing.empty())
        return failed(missing + " not set", "This kernel was built without what SEV needs.",
            "Boot a kernel of your distribution, or build one with these options.");
    if (known)
        return passed("KVM_AMD, KVM_AMD_SEV, CRYPTO_DEV_CCP_DD and CRYPTO_DEV_SP_PSP are set");
    if (facts.flag("module.kvm_amd.sev").value_or(false) && facts.has("dev.sev"))
        return passed("not readable; KVM offers SEV and /dev/sev is there, so they are set");
    return unknown(
        facts, "kernel.config.KVM_AMD_SEV", "Give the file /boot/config-RELEASE of the running kernel, or a kernel with /proc/config.gz.");
}

/// Parameters that take SEV away. What they do to single modules shows in the modules' own checks.
Judgement judgeCommandLine(const HostFacts &facts)
{
    const auto line = facts.text("kernel.cmdline");
    if (!line)
        return unknown(facts, "kernel.cmdline");
    std::string bad;
    for (std::string_view rest = *line; !rest.empty();) {
        const auto end = rest.find(' ');
        const std::string_view word = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto equals = word.find('=');
        const std::string_view value = equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1);
        std::string key(word.substr(0, equals));
        std::ranges::replace(key, '-', '_');
        const bool off = value == "0" || value == "n" || value == "N" || value == "off";
        const bool takes = (off && (key == "kvm_amd.sev" || key == "kvm_amd.npt" || key == "kvm_amd.nrips"))
            || ((key == "module_blacklist" || key == "modprobe.blacklist")
                && (value.find("ccp") != std::string_view::npos || value.find("kvm_amd") != std::string_view::npos));
        if (takes)
            bad += (bad.empty() ? "" : " ") + std::string(word);
    }
    if (bad.empty())
        return passed(line->empty() ? "nothing about SEV" : std::string(*line));
    return failed(bad, "The kernel was told to do without what SEV needs.",
        "Take this out of the kernel's command line (GRUB_CMDLINE_LINUX in /etc/default/grub), then reboot.");
}

Judgement judgeCcp(const HostFacts &facts)
{
    if (facts.has("module.ccp") || facts.has("dev.sev"))
        return passed("loaded");
    if (facts.isAbsent("module.ccp"))
        return failed("not loaded", "The driver of the SEV firmware is missing, so there is no /dev/sev.",
            "Load the module ccp; if that fails, see the kernel's log.", "sudo modprobe ccp && sudo dmesg | grep -i ccp");
    return unknown(facts, "module.ccp");
}

Judgement judgeCgroup(const HostFacts &facts, std::string_view kind)
{
    const std::string key = "cgroup." + std::string(kind);
    const auto capacity = facts.number(key + ".capacity"), current = facts.number(key + ".current");
    if (!capacity)
        return info("not told: " + facts.why(key + ".capacity"), "The limit of keys shows with cgroup version 2 and its controller misc.");
    if (*capacity == 0)
        return failed("none", "KVM has no key for such guests: it was loaded without this kind of SEV.", "See the checks of kvm_amd.");
    if (!current)
        return passed(std::format("{}", *capacity));
    if (*current >= *capacity)
        return failed(std::format("{} of {} in use", *current, *capacity), "Every key is in use: the next launch fails.",
            "End a guest that is not needed.", "keepctl keep list");
    return passed(std::format("{} of {} in use", *current, *capacity));
}
Judgement judgeCgroupSev(const HostFacts &facts)
{
    // KVM without keys of this kind offers no such resource, or one of 0: that has a check of its own.
    if (facts.number("cgroup.sev.capacity") == 0)
        return info("none", "All keys are for SEV-ES and SEV-SNP.");
    return judgeCgroup(facts, "sev");
}
Judgement judgeCgroupEs(const HostFacts &facts)
{
    return judgeCgroup(facts, "sev_es");
}

struct Hint {
    std::string_view text, means;
};
constexpr Hint hints[] = {
    {"not enabled by the BIOS", "Encryption is off in the firmware's setup (SMEE)."},
    {"not enabled by BIOS", "Encryption is off in the firmware's setup (SMEE)."},
    {"does not cover", "The RMP is too small for the memory (SNP Memory Coverage in the firmware's setup)."},
    {"Memory for the RMP table has not been reserved", "The BIOS reserved no RMP (SNP Memory Coverage in the firmware's setup)."},
    {"passthrough mode, SNP cannot be supported",
        "The IOMMU's passthrough rules SEV-SNP out: take iommu=pt out of the kernel's command line."},
    {"V2 page table mode, SNP cannot be supported",
        "The IOMMU's page tables of version 2 rule SEV-SNP out: take amd_iommu=pgtbl_v2 out of the kernel's command line."},
    {"SNP: Failed to enable IOMMU", "The IOMMU could not be made ready for SEV-SNP (SEV-SNP Support under NBIO in the firmware's setup)."},
    {"failed to INIT", "The SEV firmware could not be initialized: reset the platform, or update the firmware."},
    {"SEV: TMR", "Memory for the SEV firmware could not be had: reboot."},
    {"SEV-SNP: failed", "SEV-SNP could not be initialized."},
    {"Failed to initialize SNP", "SEV-SNP could not be initialized."},
    {"psp enabled, but tee enabled", "The processor's security coprocessor answers in part only."},
};

Judgement judgeLog(const HostFacts &facts)
{
    const auto lines = facts.number("log.lines");
    if (!lines)
        return unknown(facts, "log.lines", "Read it as root.", "sudo dmesg | grep -iE 'sev|snp|rmp|ccp|amd-vi'");
    std::string saw, means;
    for (const auto &number : facts.below("log.line.")) {
        const std::string line(facts.text("log.line." + number).value_or(""));
        for (const auto &hint : hints)
            if (line.find(hint.text) != std::string::npos && saw.size() < 1000) {
                saw += (saw.empty() ? "" : " | ") + line;
                if (means.find(hint.means) == std::string::npos)
                    means += (means.empty() ? "" : " ") + std::string(hint.means);
                break;
            }
    }
    if (saw.empty())
        return info(std::format("{} lines about SEV, none that tells of trouble", *lines));
    return warning(saw, means, "The other checks say where each is mended.");
}

} // namespace

void addKernel(Checks &table)
{
    table.push_back(
        {"kernel.version", area, "Version for SEV", "", {}, blocksAll, "/proc/sys/kernel/osrelease", "Linux 4.16", judgeVersion});
    table.push_back({"kernel.version_es", area, "Version for SEV-ES", "kernel.version", {"kernel.version"}, blocksEs,
        "/proc/sys/kernel/osrelease", "Linux 5.11", judgeVersionEs});
    table.push_back({"kernel.version_snp", area, "Version for SEV-SNP", "kernel.version", {"kernel.version_es"}, blocksSnp,
        "/proc/sys/kernel/osrelease", "snphost docs/troubleshooting.md: 6.11", judgeVersionSnp});
    table.push_back({"kernel.config", area, "Configuration", "", {}, blocksAll, "/proc/config.gz, /boot/config-RELEASE", "", judgeConfig});
    table.push_back({"kernel.cmdline", area, "Command line", "", {}, blocksAll, "/proc/cmdline", "", judgeCommandLine});
    table.push_back(
        {"kernel.ccp", area, "Driver of the SEV firmware (ccp)", "", {"cpu.sev"}, blocksAll, "/sys/module/ccp, /dev/sev", "", judgeCcp});
    table.push_back({"kernel.log", area, "Kernel's log", "", {}, {}, "/dev/kmsg", "AMDESE/AMDSEV#105", judgeLog});
    table.push_back({"cgroup.sev", area, "Keys in use: SEV", "", {"cpu.sev_asids"}, {"sev"}, "misc.capacity and misc.current, sev",
        "Linux cgroup-v2, misc controller", judgeCgroupSev});
    table.push_back({"cgroup.sev_es", area, "Keys in use: SEV-ES and SEV-SNP", "", {"cpu.es_asids"}, blocksEs,
        "misc.capacity and misc.current, sev_es", "Linux cgroup-v2, misc controller", judgeCgroupEs});
}

} // namespace kastellan::sev
