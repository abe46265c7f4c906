// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/choice.h"

#include "sev-backend/abi/policy.h"
#include "sev-backend/measurement/vm_measurement.h"

#include <algorithm>
#include <array>
#include <format>

namespace kastellan::sev::libvirt {
namespace {

constexpr const char *what = "plan the launch";
constexpr const char *defaultModel = "EPYC-v4";
constexpr std::array<std::string_view, 3> weakestFirst{"sev", "es", "snp"};
// SEV guest policy (SEV API, section 3): no debugging, no sharing of keys, never sent; and with encrypted registers.
constexpr std::uint64_t sevPolicy = 0x0b, esBit = 0x04, sevPolicyLimit = 0xffffffff;

std::unexpected<Error> wrong(const std::string &where, std::string why, std::string remedy)
{
    return badInput(what, where, std::move(why), std::move(remedy));
}

std::string listed(const std::vector<std::string> &technologies)
{
    std::string text;
    for (const auto &technology : technologies)
        text += (text.empty() ? "" : ", ") + std::string(titleOf(technology));
    return text.empty() ? "none" : text;
}

/// What stands between this host and SEV, as far as libvirt tells.
std::string missing(const Offer &offer, std::string_view demanded)
{
    const std::string of = offer.emulator.empty() ? std::string("its QEMU") : offer.emulator;
    if (offer.domainType == "qemu")
        return "it has no KVM, without which there is no SEV";
    if (!offer.sev)
        return of + " finds no SEV there (no /dev/sev, or the kernel's kvm_amd module was loaded without sev=1)";
    if (demanded == "snp" && !offer.has("sev-snp"))
        return "its libvirt or QEMU has no 'sev-snp' launch security (libvirt 10.5, QEMU 9.1 and a kernel with SNP are needed)";
    if (demanded == "es" && offer.esGuests == 0)
        return "no SEV-ES guest can be started there (no ASID is set aside for ES in the BIOS)";
    return "it offers " + listed(offer.technologies());
}

Result<std::string> technology(const MachineRequest &request, const Offer &offer, const std::string &where)
{
    if (request.unattested)
        return "none";
    const auto offered = offer.technologies();
    const std::string &demanded = request.technology;
    if (demanded.empty()) {
        if (!offered.empty())
            return offered.front();
        return environment(what, where, "the host offers no SEV: " + missing(offer, "snp"),
            "Give --rehearse to try everything there with emulated firmware, which proves the procedure alone (the default at "
            "qemu:///session when no secret and no expectation is given); or --unattested to run without evidence and without secrets.");
    }
    const auto known = std::ranges::find(weakestFirst, demanded);
    if (known == weakestFirst.end())
        return wrong(where, "'" + demanded + "' is no technology", "There are snp, es and sev.");
    for (auto strong = known; strong != weakestFirst.end(); ++strong)
        if (std::ranges::find(offered, *strong) != offered.end())
            return std::string(*strong);
    return environment(what, where, std::string(titleOf(demanded)) + " was demanded, and " + missing(offer, demanded),
        "Choose another host, or give --rehearse to try everything there with emulated firmware, or --unattested to run without evidence "
        "and "
        "without secrets.");
}

/// "EPYC" of "EPYC-v4": what a libvirt that knows no versions calls it.
std::string_view family(std::string_view model)
{
    const auto at = model.rfind("-v");
    return at == std::string_view::npos ? model : model.substr(0, at);
}

Result<std::string> cpuModel(const MachineRequest &request, const Offer &offer, bool measured, const std::string &where)
{
    const auto knows = [&](std::string_view model) { return std::ranges::find(offer.cpuModels, model) != offer.cpuModels.end(); };
    std::string wanted = request.cpuModel;
    if (wanted.empty())
        wanted = offer.domainType == "kvm" && cpuSignatureOf(offer.hostModel) ? offer.hostModel : defaultModel;
    if (measured && !cpuSignatureOf(wanted))
        return wrong(where, "the CPU model '" + wanted + "' has no known signature, which is measured",
            "Give an EPYC model of QEMU's with --cpu-model: EPYC-v4, EPYC-Milan, EPYC-Genoa…");
    if (offer.cpuModels.empty() || knows(wanted))
        return wanted;
    const std::string plain(family(wanted));
    if (knows(plain) && cpuSignatureOf(plain) == cpuSignatureOf(wanted))
        return plain;
    return wrong(where, "QEMU or libvirt there does not know the CPU model '" + wanted + "'",
        "Give another with --cpu-model; 'virsh domcapabilities' lists those that it knows.");
}

Result<std::uint64_t> policy(const MachineRequest &request, const std::string &technology, const std::string &where)
{
    if (technology == "none")
        return 0;
    if (technology == "snp") {
        const GuestPolicy policy(request.policy.value_or(GuestPolicy::standard));
        if (const auto why = policy.invalid())
            return wrong(where, std::format("{:#x} is no policy of SEV-SNP: {}", policy.raw(), *why), "Write for instance 0x30000.");
        return policy.raw();
    }
    const std::uint64_t es = technology == "es" ? esBit : 0;
    const std::uint64_t value = request.policy.value_or(sevPolicy | es);
    if (value > sevPolicyLimit || (value & 0xffc0) != 0)
        return wrong(where, std::format("{:#x} is no policy of SEV: bits 6 to 15 and those above 31 have to be clear", value),
            "Write for instance 0xf.");
    if ((value & esBit) != es)
        return wrong(where,
            es ? "the policy does not demand SEV-ES, so that the host could start the guest without it"
               : "the policy demands SEV-ES, and SEV alone was chosen",
            es ? "Set bit 2 (0x4)." : "Demand --technology es, or clear bit 2.");
    return value;
}

Status checkNetwork(const MachineRequest &request, const Offer &offer, const std::string &where)
{
    const std::string &network = request.network;
    const bool bridge = network.starts_with("bridge:");
    if (network != "none" && network != "user" && !bridge)
        return wrong(where, "'" + network + "' is no network", "There are none, user and bridge:NAME.");
    const std::string name = bridge ? network.substr(7) : std::string();
    if (bridge && (name.empty() || name.size() > 15 || name.find_first_of("/ \t\n\"'<>&") != std::string::npos))
        return wrong(where, "'" + name + "' is no name of a bridge", "Write for instance bridge:br0.");
    if (request.ports.empty())
        return {};
    if (network != "user")
        return wrong(where, "ports are forwarded to a user-mode network alone", "Give --network user with --forward.");
    if (!offer.passt)
        return environment(what, where, "QEMU or libvirt there can't forward ports: that needs passt, and libvirt 9 or newer",
            "Install passt on the host, or use --network bridge:NAME.");
    return {};
}

Status checkSnp(const MachineRequest &request, const std::string &technology, const std::string &where)
{
    const bool any =
        !request.idBlock.empty() || !request.idAuth.empty() || request.authorKey || request.vlek || !request.workarounds.empty();
    if (any && technology != "snp")
        return wrong(where, "ID block, author key, VLEK and guest-visible workarounds are of SEV-SNP alone", "Demand --technology snp.");
    if (request.idBlock.empty() != request.idAuth.empty())
        return wrong(where, "an ID block and its authentication belong together", "Give both --id-block and --id-auth.");
    if (request.authorKey && request.idAuth.empty())
        return wrong(where, "an author key is part of an ID authentication, and there is none", "Give --id-block and --id-auth.");
    for (const auto &[text, size, name] : {std::tuple(&request.idBlock, 96u, "ID block"), {&request.idAuth, 4096u, "ID authentication"},
             {&request.workarounds, 16u, "guest-visible workarounds"}}) {
        if (text->empty())
            continue;
        const auto bytes = fromBase64(*text);
        if (!bytes || bytes->size() != size)
            return wrong(where, std::format("the {} {} {} bytes in base64", name, size == 16 ? "are not" : "is not of", size), {});
    }
    return {};
}

} // namespace

GuestKind Choice::kind() const
{
    return technology == "sev" ? GuestKind::Sev : technology == "es" ? GuestKind::SevEs : GuestKind::Snp;
}

std::string_view titleOf(std::string_view technology)
{
    return technology == "snp" ? "SEV-SNP" : technology == "es" ? "SEV-ES" : technology == "sev" ? "SEV" : "unattested";
}

Result<Choice> choose(const MachineRequest &request, const Offer &offer, const std::string &where)
{
    if (request.unattested && (request.rehearse || !request.technology.empty()))
        return wrong(where,
            "--unattested means that there is no evidence, and " + std::string(request.rehearse ? "--rehearse" : "--technology")
                + " that there is some",
            "Give one of the two.");
    Choice choice;
    KASTELLAN_ASSIGN(choice.technology, technology(request, offer, where));
    KASTELLAN_ASSIGN(choice.cpuModel, cpuModel(request, offer, choice.attested(), where));
    KASTELLAN_ASSIGN(choice.policy, policy(request, choice.technology, where));
    KASTELLAN_TRY(checkSnp(request, choice.technology, where));
    KASTELLAN_TRY(checkNetwork(request, offer, where));
    if (request.vcpus == 0 || request.vcpus > offer.mostVcpus)
        return wrong(where, std::format("{} vCPUs were asked for, and QEMU there gives a machine 1 to {}", request.vcpus, offer.mostVcpus),
            "Give another number with --vcpus.");
    choice.cbitPosition = offer.cbitPosition.value_or(choice.cbitPosition);
    choice.reducedPhysBits = offer.reducedPhysBits.value_or(choice.reducedPhysBits);
    return choice;
}

} // namespace kastellan::sev::libvirt
