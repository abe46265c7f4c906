// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/measurement/explain_variants.h"

#include "core/base/digest.h"
#include "sev-backend/abi/vmsa.h"

#include <format>
#include <set>

namespace kastellan::sev {
namespace {

using Variants = std::vector<Variant>;

/// SEV_FEATURES (AMD APM volume 2, table B-2).
constexpr std::pair<unsigned, std::string_view> featureBits[] = {{0, "SNP"}, {1, "vTOM"}, {2, "reflect #VC"}, {3, "restricted injection"},
    {4, "alternate injection"}, {5, "debug swap"}, {6, "prevent host IBS"}, {7, "BTB isolation"}, {8, "VMPL supervisor shadow stack"},
    {9, "secure TSC"}, {10, "VMGEXIT parameter"}, {11, "PMC virtualization"}, {12, "IBS virtualization"}, {13, "guest intercept control"},
    {14, "VMSA register protection"}, {15, "SMT protection"}, {16, "secure AVIC"}};

std::string hexOf(std::uint64_t value)
{
    return std::format("{:#x}", value);
}

bool hasVmsas(GuestKind kind)
{
    return kind != GuestKind::Sev;
}

void addFeatures(Variants &all, const Believed &believed)
{
    const std::uint64_t given = believed.parameters.guestFeatures;
    const auto add = [&](std::uint64_t features, const std::string &why, bool wide) {
        all.push_back(
            {{"guest-features", hexOf(given), hexOf(features),
                 std::format("guest features {:#x} instead of {:#x} ({})", features, given, why), "--guest-features " + hexOf(features)},
                wide, [features](Tried &tried) {
                    tried.parameters.guestFeatures = features;
                    return tried.kind == GuestKind::Snp;
                }});
    };
    for (const auto &[bit, meaning] : featureBits)
        add(given ^ (std::uint64_t{1} << bit), std::string(meaning) + (((given >> bit) & 1) ? " off" : " on"), false);
    // Two at once, as some kernels set them.
    for (const auto &[first, a] : featureBits)
        for (const auto &[second, b] : featureBits)
            if (first < second)
                add(given ^ (std::uint64_t{1} << first) ^ (std::uint64_t{1} << second),
                    std::string(a) + (((given >> first) & 1) ? " off, " : " on, ") + std::string(b)
                        + (((given >> second) & 1) ? " off" : " on"),
                    true);
}

/// "EPYC-Milan" for 0xa00f11, all names that it has; else family, model and stepping.
std::string cpuName(std::uint32_t signature)
{
    std::string name;
    for (const CpuModel &model : cpuModels())
        if (model.signature == signature && (name.empty() || !model.name.contains("-v")))
            name += (name.empty() ? "" : " or ") + std::string(model.name);
    if (!name.empty())
        return name;
    const unsigned base = (signature >> 8) & 0xf, family = base == 0xf ? base + ((signature >> 20) & 0xff) : base;
    return std::format("family {}, model {}, stepping {}", family, ((signature >> 12) & 0xf0) | ((signature >> 4) & 0xf), signature & 0xf);
}

void addCpus(Variants &all, const Believed &believed)
{
    const std::uint32_t given = believed.parameters.cpuSignature;
    std::set<std::uint32_t> done{given};
    const auto add = [&](std::uint32_t signature, bool wide) {
        if (!done.insert(signature).second)
            return;
        all.push_back(
            {{"cpu", hexOf(given), hexOf(signature),
                 std::format("CPU signature {:#x} ({}) instead of {:#x} ({})", signature, cpuName(signature), given, cpuName(given)),
                 "--vcpu-sig " + hexOf(signature)},
                wide, [signature](Tried &tried) {
                    tried.parameters.cpuSignature = signature;
                    return hasVmsas(tried.kind) && tried.parameters.vmm != Vmm::Gce && tried.parameters.vmm != Vmm::Ec2;
                }});
    };
    for (const CpuModel &model : cpuModels())
        add(model.signature, false);
    for (const std::uint32_t signature : {0x0u, 0x60fb1u}) // none, qemu64
        add(signature, false);
    // Processors as they are (-cpu host): Naples, Rome, Milan and Milan-X, Genoa, Bergamo and Siena, Turin, Turin dense.
    for (const std::uint32_t family : {0x800f10u, 0x830f10u, 0xa00f10u, 0xa10f10u, 0xaa0f00u, 0xb00f00u, 0xb00f10u, 0xb00f20u, 0xb10f10u})
        for (std::uint32_t stepping = 0; stepping < 16; ++stepping)
            add(family | stepping, true);
}

Sha256 hashWithoutNul(std::string_view text)
{
    return sha256(asBytes(text));
}

void addBoot(Variants &all, const Believed &believed)
{
    const auto boots = [](const Tried &tried) { return tried.parameters.boot.has_value(); };
    if (believed.parameters.boot) {
        all.push_back(
            {{"kernel-hashes", "on", "off", "kernel hashes off: kernel, initrd and command line were not measured", "without --kernel"},
                false, [boots](Tried &tried) {
                    const bool had = boots(tried);
                    tried.parameters.boot.reset();
                    return had;
                }});
    } else if (believed.files) {
        all.push_back({{"kernel-hashes", "off", "on", "kernel hashes on: kernel, initrd and command line were measured", "with --kernel"},
            false, [boot = *believed.files](Tried &tried) {
                const bool had = tried.parameters.boot.has_value();
                tried.parameters.boot = boot;
                return !had && tried.kind != GuestKind::SnpSvsm;
            }});
    }
    if (!believed.parameters.boot && !believed.files)
        return;
    const Sha256 initrd = (believed.parameters.boot ? *believed.parameters.boot : *believed.files).initrd;
    if (initrd != emptyInitrdHash())
        all.push_back({{"initrd", "given", "none", "no initrd, or an empty one", "without --initrd"}, false, [boots](Tried &tried) {
                           if (boots(tried))
                               tried.parameters.boot->initrd = emptyInitrdHash();
                           return boots(tried);
                       }});
    if (!believed.commandLine)
        return;
    const std::string &text = *believed.commandLine;
    std::set<Sha256> done{commandLineHash(text)};
    const auto add = [&](const std::string &to, std::string phrase, const Sha256 &hash) {
        if (!done.insert(hash).second)
            return;
        all.push_back({{"command-line", text, to, std::move(phrase), ""}, false, [boots, hash](Tried &tried) {
                           if (boots(tried))
                               tried.parameters.boot->commandLine = hash;
                           return boots(tried);
                       }});
    };
    const auto line = [&](const std::string &to, std::string phrase) {
        add(to, "a command line " + std::move(phrase), commandLineHash(to));
    };
    const auto trimmed = [&](std::string_view set) {
        const auto first = text.find_first_not_of(set), last = text.find_last_not_of(set);
        return first == std::string::npos ? std::string() : text.substr(first, last - first + 1);
    };
    line(trimmed(" \t\r\n"), "without the white space around it");
    line(text.substr(0, text.find_last_not_of("\r\n") + 1), "without its line end");
    if (const auto quoted = trimmed("\"'"); quoted != text)
        line(quoted, "without the quotes around it");
    line(text + " ", "with a blank at its end");
    line(text + "\n", "with a line end at its end (as a file has it)");
    line(text + "\r\n", "with a carriage return and line end at its end");
    line(" " + text, "with a blank before it");
    line(text + std::string(1, '\0'), "with a NUL at its end besides the one that QEMU adds");
    add(text, "a command line hashed without its closing NUL", hashWithoutNul(text));
    line("", "that is empty");
    std::string single;
    for (const char c : text)
        if (c != ' ' || single.empty() || single.back() != ' ')
            single += c;
    line(single, "with single blanks only");
}

void addVmms(Variants &all, const Believed &believed)
{
    const Vmm given = believed.parameters.vmm;
    for (const Vmm vmm : {Vmm::Qemu, Vmm::Ec2, Vmm::Gce, Vmm::Krun})
        if (vmm != given)
            all.push_back({{"vmm", std::string(name(given)), std::string(name(vmm)),
                               std::format("{} as the VMM instead of {}", name(vmm), name(given)), "--vmm-type " + std::string(name(vmm))},
                false, [vmm](Tried &tried) {
                    tried.parameters.vmm = vmm;
                    return tried.kind == GuestKind::Snp || (tried.kind == GuestKind::SevEs && (vmm == Vmm::Qemu || vmm == Vmm::Krun));
                }});
    if (given == Vmm::Qemu) {
        const bool old = believed.parameters.oldVmsa;
        all.push_back({{"vmsa", old ? "old" : "new", old ? "new" : "old",
                           old ? "the newer VMSA, with MXCSR and x87 control word set (Linux 6.10 and later)"
                               : "the older VMSA, with MXCSR and x87 control word zero (a host kernel before Linux 6.10)",
                           old ? "without --old-vmsa" : "--old-vmsa"},
            false, [old](Tried &tried) {
                tried.parameters.oldVmsa = !old;
                return tried.parameters.vmm == Vmm::Qemu && (tried.kind == GuestKind::Snp || tried.kind == GuestKind::SevEs);
            }});
    }
    const std::uint32_t rdx = believed.parameters.ec2Rdx.value_or(0x600), other = rdx == 0 ? 0x600 : 0;
    all.push_back({{"ec2-rdx", hexOf(rdx), hexOf(other), std::format("RDX {:#x} instead of {:#x} in EC2's VMSA", other, rdx),
                       "--ec2-rdx " + hexOf(other)},
        false, [other](Tried &tried) {
            tried.parameters.ec2Rdx = other;
            return tried.parameters.vmm == Vmm::Ec2 && tried.kind == GuestKind::Snp;
        }});
}

void addKinds(Variants &all, const Believed &believed)
{
    if (believed.kind != GuestKind::Sev && believed.kind != GuestKind::SevEs)
        return;
    const GuestKind other = believed.kind == GuestKind::Sev ? GuestKind::SevEs : GuestKind::Sev;
    all.push_back({{"kind", std::string(name(believed.kind)), std::string(name(other)),
                       std::format("{} instead of {} (bit 2 of the policy)", name(other), name(believed.kind)),
                       std::string("measure ") + (other == GuestKind::Sev ? "sev" : "es")},
        false, [other](Tried &tried) {
            tried.kind = other;
            return true;
        }});
}

void addFirmware(Variants &all, const Believed &believed)
{
    for (std::size_t i = 0; i < believed.otherFirmware.size(); ++i)
        all.push_back({{"firmware", "", believed.otherFirmware[i].name, "the firmware " + believed.otherFirmware[i].name,
                           "--ovmf " + believed.otherFirmware[i].name},
            false, [i](Tried &tried) {
                tried.firmware = i + 1;
                tried.parameters.ovmfDigest.reset();
                return true;
            }});
    if (believed.parameters.ovmfDigest)
        all.push_back(
            {{"firmware", "by its hash", "its pages",
                 "the pages of the firmware file that was given, not the firmware with the hash that was given", "without --snp-ovmf-hash"},
                false, [](Tried &tried) {
                    tried.parameters.ovmfDigest.reset();
                    return true;
                }});
    if (believed.kind == GuestKind::SnpSvsm)
        for (const std::uint64_t size : {0x0ull, 0x20000ull, 0x40000ull, 0x80000ull, 0x84000ull, 0x100000ull})
            if (size != believed.varsSize)
                all.push_back(
                    {{"vars-size", std::to_string(believed.varsSize), std::to_string(size),
                         std::format("variables of {} bytes instead of {}", size, believed.varsSize), std::format("--vars-size {}", size)},
                        false, [size](Tried &tried) {
                            tried.varsSize = size;
                            return true;
                        }});
}

} // namespace

Variants variantsOf(const Believed &believed)
{
    Variants all;
    if (believed.kind == GuestKind::Snp)
        addFeatures(all, believed);
    addCpus(all, believed);
    if (believed.kind != GuestKind::SnpSvsm) {
        addBoot(all, believed);
        addVmms(all, believed);
    }
    addKinds(all, believed);
    addFirmware(all, believed);
    return all;
}

Change vcpuChange(unsigned from, unsigned to)
{
    return {"vcpus", std::to_string(from), std::to_string(to), std::format("{} vCPU{} instead of {}", to, to == 1 ? "" : "s", from),
        "--vcpus " + std::to_string(to)};
}

} // namespace kastellan::sev
