// SPDX-License-Identifier: Apache-2.0
// Machines as users report them: what is wrong, and who reported it.
#include "tests/unit/sev-backend/readiness/machines.h"

namespace kastellan::test {
namespace {

/// A healthy machine with some facts changed. What is expected is all there is: no other check may fail, warn or be unknown.
Machine broken(std::string name, const std::string &base, std::vector<MachineFact> changes, const std::string &verdicts,
    std::vector<std::string> failing, std::vector<std::string> skipped, std::string source, std::vector<std::string> warning = {},
    std::vector<std::string> unknown = {})
{
    Machine machine = healthy(base);
    machine.name = std::move(name);
    for (auto &change : changes)
        machine.facts.push_back(std::move(change)); // the last one of a key holds
    const auto word = [](char letter) -> std::string { return letter == 'r' ? "ready" : letter == 'n' ? "not ready" : "unknown"; };
    machine.sev = word(verdicts[0]);
    machine.es = word(verdicts[1]);
    machine.snp = word(verdicts[2]);
    machine.failing = std::move(failing);
    machine.skipped = std::move(skipped);
    machine.source = std::move(source);
    machine.warning = std::move(warning);
    machine.unknown = std::move(unknown);
    return machine;
}

const char *const syscfgOff = "0x740000 on 0-127"; // AMD 24593, SYSCFG without MemEncryptionModEn

void addSetup(std::vector<Machine> &machines)
{
    const std::vector<std::string> behindSmee{"msr.snp", "rmp.reserved", "kvm.sev", "sev.device", "firmware.sev", "libvirt.sev"};
    machines.push_back(broken("SMEE off in the BIOS", "Genoa",
        {{"msr.syscfg", syscfgOff, "AMD 24593"}, {"cpuinfo.flag.sev", "0", "Linux early_detect_mem_encrypt"}, {"cpuinfo.flag.sme", "0", ""},
            {"module.kvm_amd.sev", "N", ""}, {"dev.sev", "!absent", ""}, {"log.lines", "1", ""},
            {"log.line.00", "x86/mm: Memory encryption not enabled by the BIOS", ""}},
        "nnn", {"msr.encryption"}, behindSmee, "virtee/sevctl#130: ok says PASS, dmesg that it is not enabled by BIOS", {"kernel.log"}));
    machines.push_back(broken("SMEE off, registers not readable", "Genoa",
        {{"msr.syscfg", "!denied", ""}, {"msr.rmp_base", "!denied", ""}, {"msr.rmp_end", "!denied", ""}, {"msr.vm_cr", "!denied", ""},
            {"msr.hwcr", "!denied", ""}, {"cpuinfo.flag.sev", "0", "Linux early_detect_mem_encrypt"}, {"module.kvm_amd.sev", "N", ""},
            {"dev.sev", "!absent", ""}},
        "nnn", {"msr.encryption"}, behindSmee, "virtee/sevctl#130, as an ordinary user", {}, {"msr.readable", "msr.alike", "msr.hwcr"}));
    machines.push_back(
        broken("SMEE on one processor missing", "Milan", {{"msr.syscfg", "0x3f40000 on 0-254; 0x740000 on 255", "AMD 24593"}}, "nnn",
            {"msr.encryption"}, {"msr.snp", "kvm.sev"}, "no tool looks at more than processor 0", {"msr.alike"}));
    machines.push_back(broken("no RMP reserved", "Milan",
        {{"msr.rmp_base", "0x0 on 0-255", ""}, {"msr.rmp_end", "0x0 on 0-255", ""}, {"module.kvm_amd.sev_snp", "N", ""},
            {"msr.syscfg", "0xf40000 on 0-255", ""}, {"platform.snp.state", "0", ""}, {"platform.snp.rmp_initialized", "no", ""},
            {"libvirt.launch_security", "sev", ""}},
        "rrn", {"msr.snp", "rmp.reserved"}, {"rmp.coverage", "rmp.initialized", "firmware.snp", "kvm.snp", "libvirt.snp"},
        "AMDESE/AMDSEV#68: RMP table not reserved"));
    machines.push_back(broken("RMP smaller than the memory", "Genoa",
        {{"msr.rmp_base", "0x1000000000 on 0-127", ""},
            {"msr.rmp_end", "0x1040003fff on 0-127", "16 bytes for each page of 256 GiB, and 16 KiB"}, {"module.kvm_amd.sev_snp", "N", ""},
            {"platform.snp.state", "0", ""}, {"platform.snp.rmp_initialized", "no", ""}},
        "rrn", {"rmp.coverage"}, {"rmp.initialized", "firmware.snp", "kvm.snp"},
        "AMDESE/AMDSEV#197: Split RMP, coverage below the memory"));
    machines.push_back(broken("SEV-ES ASID limit 1", "Rome",
        {{"cpuid.8000001f.edx", "0x1", ""}, {"module.kvm_amd.sev_es", "N", ""}, {"cgroup.sev_es.capacity", "!absent", ""},
            {"cgroup.sev.capacity", "509", ""}},
        "rnn", {"cpu.es_asids", "cpu.snp"}, {"kvm.es"}, "snphost docs/troubleshooting.md: SEV-ES ASID Space Limit"));
    machines.push_back(
        broken("all ASIDs for SEV-ES", "Genoa", {{"cpuid.8000001f.edx", "0x3ef", "1007 of 1006"}, {"cgroup.sev.capacity", "!absent", ""}},
            "nrr", {"cpu.sev_asids"}, {"cgroup.sev"}, "Linux arch/x86/kvm/svm/sev.c: min_sev_asid above max_sev_asid"));
    machines.push_back(broken("SVM off in the BIOS", "Genoa",
        {{"msr.vm_cr", "0x18 on 0-127", "AMD 24593, SVMDIS"}, {"module.kvm_amd", "!absent", ""}, {"dev.kvm", "!absent", ""}}, "nnn",
        {"cpu.svm", "kvm.device"}, {"kvm.module", "kvm.sev", "kvm.run"}, "snphost docs/troubleshooting.md: SVM"));
    machines.push_back(broken("IOMMU off in the BIOS", "Milan",
        {{"iommu.units", "0", ""}, {"iommu.groups", "0", ""}, {"iommu.ivrs", "!absent", ""}, {"module.kvm_amd.sev_snp", "N", ""},
            {"platform.snp.state", "0", ""}},
        "rrn", {"iommu.present"}, {"iommu.mode", "kvm.snp", "firmware.snp"}, "AMDESE/AMDSEV#105: NBIO SEV-SNP switch"));
}

void addKernel(std::vector<Machine> &machines)
{
    machines.push_back(broken("iommu=pt", "Genoa",
        {{"kernel.cmdline", "iommu=pt", "Linux iommu_snp_enable"}, {"iommu.types", "identity 85", ""}, {"module.kvm_amd.sev_snp", "N", ""},
            {"platform.snp.state", "0", ""}, {"platform.snp.rmp_initialized", "no", ""}, {"msr.syscfg", "0xf40000 on 0-127", ""}},
        "rrn", {"iommu.mode", "msr.snp"}, {"kvm.snp", "firmware.snp"}, "AMDESE/AMDSEV#271; no tool looks at it"));
    machines.push_back(broken("passthrough by default", "Genoa", {{"kernel.config.IOMMU_DEFAULT_PASSTHROUGH", "y", ""}}, "rrn",
        {"iommu.mode"}, {"kvm.snp", "firmware.snp"}, "Linux iommu_default_passthrough"));
    machines.push_back(broken("passthrough by default, overruled", "Genoa",
        {{"kernel.config.IOMMU_DEFAULT_PASSTHROUGH", "y", ""}, {"kernel.cmdline", "iommu.passthrough=0", ""}}, "rrr", {}, {},
        "Linux kernel-parameters"));
    machines.push_back(broken("page tables of version 2", "Milan", {{"kernel.cmdline", "amd_iommu=pgtbl_v2", ""}}, "rrn", {"iommu.mode"},
        {"kvm.snp"}, "Linux iommu_snp_enable"));
    machines.push_back(broken("kernel 6.8", "Genoa",
        {{"kernel.release", "6.8.0-60-generic", "Ubuntu 24.04"}, {"module.kvm_amd.sev_snp", "!absent", "Linux 6.8"},
            {"kvm.vm_types", "0x1", "Linux 6.8"}, {"kvm.guest_memfd", "1", ""},
            {"platform.snp.state", "!failed Inappropriate ioctl for device", ""},
            {"platform.snp.rmp_initialized", "!failed Inappropriate ioctl for device", ""}},
        "rrn", {"kernel.version_snp", "kvm.snp"}, {"kvm.type_snp", "libvirt.snp"}, "enarx/enarx#2578: Inappropriate ioctl, no diagnosis",
        {}, {"firmware.snp", "rmp.initialized"}));
    machines.push_back(broken("SNP carried back to 5.14", "Milan", {{"kernel.release", "5.14.0-570.el9.x86_64", "RHEL 9.6"}}, "rrr", {}, {},
        "Red Hat Enterprise Linux 9.6"));
    machines.push_back(broken("kvm_amd.sev=0", "Rome",
        {{"kernel.cmdline", "kvm_amd.sev=0", ""}, {"module.kvm_amd.sev", "N", ""}, {"module.kvm_amd.sev_es", "N", ""},
            {"libvirt.sev.supported", "no", ""}, {"kvm.vm_types", "0x1", ""}},
        "nnn", {"cpu.snp", "kernel.cmdline", "kvm.sev"}, {"kvm.es", "libvirt.sev", "kvm.type_sev"}, "AMDESE/AMDSEV#107"));
    machines.push_back(broken("no nested paging", "Milan", {{"module.kvm_amd.npt", "N", ""}, {"module.kvm_amd.sev", "N", ""}}, "nnn",
        {"kvm.nested_paging", "kvm.sev"}, {"kvm.es", "kvm.snp"}, "Linux sev_hardware_setup"));
    machines.push_back(
        broken("kernel without KVM_AMD_SEV", "Milan", {{"kernel.config.KVM_AMD_SEV", "n", ""}, {"module.kvm_amd.sev", "!absent", ""}},
            "nnn", {"kernel.config", "kvm.sev"}, {"kvm.snp"}, "Linux Kconfig"));
    machines.push_back(
        broken("ccp not loaded", "Genoa", {{"module.ccp", "!absent", ""}, {"dev.sev", "!absent", ""}, {"module.kvm_amd.sev", "N", ""}},
            "nnn", {"kernel.ccp", "kvm.sev"}, {"sev.device", "sev.read", "firmware.sev"}, "AMDESE/AMDSEV#68"));
    machines.push_back(broken("kvm_amd not loaded", "Genoa", {{"module.kvm_amd", "!absent", ""}, {"dev.kvm", "!absent", ""}}, "nnn",
        {"kvm.module", "kvm.device"}, {"kvm.sev", "kvm.snp", "kvm.run"}, "sevctl ok"));
    machines.push_back(broken("every key in use", "Genoa", {{"cgroup.sev_es.current", "99", ""}}, "rnn", {"cgroup.sev_es"}, {},
        "no tool looks at the misc controller"));
    machines.push_back(broken("/dev/kvm that runs no guest", "Genoa",
        {{"kvm.run", "the guest stopped with KVM_EXIT_INTERNAL_ERROR (17)", "a paravirtual KVM: opens, answers API 12, runs nothing"}},
        "nnn", {"kvm.run"}, {}, "enarx/enarx#2248: all checks pass, launching fails"));
    machines.push_back(broken("KVM makes no SNP machines", "Genoa", {{"kvm.vm_types", "0xd", ""}}, "rrn", {"kvm.type_snp"}, {},
        "enarx/enarx#1315: firmware and kernel do not fit"));
}

void addFirmware(std::vector<Machine> &machines)
{
    machines.push_back(broken("platform not initialized", "Rome", {{"platform.sev.state", "0", ""}, {"platform.sev.flags", "0x0", ""}},
        "unn", {"cpu.snp"}, {}, "snphost ok: SEV initialized", {}, {"firmware.sev", "firmware.es"}));
    machines.back().es = "unknown";
    machines.push_back(broken("SNP failed to start", "Milan",
        {{"platform.snp.state", "0", ""}, {"platform.snp.rmp_initialized", "no", ""}, {"log.lines", "1", ""},
            {"log.line.00", "ccp 0000:22:00.1: SEV-SNP: failed to INIT rc -5, error 0x3", "Linux drivers/crypto/ccp/sev-dev.c"}},
        "rrn", {"rmp.initialized", "firmware.snp"}, {"firmware.signing", "tcb.reported"}, "AMDESE/AMDSEV#105", {"kernel.log"}));
    machines.push_back(broken("firmware 1.49", "Milan",
        {{"platform.snp.version", "1.49.12", ""}, {"platform.sev.version", "1.49.12", ""}, {"platform.snp.state", "0", ""},
            {"module.kvm_amd.sev_snp", "N", ""}, {"platform.snp.rmp_initialized", "no", ""}},
        "rrn", {"firmware.version_snp", "kvm.snp", "rmp.initialized"}, {"firmware.snp"}, "snphost ok: at least 1.51"));
    machines.push_back(broken("reports unsigned", "Genoa", {{"platform.snp.flags", "0xa", "MASK_CHIP_KEY"}}, "rrn", {"firmware.signing"},
        {}, "virtee/snphost#127"));
    machines.push_back(
        broken("chip masked", "Genoa", {{"platform.snp.flags", "0x9", "MASK_CHIP_ID"}}, "rrr", {}, {}, "trustee#785", {"firmware.chip"}));
    machines.push_back(broken(
        "a VLEK signs", "Genoa", {{"platform.snp.flags", "0xe", "MASK_CHIP_KEY and VLEK_EN"}}, "rrr", {}, {}, "AMD 56860, SNP_VLEK_LOAD"));
    machines.push_back(broken("reported below current", "Genoa", {{"platform.snp.tcb.reported", "0a00000000001a56", ""}}, "rrr", {}, {},
        "AMDESE/AMDSEV#274: inconsistent TCB versions", {"tcb.reported"}));
    machines.push_back(broken("reported above current", "Genoa", {{"platform.snp.tcb.reported", "0a00000000001c56", ""}}, "rrr", {}, {},
        "virtee/snphost#125", {"tcb.reported"}));
    machines.push_back(broken("older than AMD-SB-3019", "Milan",
        {{"platform.snp.tcb.current", "03000000000017d1", ""}, {"platform.snp.tcb.reported", "03000000000017d1", ""}}, "rrr", {}, {},
        "microsoft/CCF#6812: snp at least 0x18 on Milan", {"firmware.bulletins"}));
    machines.push_back(broken("older than AMD-SB-3030", "Milan",
        {{"platform.snp.tcb.current", "0400000000001cde", ""}, {"platform.snp.tcb.reported", "0400000000001cde", ""}}, "rrr", {}, {},
        "AMD-SB-3030: snp at least 0x1d on Milan", {"firmware.bulletins"}));
    machines.push_back(broken("older than AMD-SB-3020", "Genoa",
        {{"platform.snp.tcb.current", "0a00000000001a56", ""}, {"platform.snp.tcb.reported", "0a00000000001a56", ""}}, "rrr", {}, {},
        "AMD-SB-3020: snp at least 0x1b on Genoa", {"firmware.bulletins"}));
    machines.push_back(broken("no alias check", "Genoa", {{"platform.snp.alias_check", "no", ""}}, "rrr", {}, {},
        "virtee/snphost#125: alias check FAIL not explained; AMD-SB-3015", {"firmware.alias"}));
}

void addPeople(std::vector<Machine> &machines)
{
    // What a user who may open neither device sees: libvirt opens them for its QEMU, and tells that it has.
    std::vector<MachineFact> outsider{{"user.id", "1000", ""}, {"user.groups", "alice", ""}};
    for (const char *key :
        {"dev.sev.read", "dev.sev.write", "dev.kvm.read", "dev.kvm.write", "kvm.run", "kvm.api", "kvm.vm_types", "kvm.guest_memfd",
            "kvm.sev_features", "platform.sev.state", "platform.sev.version", "platform.sev.flags", "platform.snp.state",
            "platform.snp.version", "platform.snp.flags", "platform.snp.rmp_initialized", "platform.snp.alias_check", "platform.chip_id"})
        outsider.push_back({key, "!denied", "Debian's udev rules"});
    const std::vector<std::string> closed{"sev.read", "sev.write", "kvm.access"},
        hidden{"firmware.version", "firmware.es", "firmware.owner", "firmware.version_snp", "firmware.snp", "firmware.chip",
            "firmware.signing", "firmware.alias", "rmp.initialized", "kvm.api", "kvm.run", "kvm.type_sev", "kvm.type_es", "kvm.type_snp",
            "kvm.guest_memfd", "kvm.features"};
    auto inGroup = outsider, polkit = outsider, without = outsider;
    inGroup.push_back({"user.groups", "alice libvirt", ""});
    outsider.push_back({"libvirt.socket", "!denied", "Debian's libvirt-daemon-system"});
    without.push_back({"libvirt.sev.supported", "!absent", ""});
    without.push_back({"libvirt.version", "!absent", ""});
    machines.push_back(broken("user in no group", "Genoa", outsider, "nnn", {"libvirt.manage"}, {}, "systemd PR#15593", closed, hidden));
    machines.push_back(broken("user in the group libvirt", "Genoa", inGroup, "uuu", {}, {}, "libvirt: access to /dev/sev", closed, hidden));
    auto more = hidden;
    more.emplace_back("libvirt.manage");
    machines.push_back(broken("libvirt's socket open to all", "Genoa", polkit, "uuu", {}, {}, "Fedora: polkit decides", closed, more));
    machines.push_back(
        broken("user in no group, no libvirt", "Genoa", without, "nnn", {"sev.read", "sev.write", "kvm.access", "libvirt.answers"},
            {"firmware.sev", "firmware.snp", "kvm.run", "rmp.initialized", "libvirt.sev"}, "systemd PR#15593"));
    machines.push_back(broken("registers for root alone", "Genoa",
        {{"msr.syscfg", "!denied", ""}, {"msr.rmp_base", "!denied", ""}, {"msr.rmp_end", "!denied", ""}, {"msr.vm_cr", "!denied", ""},
            {"msr.hwcr", "!denied", ""}},
        "rrr", {}, {}, "Linux tells the same by flags and parameters", {}, {"msr.readable", "msr.alike", "msr.hwcr"}));
    machines.push_back(broken("registers for root alone, SNP not started", "Genoa",
        {{"msr.syscfg", "!denied", ""}, {"msr.rmp_base", "!denied", ""}, {"msr.rmp_end", "!denied", ""}, {"msr.vm_cr", "!denied", ""},
            {"msr.hwcr", "!denied", ""}, {"module.kvm_amd.sev_snp", "!denied", ""}, {"platform.snp.state", "!denied", ""},
            {"platform.snp.rmp_initialized", "!denied", ""}},
        "rru", {}, {}, "what could not be read is unknown, not missing", {},
        {"msr.readable", "msr.alike", "msr.hwcr", "msr.snp", "msr.vmpl", "rmp.reserved", "rmp.coverage", "rmp.initialized", "firmware.snp",
            "kvm.snp"}));
    machines.push_back(broken("without probes", "Genoa",
        {{"kvm.run", "!not looked", ""}, {"kvm.api", "!not looked", ""}, {"kvm.vm_types", "!not looked", ""},
            {"kvm.guest_memfd", "!not looked", ""}, {"kvm.sev_features", "!not looked", ""}},
        "uuu", {}, {}, "--no-probes", {},
        {"kvm.api", "kvm.run", "kvm.type_sev", "kvm.type_es", "kvm.type_snp", "kvm.guest_memfd", "kvm.features"}));
    machines.push_back(broken("8 MiB of locked memory", "Genoa", {{"user.memlock.soft", "8388608", ""}, {"user.may_lock", "no", ""}}, "rrr",
        {}, {}, "Enarx: allows for N keeps", {"user.memlock"}));
    machines.push_back(broken("inside an Azure guest", "Genoa",
        {{"cpuid.1.ecx", "0xfefa320b", ""}, {"cpu.hypervisor", "Microsoft Hv", ""}, {"dev.sev", "!absent", ""},
            {"platform.sev.state", "!absent", ""}, {"platform.snp.state", "!absent", ""}, {"msr.sev_status", "0x7 on 0-127", ""},
            {"dev.sev_guest", "yes", ""}, {"dev.sev_guest.write", "yes", ""}},
        "nnn", {"env.virtual"}, {"cpu.sev", "cpu.svm", "sev.device", "firmware.snp"},
        "virtee/sevctl#186: a host tool run inside a guest fails without telling so"));
    machines.push_back(broken("in a container", "Genoa",
        {{"env.enclosure", "a Docker container", ""}, {"qemu.path", "!absent", ""}, {"libvirt.version", "!absent", ""},
            {"images", "0", ""}},
        "uuu", {}, {}, "packages of another root", {"env.root"},
        {"qemu.present", "qemu.version", "qemu.machine", "qemu.sev", "qemu.snp", "libvirt.answers", "libvirt.manage", "libvirt.sev",
            "libvirt.snp", "image.sev", "image.hashes", "image.es", "image.snp", "image.snp_hashes"}));
    machines.push_back(broken("Intel", "Genoa", {{"cpu.vendor", "GenuineIntel", ""}}, "nnn", {"cpu.vendor"},
        {"cpu.sev", "cpu.snp", "msr.encryption", "sev.device", "kvm.sev"}, "sevctl ok"));
    machines.push_back(broken("Ryzen", "Genoa", {{"cpu.brand", "AMD Ryzen 9 7950X", ""}}, "rrr", {}, {},
        "virtee/snpguest#109: 'not a fan of that name'", {"cpu.brand"}));
}

void addPrograms(std::vector<Machine> &machines)
{
    machines.push_back(broken("no QEMU", "Genoa",
        {{"qemu.path", "!absent", ""}, {"qemu.version", "!absent", ""}, {"qemu.sev_guest", "!absent", ""},
            {"qemu.sev_snp_guest", "!absent", ""}, {"qemu.q35", "!absent", ""}},
        "nnn", {"qemu.present"}, {"qemu.sev", "qemu.snp", "libvirt.snp"}, "no tool looks at QEMU"));
    machines.push_back(broken("QEMU 8.2", "Milan",
        {{"qemu.version", "8.2.2", ""}, {"qemu.sev_snp_guest", "!absent", "QEMU 8.2"}, {"libvirt.launch_security", "sev", ""}}, "rrn",
        {"qemu.snp"}, {"libvirt.snp"}, "AMDESE/AMDSEV#195"));
    machines.push_back(broken("libvirt 10.0", "Milan", {{"libvirt.version", "10.0.0", "Ubuntu 24.04"}, {"libvirt.launch_security", "", ""}},
        "rrn", {"libvirt.snp"}, {}, "libvirt: sev-snp since 10.5"));
    machines.push_back(
        broken("libvirt not running", "Milan", {{"libvirt.version", "!absent", ""}, {"libvirt.sev.supported", "!absent", ""}}, "nnn",
            {"libvirt.answers"}, {"libvirt.sev", "libvirt.snp"}, "no tool looks at libvirt"));
    machines.push_back(broken("libvirt remembers an older look", "Genoa", {{"libvirt.sev.supported", "no", ""}}, "nnn", {"libvirt.sev"}, {},
        "cached capabilities"));
    machines.push_back(broken("OVMF of Debian 13", "Genoa",
        {{"image.00.path", "/usr/share/OVMF/OVMF_CODE_4M.fd", "ovmf 2025.02-8+deb13u1"},
            {"image.00.features", "amd-sev", "ovmf 2025.02-8+deb13u1"}, {"image.00.hash_table", "no", "ovmf 2025.02-8+deb13u1"},
            {"image.00.snp_kernel_hashes", "no", "ovmf 2025.02-8+deb13u1"}},
        "nnn", {"image.hashes", "image.es", "image.snp"}, {"image.snp_hashes"}, "AMDESE/AMDSEV#138: kernel hashes"));
    machines.push_back(broken("OVMF without SNP_KERNEL_HASHES", "Genoa", {{"image.00.snp_kernel_hashes", "no", ""}}, "rrn",
        {"image.snp_hashes"}, {}, "sev-snp-measure: OVMF metadata doesn't include SNP_KERNEL_HASHES"));
    machines.push_back(broken("no firmware images", "Genoa", {{"images", "0", ""}, {"image.00.features", "", ""}}, "nnn",
        {"image.sev", "image.es", "image.snp"}, {"image.hashes", "image.snp_hashes"}, "no tool looks at images"));
}

} // namespace

const std::vector<Machine> &brokenMachines()
{
    static const std::vector<Machine> machines = [] {
        std::vector<Machine> list;
        addSetup(list);
        addKernel(list);
        addFirmware(list);
        addPeople(list);
        addPrograms(list);
        return list;
    }();
    return machines;
}

} // namespace kastellan::test
