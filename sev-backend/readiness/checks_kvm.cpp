// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "KVM";
constexpr const char *reload = "sudo modprobe -r kvm_amd && sudo modprobe kvm_amd sev=1 sev_es=1 sev_snp=1";

Judgement judgeModule(const HostFacts &facts)
{
    if (facts.has("module.kvm_amd"))
        return passed("loaded");
    if (!facts.isAbsent("module.kvm_amd"))
        return unknown(facts, "module.kvm_amd");
    return failed("kvm_amd is not loaded", "KVM for AMD processors is missing.",
        "Load the module; if that fails, enable SVM in the firmware's setup.", "sudo modprobe kvm_amd");
}

Judgement judgeNested(const HostFacts &facts)
{
    for (const char *key : {"module.kvm_amd.npt", "module.kvm_amd.nrips"})
        if (facts.flag(key) == false)
            return failed(std::string(key) + " is off", "KVM offers SEV only with nested paging (npt) and next-RIP save (nrips).",
                "Take npt=0 and nrips=0 out of the module's options (/etc/modprobe.d, the kernel's command line).", reload);
    return facts.has("module.kvm_amd.npt") ? passed("npt and nrips are on") : unknown(facts, "module.kvm_amd.npt");
}

Judgement parameter(const HostFacts &facts, const char *name, const char *protection)
{
    const std::string key = std::string("module.kvm_amd.") + name;
    const auto on = facts.flag(key);
    if (on && *on)
        return passed(std::string(name) + "=" + std::string(*facts.text(key)));
    if (on)
        return failed(std::string(name) + "=" + std::string(*facts.text(key)),
            std::string("KVM was loaded without ") + protection + ", by an option or because something it needs was missing then.",
            std::string("Where no other check fails: set ") + name + "=1 in /etc/modprobe.d/kvm.conf and load the module again.", reload);
    if (facts.isAbsent(key))
        return failed(std::string("the module has no parameter ") + name, std::string("This kernel's KVM knows no ") + protection + ".",
            "Boot a newer kernel, with CONFIG_KVM_AMD_SEV.");
    return unknown(facts, key);
}
Judgement judgeSev(const HostFacts &facts)
{
    return parameter(facts, "sev", "SEV");
}
Judgement judgeEs(const HostFacts &facts)
{
    return parameter(facts, "sev_es", "SEV-ES");
}
Judgement judgeSnp(const HostFacts &facts)
{
    return parameter(facts, "sev_snp", "SEV-SNP");
}

Judgement judgeDevice(const HostFacts &facts)
{
    if (facts.has("dev.kvm"))
        return passed(std::format("mode {}, {}:{}", facts.text("dev.kvm.mode").value_or("?"), facts.text("dev.kvm.owner").value_or("?"),
            facts.text("dev.kvm.group").value_or("?")));
    if (facts.isAbsent("dev.kvm"))
        return failed("there is no /dev/kvm", "There is no /dev/kvm.",
            "Enable virtualization (SVM Mode) in the firmware's setup, and load the module kvm_amd.", "sudo modprobe kvm_amd");
    return unknown(facts, "dev.kvm");
}

Judgement judgeAccess(const HostFacts &facts)
{
    if (facts.has("dev.kvm.write"))
        return passed("it opens");
    const Fact *fact = facts.find("dev.kvm.write");
    if (!fact || fact->had == Fact::Had::NotLooked)
        return unknown(facts, "dev.kvm.write");
    if (fact->had == Fact::Had::Denied && libvirtHasSev(facts))
        return warning("permission denied; libvirt's QEMU opens it", "This user may not start virtual machines but through libvirt.",
            "To have KVM tried out too, run as root.", "sudo keepctl host check");
    const std::string owner = groupToJoin(facts, "dev.kvm.group"), group = owner == "root" ? "kvm" : owner;
    return failed(facts.why("dev.kvm.write") + "; this user's groups: " + std::string(facts.text("user.groups").value_or("?")),
        "This user may not start virtual machines.", "Join the group '" + group + "', and log in again.",
        "sudo usermod -aG " + group + " \"$USER\"");
}

Judgement judgeApi(const HostFacts &facts)
{
    const auto version = facts.number("kvm.api");
    if (!version)
        return unknown(facts, "kvm.run", "Run it with probes.");
    if (*version == 12)
        return passed("12");
    return failed(
        std::to_string(*version), "KVM's interface has version 12 since Linux 2.6.22; this is another one.", "Use the kernel's own KVM.");
}

Judgement judgeRun(const HostFacts &facts)
{
    const auto outcome = facts.text("kvm.run");
    if (!outcome)
        return unknown(facts, "kvm.run", "Run it with probes, as a user who may open /dev/kvm.");
    if (*outcome == "ran")
        return passed("a guest of three instructions ran, wrote its byte and halted");
    return failed(std::string(*outcome),
        "/dev/kvm is there and answers, and yet runs no guest: nested or paravirtual KVM, or virtualization that the firmware's setup "
        "locked.",
        "Run on the machine itself; inside a guest, ask its operator for nested virtualization, or use the host 'emulated'.");
}

/// KVM_CAP_VM_TYPES tells from Linux 6.10 on; before, SEV and SEV-ES are launched the old way.
Judgement type(const HostFacts &facts, unsigned bit, const char *protection, bool always)
{
    const auto types = facts.number("kvm.vm_types");
    if (!types) {
        if (facts.has("kvm.api") && !always)
            return info("this KVM does not tell");
        return unknown(facts, facts.has("kvm.api") ? "kvm.vm_types" : "kvm.run", "Run it with probes.");
    }
    if (*types >> bit & 1)
        return passed(std::format("among {:#x}", *types));
    const auto kernel = versionFrom(facts.text("kernel.release"));
    if (!always && kernel && *kernel < Version{6, 10, 0}) // one that tells of them has the bit
        return info("this kernel does not tell", "Before Linux 6.10, guests with SEV are launched as ordinary ones.");
    return failed(std::format("not among {:#x}", *types), std::string("KVM makes no virtual machines with ") + protection + ".",
        "See the checks of kvm_amd and of the firmware.");
}
Judgement judgeTypeSev(const HostFacts &facts)
{
    return type(facts, 2, "SEV", false);
}
Judgement judgeTypeEs(const HostFacts &facts)
{
    return type(facts, 3, "SEV-ES", false);
}
Judgement judgeTypeSnp(const HostFacts &facts)
{
    return type(facts, 4, "SEV-SNP", true);
}

Judgement judgeMemory(const HostFacts &facts)
{
    const auto answer = facts.number("kvm.guest_memfd");
    if (!answer)
        return unknown(facts, "kvm.run", "Run it with probes.");
    if (*answer)
        return passed("guest_memfd");
    return failed("no guest_memfd", "KVM cannot give a guest private memory, which SEV-SNP needs.", "Boot a kernel of at least 6.11.");
}

Judgement judgeFeatures(const HostFacts &facts)
{
    const auto features = facts.number("kvm.sev_features");
    if (!features)
        return facts.has("kvm.api") ? info("this KVM does not tell") : unknown(facts, "kvm.run", "Run it with probes.");
    std::string names = std::format("{:#x}", *features);
    if (*features >> 5 & 1)
        names += ", debug swap";
    if (*features >> 9 & 1)
        names += ", Secure TSC";
    return info(names, "They are part of the launch digest: another host's KVM with other features gives another digest.");
}

} // namespace

void addKvm(Checks &table)
{
    table.push_back({"kvm.module", area, "Module kvm_amd", "", {"cpu.svm"}, blocksAll, "/sys/module/kvm_amd", "", judgeModule});
    table.push_back({"kvm.nested_paging", area, "Nested paging", "kvm.module", {"kvm.module"}, blocksAll,
        "/sys/module/kvm_amd/parameters/npt, nrips", "Linux arch/x86/kvm/svm/sev.c", judgeNested});
    table.push_back({"kvm.sev", area, "SEV in KVM", "kvm.module", {"kvm.module", "cpu.sev", "msr.encryption"}, blocksAll,
        "/sys/module/kvm_amd/parameters/sev", "sevctl ok, snphost ok", judgeSev});
    table.push_back({"kvm.es", area, "SEV-ES in KVM", "kvm.module", {"kvm.sev", "cpu.es", "cpu.es_asids"}, blocksEs,
        "/sys/module/kvm_amd/parameters/sev_es", "sevctl ok, snphost ok", judgeEs});
    table.push_back({"kvm.snp", area, "SEV-SNP in KVM", "kvm.module", {"kvm.es", "cpu.snp", "rmp.coverage", "iommu.mode"}, blocksSnp,
        "/sys/module/kvm_amd/parameters/sev_snp", "snphost ok", judgeSnp});
    table.push_back({"kvm.device", area, "Device of KVM", "", {}, blocksAll, "/dev/kvm", "sevctl ok, snphost ok", judgeDevice});
    table.push_back({"kvm.access", area, "This user may use it", "kvm.device", {"kvm.device"}, blocksAll, "/dev/kvm, opened for writing",
        "", judgeAccess});
    table.push_back({"kvm.api", area, "Interface", "kvm.device", {"kvm.access"}, blocksAll, "KVM_GET_API_VERSION",
        "snphost ok; Enarx platform info", judgeApi});
    table.push_back({"kvm.run", area, "A guest runs", "kvm.device", {"kvm.access", "kvm.api"}, blocksAll,
        "a virtual machine with one page and three instructions", "enarx/enarx#2248", judgeRun});
    table.push_back({"kvm.type_sev", area, "Virtual machines with SEV", "kvm.device", {"kvm.api", "kvm.sev"}, {"sev"},
        "KVM_CAP_VM_TYPES bit 2", "", judgeTypeSev});
    table.push_back({"kvm.type_es", area, "Virtual machines with SEV-ES", "kvm.device", {"kvm.api", "kvm.es"}, {"es"},
        "KVM_CAP_VM_TYPES bit 3", "", judgeTypeEs});
    table.push_back({"kvm.type_snp", area, "Virtual machines with SEV-SNP", "kvm.device", {"kvm.api", "kvm.snp"}, blocksSnp,
        "KVM_CAP_VM_TYPES bit 4", "enarx/enarx#1315", judgeTypeSnp});
    table.push_back({"kvm.guest_memfd", area, "Private memory", "kvm.device", {"kvm.api", "kvm.snp"}, blocksSnp, "KVM_CAP_GUEST_MEMFD", "",
        judgeMemory});
    table.push_back({"kvm.features", area, "VMSA features", "kvm.device", {"kvm.api", "kvm.sev"}, {}, "KVM_X86_SEV_VMSA_FEATURES",
        "virtee/sev-utils#8", judgeFeatures});
}

} // namespace kastellan::sev
