// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kubevirt/vmi.h"

#include "sev-backend/abi/policy.h"

#include <algorithm>

namespace kastellan::sev::kubevirt {
namespace {

constexpr auto planning = "plan a keep in a cluster";
constexpr std::uint64_t leastMemory = 256, mostMemory = std::uint64_t{16} << 20; // MiB
constexpr unsigned mostCores = 512;

bool isName(std::string_view text, std::string_view others)
{
    return std::ranges::all_of(text,
        [others](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || others.contains(c); });
}

/// What names a place on the owner's machine, or on one host, means nothing to a cluster.
Status possible(const MachineRequest &request)
{
    if (request.rehearse)
        return badInput(planning, "--rehearse", "a rehearsal runs on one libvirt host, and no cluster has our stand-in for QEMU",
            "Rehearse on qemu:///session, or leave it out.");
    if (request.unattested)
        return badInput(planning, "--unattested", "KubeVirt offers no stream to a keep, so nothing could be delivered to it even so",
            "Leave it out: the keep is created, appraised (undecided) and removed. --dry-run prints what you could create yourself.");
    if (!request.ports.empty())
        return badInput(planning, "--forward", "a cluster forwards no ports of a node",
            "Use --network user, and a Service or 'kubectl port-forward' of the cluster.");
    if (request.network != "none" && request.network != "user")
        return badInput(planning, "--network " + request.network, "a cluster has no bridge of that name for keeps",
            "Choose none, or user (the pod's network behind NAT).");
    if (!request.domainXml.empty())
        return badInput(planning, "--domain-xml", "a cluster takes no libvirt domain", "--dry-run prints what it takes.");
    if (!request.idBlock.empty() || !request.idAuth.empty() || request.authorKey || request.vlek || !request.workarounds.empty())
        return badInput(planning, "--id-block, --id-auth, --author-key, --vlek, --workarounds", "KubeVirt has no field for them",
            "Leave them out, or launch on a libvirt host.");
    if (!request.firmware.empty())
        return badInput(planning, "--firmware", "KubeVirt starts machines from its own firmware", "Leave it out.");
    if (!request.technology.empty() && request.technology != "snp" && request.technology != "es" && request.technology != "sev")
        return badInput(planning, "--technology " + request.technology, "there are snp, es and sev");
    if (request.whole && (!request.whole->kernel.empty() || !request.whole->initrd.empty()))
        return badInput(planning, request.whole->kernel.empty() ? request.whole->initrd : request.whole->kernel,
            "it is a file of this computer, and a cluster takes kernels from a registry",
            "Put kernel and initrd into a container image (docs/kubevirt.md), and give --image docker://NAME@sha256:….");
    return {};
}

} // namespace

Result<std::string> containerImage(const std::string &given, const char *option)
{
    constexpr std::string_view scheme = "docker://";
    const auto wrong = [&](std::string why) {
        return badInput(planning, std::string(option) + " " + given.substr(0, 200), std::move(why),
            "Give a container image that holds it, pinned by digest: docker://REGISTRY/NAME@sha256:… (docs/kubevirt.md).");
    };
    if (!given.starts_with(scheme))
        return wrong("a cluster takes images from a registry, not from this computer");
    const std::string name = given.substr(scheme.size());
    const auto at = name.find('@');
    if (at == std::string::npos || !name.substr(at + 1).starts_with("sha256:"))
        return wrong("it is not pinned by digest: what its name stands for can change at any time");
    const std::string digest = name.substr(at + 8);
    const auto hex = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
    if (digest.size() != 64 || !std::ranges::all_of(digest, hex))
        return wrong("its digest has not 64 hex digits in lower case");
    if (at == 0 || name.size() > 500 || !isName(std::string_view(name).substr(0, at), "./_-:"))
        return wrong("its name is no name of a container image");
    return name;
}

Result<Vmi> vmiFor(const MachineRequest &request, const std::string &commandLine)
{
    KASTELLAN_TRY(possible(request));
    Vmi vmi;
    vmi.technology = request.technology.empty() ? "snp" : request.technology;
    vmi.snpPolicy = request.policy.value_or(GuestPolicy::standard);
    if (request.policy && vmi.technology != "snp")
        return badInput(planning, "--guest-policy", "KubeVirt makes the policy of SEV and SEV-ES itself", "Leave it out.");
    if (const auto invalid = GuestPolicy(vmi.snpPolicy).invalid())
        return badInput(planning, "--guest-policy", *invalid);
    vmi.cores = std::max(request.vcpus, 1U);
    vmi.memoryMiB = request.memoryMiB ? request.memoryMiB : 512;
    if (vmi.cores > mostCores || vmi.memoryMiB < leastMemory || vmi.memoryMiB > mostMemory)
        return badInput(planning, std::to_string(vmi.cores) + " CPUs, " + std::to_string(vmi.memoryMiB) + " MiB",
            "a keep has 1 to 512 CPUs and 256 MiB to 16 TiB of memory");
    // Named, so that nobody else chooses it: the model of a virtual CPU is measured under SNP and SEV-ES.
    vmi.cpuModel = !request.cpuModel.empty() ? request.cpuModel : vmi.technology == "snp" ? "EPYC-Milan" : "EPYC";
    if (!isName(vmi.cpuModel, "-_.") || vmi.cpuModel.size() > 60)
        return badInput(planning, vmi.cpuModel.substr(0, 60), "it is no name of a CPU model", "EPYC-Milan, EPYC-Genoa…");
    vmi.masquerade = request.network == "user";
    vmi.annotation = "A keep of Kastellan. The owner's program follows it, and removes it when it ends.";
    if (request.whole && !request.whole->disk.empty()) {
        KASTELLAN_ASSIGN(vmi.diskImage, containerImage(request.whole->disk, "the disk"));
        if (!request.image.empty())
            return badInput(planning, request.image, "a kernel and a disk were named, and a keep boots from one of them");
        return vmi;
    }
    if (request.image.empty())
        return badInput(planning, "--image", "a cluster takes the keep image from a registry, and none was named",
            "Put it into a container image (docs/kubevirt.md), and give --image docker://REGISTRY/NAME@sha256:….");
    KASTELLAN_ASSIGN(vmi.kernelImage, containerImage(request.image, "--image"));
    vmi.kernelArguments = request.whole ? request.whole->commandLine : commandLine;
    if (std::ranges::any_of(vmi.kernelArguments, [](unsigned char c) { return c < ' ' || c >= 0x7f; }) || vmi.kernelArguments.size() > 2000)
        return badInput(planning, "the kernel's command line", "it has characters that no command line has, or more than 2000 of them");
    return vmi;
}

} // namespace kastellan::sev::kubevirt
