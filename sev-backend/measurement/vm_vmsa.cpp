// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/vm_measurement.h"

#include <algorithm>
#include <cctype>

namespace kastellan::sev {
namespace {

// QEMU's models (target/i386/cpu.c, up to 10.1); the versions of a model share its signature.
constexpr CpuModel models[] = {
    {"EPYC", 0x800f12},
    {"EPYC-v1", 0x800f12},
    {"EPYC-v2", 0x800f12},
    {"EPYC-v3", 0x800f12},
    {"EPYC-v4", 0x800f12},
    {"EPYC-v5", 0x800f12},
    {"EPYC-IBPB", 0x800f12},
    {"EPYC-Rome", 0x830f10},
    {"EPYC-Rome-v1", 0x830f10},
    {"EPYC-Rome-v2", 0x830f10},
    {"EPYC-Rome-v3", 0x830f10},
    {"EPYC-Rome-v4", 0x830f10},
    {"EPYC-Rome-v5", 0x830f10},
    {"EPYC-Milan", 0xa00f11},
    {"EPYC-Milan-v1", 0xa00f11},
    {"EPYC-Milan-v2", 0xa00f11},
    {"EPYC-Milan-v3", 0xa00f11},
    {"EPYC-Genoa", 0xa10f10},
    {"EPYC-Genoa-v1", 0xa10f10},
    {"EPYC-Genoa-v2", 0xa10f10},
    {"EPYC-Turin", 0xb00f00},
    {"EPYC-Turin-v1", 0xb00f00},
};

} // namespace

std::string_view name(Vmm vmm)
{
    switch (vmm) {
    case Vmm::Qemu:
        return "QEMU";
    case Vmm::Ec2:
        return "ec2";
    case Vmm::Gce:
        return "gce";
    case Vmm::Krun:
        return "krun";
    }
    return "QEMU";
}

std::optional<Vmm> vmmFromName(std::string_view wanted)
{
    for (const Vmm vmm : {Vmm::Qemu, Vmm::Ec2, Vmm::Gce, Vmm::Krun})
        if (std::ranges::equal(wanted, name(vmm), [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); }))
            return vmm;
    return std::nullopt;
}

std::span<const CpuModel> cpuModels()
{
    return models;
}

std::optional<std::uint32_t> cpuSignatureOf(std::string_view model)
{
    for (const auto &known : models)
        if (known.name == model)
            return known.signature;
    return std::nullopt;
}

Result<Bytes> vmsaPage(const VmParameters &parameters, unsigned number, std::optional<std::uint32_t> apReset, bool snp)
{
    const bool boots = number == 0;
    if (!boots && !apReset && parameters.vmm != Vmm::Krun)
        return badInput("measure a virtual machine with several vCPUs", "the firmware image",
            "it has no reset address for the further processors", "Use an OVMF build with SEV-ES support, or one vCPU.");
    VmsaOptions options;
    options.eip = boots || parameters.vmm == Vmm::Krun ? 0xfffffff0 : *apReset;
    options.cpuSignature = parameters.cpuSignature;
    options.sevFeatures = snp ? parameters.guestFeatures : 0;
    if (parameters.oldVmsa || parameters.vmm != Vmm::Qemu) {
        options.mxcsr = 0;
        options.fcw = 0;
    }
    if (parameters.vmm == Vmm::Gce)
        options.cpuSignature = 0x600;
    if (parameters.vmm == Vmm::Ec2)
        options.cpuSignature = parameters.ec2Rdx.value_or(0x600);

    const auto page = qemuVmsa(options);
    Bytes bytes(page.begin(), page.end());
    const auto attributes = [&](std::size_t segment, std::uint16_t value) { storeLe(bytes, segment + 2, value); };
    switch (parameters.vmm) {
    case Vmm::Qemu:
        break;
    case Vmm::Gce:
        storeLe<std::uint64_t>(bytes, 0x268, 0x00070106);
        break;
    case Vmm::Ec2:
    case Vmm::Krun:
        attributes(0x10, boots || parameters.vmm == Vmm::Krun ? 0x9a : 0x9b);
        attributes(0x20, 0x92);
        attributes(0x90, 0x83);
        break;
    }
    if (parameters.vmm == Vmm::Krun) {
        if (boots) {
            storeLe<std::uint64_t>(bytes, 0x330, 0x7000); // rsi: zero page
            storeLe<std::uint64_t>(bytes, 0x328, 0x8ff0); // rbp
            storeLe<std::uint64_t>(bytes, 0x1d8, 0x8ff0); // rsp
        } else {
            storeLe<std::uint16_t>(bytes, 0x10, 0x9100);
            storeLe<std::uint64_t>(bytes, 0x18, 0x91000);
            storeLe<std::uint64_t>(bytes, 0x178, 0);
        }
    }
    return bytes;
}

Bytes svsmVmsaPage(std::uint32_t cpuSignature, std::uint32_t entry)
{
    VmsaOptions options;
    options.cpuSignature = cpuSignature;
    options.fcw = 0;
    const auto page = qemuVmsa(options);
    Bytes bytes(page.begin(), page.end());
    const auto segment = [&](std::size_t offset, std::uint16_t selector, std::uint16_t attributes) {
        storeLe(bytes, offset, selector);
        storeLe(bytes, offset + 2, attributes);
        storeLe<std::uint32_t>(bytes, offset + 4, 0xffffffff);
        storeLe<std::uint64_t>(bytes, offset + 8, 0);
    };
    for (const std::size_t data : {0x00u, 0x20u, 0x30u, 0x40u}) // es, ss, ds, fs
        segment(data, 16, 0xc93);
    segment(0x10, 8, 0xc9b);
    storeLe<std::uint64_t>(bytes, 0x158, 0x11); // cr0: ET, PE
    storeLe<std::uint64_t>(bytes, 0x178, entry);
    return bytes;
}

} // namespace kastellan::sev
