// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Firmware";
constexpr const char *seeLog = "sudo dmesg | grep -iE 'sev|ccp|psp'";

Judgement judgePresent(const HostFacts &facts)
{
    if (facts.has("dev.sev"))
        return passed(std::format("mode {}, {}:{}", facts.text("dev.sev.mode").value_or("?"), facts.text("dev.sev.owner").value_or("?"),
            facts.text("dev.sev.group").value_or("?")));
    if (!facts.isAbsent("dev.sev"))
        return unknown(facts, "dev.sev");
    if (enclosed(facts) && facts.flag("module.kvm_amd.sev").value_or(false))
        return failed("there is no /dev/sev in here, though KVM offers SEV", "The container or build root does not pass the device on.",
            "Pass it on, for instance with --device /dev/sev.");
    return failed("there is no /dev/sev", "SEV is off, or its driver is not loaded: there is no /dev/sev.",
        std::string("Enable SEV in the firmware's setup (Advanced > AMD CBS > CPU Common Options > SMEE and SEV Control), load the module "
                    "ccp, and see the kernel's log.")
            + setupNote,
        "sudo modprobe ccp; sudo dmesg | grep -iE 'sev|ccp'");
}

Judgement judgeAccess(const HostFacts &facts, std::string_view key, const char *device, const char *purpose)
{
    if (facts.has(key))
        return passed("it opens");
    const Fact *fact = facts.find(key);
    if (!fact || fact->had == Fact::Had::NotLooked)
        return unknown(facts, key);
    if (fact->had != Fact::Had::Denied)
        return failed(facts.why(key), purpose, "See the kernel's log.", seeLog);
    if (libvirtHasSev(facts))
        return warning("permission denied; libvirt's QEMU opens it", std::string(purpose) + " Guests are launched by libvirt all the same.",
            "To look at the firmware too, run as root.", "sudo keepctl host check");
    const std::string group = groupToJoin(facts, std::string(key.substr(0, key.rfind('.'))) + ".group");
    if (group == "root")
        return failed("permission denied", purpose,
            std::format(
                "The device belongs to root alone: a udev rule can give it to the group kvm; then join that group and log in again."),
            std::format("echo 'KERNEL==\"{}\", GROUP=\"kvm\", MODE=\"0660\"' | sudo tee /etc/udev/rules.d/60-{}.rules && sudo udevadm "
                        "trigger {} && sudo usermod -aG kvm \"$USER\"",
                device + 5, device + 5, device));
    return failed("permission denied; this user's groups: " + std::string(facts.text("user.groups").value_or("?")), purpose,
        std::format("Join the group '{}' that owns it, and log in again.", group), std::format("sudo usermod -aG {} \"$USER\"", group));
}
Judgement judgeRead(const HostFacts &facts)
{
    return judgeAccess(facts, "dev.sev.read", "/dev/sev", "Status and certificates of the firmware cannot be read.");
}
Judgement judgeWrite(const HostFacts &facts)
{
    return judgeAccess(facts, "dev.sev.write", "/dev/sev", "Guests are launched, and the platform is managed, with write access.");
}

Judgement judgeVersion(const HostFacts &facts)
{
    const auto version = facts.text("platform.sev.version");
    if (!version)
        return unknown(facts, "platform.sev.state");
    return info(std::string(*version));
}

/// Linux starts SEV-SNP from this firmware on (drivers/crypto/ccp/sev-dev.c, SNP_MIN_API_MAJOR and SNP_MIN_API_MINOR).
Judgement judgeVersionSnp(const HostFacts &facts)
{
    auto text = facts.text("platform.snp.version");
    if (!text)
        text = facts.text("platform.sev.version");
    const auto version = versionFrom(text);
    if (!version)
        return unknown(facts, "platform.sev.state");
    if (*version >= Version{1, 51, 0})
        return passed(std::string(*text));
    return failed(std::string(*text), "SEV-SNP needs firmware 1.51 or newer.",
        "Update the BIOS, or install the newest linux-firmware (amd/amd_sev_fam*.sbin) and reboot.");
}

Judgement judgeState(const HostFacts &facts)
{
    const auto state = facts.number("platform.sev.state");
    if (!state)
        return libvirtHasSev(facts) ? passed("not readable; libvirt's QEMU got the platform's certificates",
                                          "The firmware hands them out only when it is initialized.")
                                    : unknown(facts, "platform.sev.state", "Open /dev/sev with a user who may.", seeLog);
    if (*state == 1)
        return passed("initialized");
    if (*state == 2)
        return passed(std::format("working, {} guests", facts.number("platform.sev.guests").value_or(0)));
    if (*state != 0)
        return failed(std::format("unknown state {}", *state), "The firmware is in no state that this version knows.", "Reboot.");
    if (facts.flag("module.ccp.psp_init_on_probe") == false)
        return info("not initialized: psp_init_on_probe is off", "Linux initializes it for the first guest.");
    return {CheckState::Unknown, "not initialized",
        "Linux initializes it when kvm_amd is loaded or for the first guest; whether that works is not known before.",
        "Load kvm_amd, and see the kernel's log for 'SEV: failed to INIT'.",
        "sudo modprobe -r kvm_amd; sudo modprobe kvm_amd; sudo dmesg | tail", {}};
}

Judgement judgeEs(const HostFacts &facts)
{
    const auto flags = facts.number("platform.sev.flags"), state = facts.number("platform.sev.state");
    if (!flags || !state)
        return unknown(facts, "platform.sev.state");
    if (*flags >> 8 & 1)
        return passed("initialized for SEV-ES");
    if (*state == 0)
        return {CheckState::Unknown, "SEV is not initialized", {}, {}, {}, {}};
    return failed(
        "initialized without SEV-ES", "The firmware was initialized without SEV-ES.", "Boot a newer kernel; see its log.", seeLog);
}

Judgement judgeSnp(const HostFacts &facts)
{
    const auto state = facts.number("platform.snp.state");
    if (!state)
        return unknown(facts, "platform.snp.state", "Open /dev/sev with a user who may.", seeLog);
    if (*state == 1)
        return passed(std::format("initialized, {} guests", facts.number("platform.snp.guests").value_or(0)));
    return failed("not initialized", "The firmware runs no SEV-SNP: Linux could not start it.",
        "See the kernel's log; the checks of RMP and IOMMU name the usual causes.", "sudo dmesg | grep -iE 'sev|snp|rmp|amd-vi'");
}

Judgement judgeRmp(const HostFacts &facts)
{
    const auto flag = facts.flag("platform.snp.rmp_initialized");
    if (!flag)
        return unknown(facts, "platform.snp.state");
    if (*flag)
        return passed("initialized");
    return failed("not initialized", "The firmware has not taken the RMP over: SEV-SNP did not start.",
        "See the kernel's log; update the BIOS.", "sudo dmesg | grep -iE 'sev|snp|rmp'");
}

Judgement judgeOwner(const HostFacts &facts)
{
    const auto flags = facts.number("platform.sev.flags");
    if (!flags)
        return unknown(facts, "platform.sev.state");
    return info(*flags & 1 ? "owned by an external owner" : "owned by itself", "Whose certificate (OCA) stands above the platform's.");
}

Judgement judgeMask(const HostFacts &facts)
{
    const auto flags = facts.number("platform.snp.flags");
    if (!flags)
        return unknown(facts, "platform.snp.state");
    const bool vlek = *flags >> 2 & 1;
    if (*flags >> 1 & 1 && !vlek)
        return failed("MASK_CHIP_KEY is set, and no VLEK is loaded", "Attestation reports are not signed: no keep can prove itself.",
            "Reset the configuration of the platform.", "sudo keepctl host reset-config");
    if (*flags >> 1 & 1)
        return info("MASK_CHIP_KEY is set; a VLEK signs");
    return passed(vlek ? "by the VCEK, or the VLEK that is loaded" : "by the VCEK");
}

Judgement judgeChip(const HostFacts &facts)
{
    const auto flags = facts.number("platform.snp.flags");
    if (flags && *flags & 1)
        return warning("MASK_CHIP_ID is set",
            "Reports do not name the chip: hosts cannot be pinned, and the VCEK's address cannot be told from a report.",
            "Where that is not wanted, reset the configuration of the platform.", "sudo keepctl host reset-config");
    const auto chip = facts.text("platform.chip_id");
    if (!chip)
        return unknown(facts, "platform.chip_id");
    return info(std::string(*chip));
}

} // namespace

void addFirmware(Checks &table)
{
    table.push_back({"sev.device", area, "Device of the firmware", "", {"cpu.sev", "msr.encryption", "kernel.ccp"}, blocksAll, "/dev/sev",
        "", judgePresent});
    table.push_back({"sev.read", area, "This user may read it", "sev.device", {"sev.device"}, blocksAll, "/dev/sev, opened for reading",
        "sevctl ok, snphost ok", judgeRead});
    table.push_back({"sev.write", area, "This user may write it", "sev.device", {"sev.device"}, blocksAll, "/dev/sev, opened for writing",
        "sevctl ok, snphost ok", judgeWrite});
    table.push_back({"firmware.version", area, "Version", "sev.device", {"sev.read"}, {}, "SEV_PLATFORM_STATUS", manualSev, judgeVersion});
    table.push_back({"firmware.sev", area, "SEV initialized", "sev.device", {"sev.read"}, {"sev", "es"}, "SEV_PLATFORM_STATUS, state",
        "snphost ok", judgeState});
    table.push_back({"firmware.es", area, "SEV-ES initialized", "firmware.sev", {"firmware.sev", "cpu.es"}, {"es"},
        "SEV_PLATFORM_STATUS, flags bit 8", "snphost ok", judgeEs});
    table.push_back(
        {"firmware.owner", area, "Owner", "firmware.sev", {"sev.read"}, {}, "SEV_PLATFORM_STATUS, flags bit 0", manualSev, judgeOwner});
    table.push_back({"firmware.version_snp", area, "Version for SEV-SNP", "sev.device", {"sev.read", "cpu.snp"}, blocksSnp,
        "SNP_PLATFORM_STATUS", "snphost ok: 1.51", judgeVersionSnp});
    table.push_back({"firmware.snp", area, "SEV-SNP initialized", "sev.device",
        {"sev.read", "msr.snp", "rmp.reserved", "rmp.coverage", "iommu.mode", "firmware.version_snp"}, blocksSnp,
        "SNP_PLATFORM_STATUS, state", "snphost ok", judgeSnp});
    table.push_back({"rmp.initialized", "Memory and IOMMU", "RMP initialized", "rmp.reserved", {"sev.read", "rmp.coverage", "msr.snp"},
        blocksSnp, "SNP_PLATFORM_STATUS, IS_RMP_INIT", "snphost ok", judgeRmp});
    table.push_back({"firmware.signing", area, "Reports are signed", "firmware.snp", {"firmware.snp"}, blocksSnp,
        "SNP_PLATFORM_STATUS, MASK_CHIP_KEY and VLEK_EN", "virtee/snphost#127", judgeMask});
    table.push_back({"firmware.chip", area, "Identity of the chip", "firmware.snp", {"sev.read"}, {}, "SEV_GET_ID2; MASK_CHIP_ID",
        manualSnp, judgeChip});
}

} // namespace kastellan::sev
