// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/sev-backend/readiness/machines.h"

#include <format>
#include <stdexcept>

namespace kastellan::test {
namespace {

constexpr const char *apm = "AMD 24594, CPUID Fn8000_001F";
constexpr const char *snpAbi = "AMD 56860, SNP_PLATFORM_STATUS";
constexpr const char *sevApi = "AMD 55766, PLATFORM_STATUS";
constexpr const char *linuxCode = "Linux 6.11";

/// What differs between the generations.
struct Generation {
    std::string name, brand;
    unsigned family, model;
    std::uint32_t features; ///< 0x8000001f EAX
    unsigned cbit, reduction, vmpls, guests, minimumSev;
    std::string firmware, tcb;
    unsigned cpus;
    std::uint64_t memory; ///< the end of it
};

void add(Machine &machine, std::string key, std::string value, std::string source)
{
    machine.facts.push_back({std::move(key), std::move(value), std::move(source)});
}

std::string hex(std::uint64_t value)
{
    return std::format("{:#x}", value);
}

void addProcessor(Machine &machine, const Generation &generation)
{
    const bool es = generation.features & 8, snp = generation.features & 16;
    const std::string all = std::to_string(generation.cpus), everywhere = " on 0-" + std::to_string(generation.cpus - 1);
    add(machine, "cpu.vendor", "AuthenticAMD", "AMD 24594, CPUID Fn0000_0000");
    add(machine, "cpu.brand", generation.brand, "AMD 24594, CPUID Fn8000_0002");
    const unsigned base = 0xf, extended = generation.family - base;
    add(machine, "cpuid.1.eax", hex(extended << 20 | (generation.model >> 4) << 16 | base << 8 | (generation.model & 0xf) << 4 | 1),
        "AMD 24594, CPUID Fn0000_0001 EAX");
    add(machine, "cpuid.1.ecx", "0x7efa320b", "AMD 24594, CPUID Fn0000_0001 ECX: bit 31 clear");
    add(machine, "cpuid.7.ebx", "0x219c91a9", "AMD 24594, CPUID Fn0000_0007 EBX: bit 0 FSGSBASE");
    add(machine, "cpuid.80000001.ecx", "0x35c233ff", "AMD 24594, CPUID Fn8000_0001 ECX: bit 2 SVM");
    add(machine, "cpuid.8000001f.eax", hex(generation.features), apm);
    add(machine, "cpuid.8000001f.ebx", hex(generation.vmpls << 12 | generation.reduction << 6 | generation.cbit), apm);
    add(machine, "cpuid.8000001f.ecx", hex(generation.guests), apm);
    add(machine, "cpuid.8000001f.edx", hex(generation.minimumSev), apm);
    add(machine, "cpuinfo.cpus", all, linuxCode);
    for (const auto &[flag, has] :
        {std::pair{"svm", true}, {"sme", true}, {"sev", true}, {"sev_es", es}, {"sev_snp", snp}, {"hypervisor", false}})
        add(machine, "cpuinfo.flag." + std::string(flag), has ? all : "0", linuxCode);
    add(machine, "cpuinfo.microcode", "0xa101154", linuxCode);
    add(machine, "smt.active", "1", linuxCode);
    // SYSCFG: MemEncryptionModEn 23, SecureNestedPagingEn 24, VMPLEn 25 (AMD 24593, appendix A).
    add(machine, "msr.syscfg", hex((snp ? 7ull : 1ull) << 23 | 0x740000) + everywhere, "AMD 24593, 15.34.10 and 15.36.2");
    add(machine, "msr.vm_cr", "0x8" + everywhere, "AMD 24593, 15.30.1: LOCK, not SVMDIS");
    add(machine, "msr.hwcr", "0x9000011" + everywhere, "AMD 24593, 3.2.10");
    if (snp) {
        const std::uint64_t size = generation.memory / 4096 * 16 + 0x4000, end = generation.memory - 0x100000;
        add(machine, "msr.rmp_base", hex(end - size) + everywhere, "AMD 24593, 15.36.4");
        add(machine, "msr.rmp_end", hex(end - 1) + everywhere, "AMD 24593, 15.36.4");
    } else {
        add(machine, "msr.rmp_base", "!absent", "AMD 24593, 15.36.4");
        add(machine, "msr.rmp_end", "!absent", "AMD 24593, 15.36.4");
    }
    add(machine, "msr.sev_status", "!absent", "AMD 24593, 15.34.10: of guests alone");
}

void addSystem(Machine &machine, const Generation &generation)
{
    const bool es = generation.features & 8, snp = generation.features & 16;
    add(machine, "env.enclosure", "none", "");
    add(machine, "env.system", "Debian GNU/Linux 13 (trixie)", "os-release(5)");
    add(machine, "bios.vendor", "Example Systems", "SMBIOS type 0");
    add(machine, "bios.version", "2.9", "SMBIOS type 0");
    add(machine, "kernel.release", "6.12.48-amd64", "Debian 13");
    add(machine, "kernel.cmdline", "", "");
    for (const char *option : {"KVM", "KVM_AMD", "KVM_AMD_SEV", "CRYPTO_DEV_CCP_DD", "CRYPTO_DEV_SP_PSP"})
        add(machine, "kernel.config." + std::string(option), "y", linuxCode);
    for (const char *module : {"kvm", "kvm_amd", "ccp"})
        add(machine, "module." + std::string(module), "yes", linuxCode);
    add(machine, "module.kvm_amd.npt", "Y", linuxCode);
    add(machine, "module.kvm_amd.nrips", "1", linuxCode);
    add(machine, "module.kvm_amd.sev", "Y", linuxCode);
    add(machine, "module.kvm_amd.sev_es", es ? "Y" : "N", linuxCode);
    add(machine, "module.kvm_amd.sev_snp", snp ? "Y" : "N", linuxCode);
    for (const char *device : {"dev.sev", "dev.kvm"}) {
        add(machine, device, "yes", linuxCode);
        add(machine, std::string(device) + ".mode", "0660", "Debian's udev rules");
        add(machine, std::string(device) + ".owner", "root", "Debian's udev rules");
        add(machine, std::string(device) + ".group", "kvm", "Debian's udev rules");
        add(machine, std::string(device) + ".read", "yes", "");
        add(machine, std::string(device) + ".write", "yes", "");
    }
    add(machine, "dev.sev_guest", "!absent", "");
    add(machine, "user.id", "0", "");
    add(machine, "user.groups", "root", "");
    add(machine, "user.memlock.soft", "unlimited", "getrlimit(2)");
    add(machine, "memory.total", std::to_string(generation.memory - 0x80000000), "");
    add(machine, "memory.end", hex(generation.memory), "");
    add(machine, "iommu.units", "4", "Linux drivers/iommu/amd");
    add(machine, "iommu.groups", "85", "");
    add(machine, "iommu.types", "DMA-FQ 85", "Linux Documentation/ABI: iommu_groups/type");
    add(machine, "iommu.ivrs", "yes", "AMD 48882, IVRS");
    add(machine, "cgroup.sev.capacity", std::to_string(generation.guests - std::max(generation.minimumSev, 1u) + 1),
        "Linux cgroup-v2, misc");
    add(machine, "cgroup.sev.current", "0", "Linux cgroup-v2, misc");
    if (es) {
        add(machine, "cgroup.sev_es.capacity", std::to_string(generation.minimumSev - 1), "Linux cgroup-v2, misc");
        add(machine, "cgroup.sev_es.current", "3", "Linux cgroup-v2, misc");
    }
    add(machine, "log.lines", "0", "");
}

void addFirmware(Machine &machine, const Generation &generation)
{
    const bool es = generation.features & 8, snp = generation.features & 16;
    add(machine, "platform.sev.version", generation.firmware, sevApi);
    add(machine, "platform.sev.state", "1", sevApi);
    add(machine, "platform.sev.flags", es ? "0x100" : "0x0", sevApi);
    add(machine, "platform.sev.guests", "0", sevApi);
    add(machine, "platform.chip_id", std::string(128, 'a'), "AMD 55766, GET_ID");
    if (!snp) {
        add(machine, "platform.snp.state", "!absent", snpAbi);
        return;
    }
    add(machine, "platform.snp.version", generation.firmware, snpAbi);
    add(machine, "platform.snp.state", "1", snpAbi);
    add(machine, "platform.snp.rmp_initialized", "yes", snpAbi);
    add(machine, "platform.snp.alias_check", "yes", snpAbi);
    add(machine, "platform.snp.flags", "0x8", snpAbi);
    add(machine, "platform.snp.guests", "3", snpAbi);
    add(machine, "platform.snp.tcb.current", generation.tcb, "AMD 56860, TCB_VERSION");
    add(machine, "platform.snp.tcb.reported", generation.tcb, "AMD 56860, TCB_VERSION");
}

void addPrograms(Machine &machine, const Generation &generation)
{
    const bool es = generation.features & 8, snp = generation.features & 16;
    add(machine, "kvm.run", "ran", "");
    add(machine, "kvm.api", "12", "Linux Documentation/virt/kvm/api.rst, 4.1");
    add(machine, "kvm.vm_types", hex(1u | 4u | (es ? 8u : 0) | (snp ? 16u : 0)),
        "Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst");
    add(machine, "kvm.guest_memfd", snp ? "1" : "0", "Linux Documentation/virt/kvm/api.rst");
    add(machine, "kvm.sev_features", snp ? "0x20" : "0x0", "Linux Documentation/virt/kvm/x86/amd-memory-encryption.rst");
    add(machine, "qemu.path", "/usr/bin/qemu-system-x86_64", "Debian 13");
    add(machine, "qemu.version", "10.0.13", "Debian 13");
    add(machine, "qemu.sev_guest", "cbitpos policy reduced-phys-bits", "QEMU 10.0");
    add(machine, "qemu.sev_snp_guest", "cbitpos host-data id-block kernel-hashes policy", "QEMU 10.0");
    add(machine, "qemu.q35", "yes", "QEMU 10.0");
    add(machine, "libvirt.version", "11.3.0", "Debian 13");
    add(machine, "libvirt.uri", "qemu:///system", "");
    add(machine, "libvirt.socket", "yes", "libvirt's systemd units");
    add(machine, "libvirt.sev.supported", "yes", "libvirt formatdomaincaps");
    add(machine, "libvirt.sev.cbitpos", std::to_string(generation.cbit), "libvirt formatdomaincaps");
    add(machine, "libvirt.sev.reduced_bits", "1", "libvirt formatdomaincaps");
    add(machine, "libvirt.sev.max_guests", "410", "libvirt formatdomaincaps");
    add(machine, "libvirt.sev.max_es_guests", "99", "libvirt formatdomaincaps");
    add(machine, "libvirt.launch_security", snp ? "sev sev-snp" : "sev", "libvirt formatdomaincaps, since 10.5");
    add(machine, "images", "1", "");
    add(machine, "image.00.path", "/usr/share/ovmf/OVMF.amdsev.fd", "Debian ovmf-amdsev 2026.08");
    add(machine, "image.00.features", "amd-sev amd-sev-es amd-sev-snp", "Debian ovmf-amdsev 2026.08");
    for (const char *has : {"hash_table", "es_reset", "snp_metadata", "snp_kernel_hashes"})
        add(machine, "image.00." + std::string(has), "yes", "Debian ovmf-amdsev 2026.08");
}

Machine make(const Generation &generation)
{
    Machine machine;
    machine.name = generation.name;
    machine.source = "AMD's manuals and Linux as named at each value";
    addProcessor(machine, generation);
    addSystem(machine, generation);
    addFirmware(machine, generation);
    addPrograms(machine, generation);
    const bool es = generation.features & 8, snp = generation.features & 16;
    machine.sev = "ready";
    machine.es = es ? "ready" : "not ready";
    machine.snp = snp ? "ready" : "not ready";
    if (!es)
        machine.failing = {"cpu.es"};
    else if (!snp)
        machine.failing = {"cpu.snp"};
    if (!snp)
        machine.skipped = {"rmp.reserved", "rmp.coverage", "iommu.present", "firmware.snp", "kvm.snp", "libvirt.snp"};
    return machine;
}

} // namespace

const std::vector<Machine> &healthyMachines()
{
    constexpr std::uint64_t gib = 1ull << 30;
    // TCB: Milan and Genoa bl, tee, 4 reserved, snp, ucode; Turin fmc, bl, tee, snp, 3 reserved, ucode (AMD 56860, TCB_VERSION).
    static const std::vector<Machine> machines{
        make({"Naples", "AMD EPYC 7601 32-Core Processor", 0x17, 0x01, 0x7, 47, 5, 0, 15, 0, "0.17.48", "", 128, 256 * gib}),
        make({"Rome", "AMD EPYC 7702 64-Core Processor", 0x17, 0x31, 0xf, 47, 5, 0, 509, 100, "0.24.20", "", 256, 512 * gib}),
        make({"Milan", "AMD EPYC 7763 64-Core Processor", 0x19, 0x01, 0x3f, 51, 5, 4, 509, 100, "1.55.39", "0400000000001dde", 256,
            512 * gib}),
        make({"Genoa", "AMD EPYC 9354 32-Core Processor", 0x19, 0x11, 0x3f, 51, 5, 4, 1006, 100, "1.55.39", "0a00000000001b56", 128,
            768 * gib}),
        make({"Turin", "AMD EPYC 9575F 64-Core Processor", 0x1a, 0x02, 0x13f, 51, 6, 4, 1006, 500, "1.58.3", "0101010400000048", 256,
            1536 * gib}),
    };
    return machines;
}

const Machine &healthy(std::string_view name)
{
    for (const auto &machine : healthyMachines())
        if (machine.name == name)
            return machine;
    throw std::logic_error("no machine " + std::string(name));
}

sev::HostFacts factsOf(const Machine &machine)
{
    sev::HostFacts facts;
    facts.title = machine.name;
    facts.time = 1795437470;
    facts.recordedBy = "a test";
    for (const auto &[key, value, source] : machine.facts) {
        if (value == "!absent")
            facts.absent(key, source);
        else if (value == "!denied")
            facts.put(key, {sev::Fact::Had::Denied, {}, source, "permission denied"});
        else if (value == "!not looked")
            facts.notLooked(key, source, "probes were not wanted");
        else if (value.starts_with("!failed "))
            facts.failed(key, source, value.substr(8));
        else
            facts.set(key, value, source);
    }
    return facts;
}

} // namespace kastellan::test
