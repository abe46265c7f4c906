// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/vm_request.h"

#include "app/keepctl/output.h"
#include "app/keepctl/suggest.h"
#include "core/base/file.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/number.h"
#include "sev-backend/machine/shell_words.h"

#include <algorithm>
#include <format>

namespace kastellan::keepctl {

namespace {

using sev::GuestKind;

/// The verb that measures a kind of guest.
std::string_view verbOf(GuestKind kind)
{
    switch (kind) {
    case GuestKind::Sev:
        return "sev";
    case GuestKind::SevEs:
        return "es";
    case GuestKind::Snp:
        return "snp";
    case GuestKind::SnpSvsm:
        break;
    }
    return "svsm";
}

Result<sev::DerivedLaunch> described(const Invocation &asked)
{
    if (asked.has("from-qemu") && asked.has("from-libvirt"))
        return badInput(
            "understand the command line", "--from-qemu, --from-libvirt", "a machine has one description", "Give one of the two.");
    if (asked.has("from-qemu")) {
        const std::string text = asked.value("from-qemu");
        if (!text.starts_with('@'))
            return sev::fromQemu(text, "--from-qemu");
        KASTELLAN_ASSIGN(const Bytes line, readFile(text.substr(1), sev::descriptionLimit));
        return sev::fromQemu(asText(line), text.substr(1));
    }
    if (asked.has("from-libvirt")) {
        const std::string file = asked.value("from-libvirt");
        KASTELLAN_ASSIGN(const Bytes xml, readFile(file == "-" ? "/dev/stdin" : file, sev::descriptionLimit));
        return sev::fromLibvirt(asText(xml), file);
    }
    return sev::DerivedLaunch{};
}

Status takeSignature(const Invocation &asked, sev::LaunchParameters &parameters)
{
    const bool parts = asked.has("vcpu-family") || asked.has("vcpu-model") || asked.has("vcpu-stepping");
    if (asked.has("vcpu-type") + asked.has("vcpu-sig") + parts > 1)
        return badInput("understand the command line", "--vcpu-type, --vcpu-sig, --vcpu-family", "they all say what the vCPUs are",
            "Give one of them.");
    if (asked.has("vcpu-type")) {
        parameters.cpuModel = asked.value("vcpu-type");
        parameters.cpuSignature = sev::cpuSignatureOf(parameters.cpuModel);
        if (!parameters.cpuSignature) {
            std::vector<std::string> names;
            std::string list;
            for (const auto &model : sev::cpuModels()) {
                names.emplace_back(model.name);
                list += (list.empty() ? "" : ", ") + std::string(model.name);
            }
            const std::string meant = nearest(parameters.cpuModel, names);
            return badInput("understand the command line", "--vcpu-type " + parameters.cpuModel, "this CPU model is not known",
                (meant.empty() ? std::string() : "Did you mean " + meant + "? ") + "Known are " + list + "; for others give --vcpu-sig.");
        }
    } else if (asked.has("vcpu-sig")) {
        KASTELLAN_ASSIGN(const std::uint64_t signature, wordNumber(asked, "vcpu-sig", 0, 0xffffffff));
        parameters.cpuModel.clear();
        parameters.cpuSignature = static_cast<std::uint32_t>(signature);
    } else if (parts) {
        if (!asked.has("vcpu-family") || !asked.has("vcpu-model") || !asked.has("vcpu-stepping"))
            return badInput("understand the command line", "--vcpu-family, --vcpu-model, --vcpu-stepping", "a signature needs all three");
        KASTELLAN_ASSIGN(const std::uint64_t family, wordNumber(asked, "vcpu-family", 0, 0x10e));
        KASTELLAN_ASSIGN(const std::uint64_t model, wordNumber(asked, "vcpu-model", 0, 0xff));
        KASTELLAN_ASSIGN(const std::uint64_t stepping, wordNumber(asked, "vcpu-stepping", 0, 0xf));
        parameters.cpuModel.clear();
        parameters.cpuSignature =
            sev::cpuSignature(static_cast<unsigned>(family), static_cast<unsigned>(model), static_cast<unsigned>(stepping));
    }
    return {};
}

Status takeSvsm(const Invocation &asked, sev::LaunchParameters &parameters)
{
    if (asked.has("svsm"))
        parameters.svsm = asked.value("svsm");
    if (asked.has("vars-size") && asked.has("vars-file"))
        return badInput(
            "understand the command line", "--vars-size, --vars-file", "both give the size of the variables", "Give one of them.");
    if (asked.has("vars-size")) {
        KASTELLAN_ASSIGN(parameters.varsSize, wordNumber(asked, "vars-size", 0, 0xffffffff));
    } else if (asked.has("vars-file")) {
        std::error_code failed;
        const auto size = std::filesystem::file_size(asked.value("vars-file"), failed);
        if (failed)
            return environment("find the size of the firmware's variables", asked.value("vars-file"), failed.message());
        parameters.varsSize = size;
    }
    return {};
}

/// What was given by hand counts, not what was derived.
Status takeOptions(const Invocation &asked, sev::LaunchParameters &parameters)
{
    if (asked.has("vcpus")) {
        KASTELLAN_ASSIGN(const std::uint64_t vcpus, wordNumber(asked, "vcpus", 1, sev::mostVcpus));
        parameters.vcpus = static_cast<unsigned>(vcpus);
    }
    KASTELLAN_TRY(takeSignature(asked, parameters));
    if (asked.has("vmm-type")) {
        const auto vmm = sev::vmmFromName(asked.value("vmm-type"));
        if (!vmm)
            return badInput("understand the command line", "--vmm-type " + asked.value("vmm-type"), "this VMM is not known",
                "Give QEMU, ec2, gce or krun.");
        parameters.vmm = *vmm;
    }
    KASTELLAN_ASSIGN(parameters.guestFeatures, wordNumber(asked, "guest-features", parameters.guestFeatures, ~std::uint64_t{0}));
    if (asked.has("ec2-rdx")) {
        KASTELLAN_ASSIGN(const std::uint64_t rdx, wordNumber(asked, "ec2-rdx", 0, 0xffffffff));
        parameters.ec2Rdx = static_cast<std::uint32_t>(rdx);
    }
    parameters.oldVmsa = parameters.oldVmsa || asked.has("old-vmsa");
    for (const auto &[option, place] : {std::pair{"ovmf", &parameters.ovmf}, {"kernel", &parameters.kernel}, {"initrd", &parameters.initrd},
             {"append", &parameters.append}})
        if (asked.has(option))
            *place = asked.value(option);
    // A kernel that is named by hand is meant to be measured.
    if (asked.has("kernel"))
        parameters.kernelHashes = true;
    if (asked.has("no-kernel-hashes"))
        parameters.kernelHashes = false;
    if (asked.has("snp-ovmf-hash")) {
        KASTELLAN_ASSIGN(const Bytes digest, sev::parseBytes(asked.value("snp-ovmf-hash"), LaunchDigest::size, "--snp-ovmf-hash"));
        KASTELLAN_ASSIGN(parameters.ovmfDigest, LaunchDigest::from(digest, "--snp-ovmf-hash"));
    }
    return takeSvsm(asked, parameters);
}

} // namespace

Result<std::uint64_t> wordNumber(const Invocation &asked, std::string_view option, std::uint64_t otherwise, std::uint64_t most)
{
    if (!asked.has(option))
        return otherwise;
    return sev::parseNumber(asked.value(option), "--" + std::string(option), most);
}

Result<sev::DerivedLaunch> launchFrom(const Invocation &asked, std::optional<GuestKind> kind)
{
    KASTELLAN_ASSIGN(sev::DerivedLaunch derived, described(asked));
    if (kind && derived.parameters.kind && *kind != *derived.parameters.kind)
        return badInput("measure a virtual machine", asked.has("from-qemu") ? "--from-qemu" : asked.value("from-libvirt"),
            "the machine is protected by " + std::string(name(*derived.parameters.kind)) + ", and " + std::string(name(*kind))
                + " was asked for",
            "Use 'keepctl measure " + std::string(verbOf(*derived.parameters.kind))
                + "', or 'keepctl measure vm', which takes what the machine says.");
    if (kind)
        derived.parameters.kind = kind;
    KASTELLAN_TRY(takeOptions(asked, derived.parameters));
    // What is given by hand mends what the description left open.
    std::erase_if(derived.problems, [&](const sev::Problem &problem) {
        const bool cpu = problem.why.contains("CPU model") && derived.parameters.cpuSignature
            && (asked.has("vcpu-sig") || asked.has("vcpu-type") || asked.has("vcpu-family"));
        const bool count = problem.remedy.contains("--vcpus") && asked.has("vcpus");
        const bool firmware = problem.remedy.contains("--ovmf") && asked.has("ovmf");
        return cpu || count || firmware;
    });
    return derived;
}

bool hasFault(const sev::DerivedLaunch &derived)
{
    return std::ranges::any_of(derived.problems, [](const sev::Problem &problem) { return problem.weight == sev::Problem::Weight::Fault; });
}

void tellDerived(const sev::DerivedLaunch &derived, bool problemsOnly)
{
    if (!problemsOnly)
        for (const sev::Taken &taken : derived.taken)
            note(std::format("{:<14} {}  (from {})\n", taken.what + ":", inLine(taken.value), inLine(taken.from)));
    for (const sev::Problem &problem : derived.problems)
        note(std::format("{}: {}: {}. {}\n",
            painted(2, problem.weight == sev::Problem::Weight::Fault ? Colour::Red : Colour::Yellow, name(problem.weight)),
            inLine(problem.where), inLine(problem.why), inLine(problem.remedy)));
}

Result<Bytes> digestFrom(const std::string &text, std::size_t size, std::string_view option)
{
    if (!text.starts_with('@'))
        return sev::parseBytes(text, size, option);
    const std::string file = text.substr(1);
    KASTELLAN_ASSIGN(const Bytes content, readFile(file, 1u << 20));
    if (content.size() == size)
        return content;
    // A raw SNP report, or the firmware's whole answer with the report behind its head.
    constexpr std::size_t reportSize = 0x4a0, measurement = 0x90, head = 0x20;
    if (size == LaunchDigest::size && content.size() == reportSize)
        return toBytes(ByteView(content).subspan(measurement, size));
    if (size == LaunchDigest::size && content.size() == 4000)
        return toBytes(ByteView(content).subspan(head + measurement, size));
    auto bytes = sev::parseBytes(asText(content).substr(0, 1000), size, option);
    if (!bytes)
        return badInput("read a launch digest", file,
            "it is neither an attestation report, nor " + std::to_string(size) + " bytes, nor these in hex or base64");
    return bytes;
}

} // namespace kastellan::keepctl
