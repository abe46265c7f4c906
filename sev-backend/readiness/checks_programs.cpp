// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <format>

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "QEMU and libvirt";
constexpr const char *install = "sudo apt install qemu-system-x86 libvirt-daemon-system ovmf";

/// In a container or build root, packages say nothing about the machine: what there is, is told, and not judged.
Judgement inEnclosure(const HostFacts &facts, std::string_view key)
{
    const auto value = facts.text(key);
    return {CheckState::Unknown,
        std::format("in {}: {}", facts.text("env.enclosure").value_or("another root"), value && !value->empty() ? *value : "not there"), {},
        {}, {}, {}}; // env.root says what that means, and what to do
}

Judgement judgeQemu(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "qemu.path");
    if (const auto path = facts.text("qemu.path"))
        return passed(std::string(*path));
    if (facts.isAbsent("qemu.path"))
        return failed("no QEMU for x86-64", "Virtual machines are run by QEMU.", "Install QEMU.", install);
    return unknown(facts, "qemu.path");
}

Judgement judgeVersion(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "qemu.version");
    const auto text = facts.text("qemu.version");
    if (!text)
        return unknown(facts, "qemu.version", "Run it with probes.");
    return info(std::string(*text), "SEV since 2.12, SEV-ES since 6.0, SEV-SNP since 9.1.");
}

Judgement object(const HostFacts &facts, std::string_view key, const char *protection, const char *since)
{
    if (enclosed(facts))
        return inEnclosure(facts, key);
    if (const auto properties = facts.text(key))
        return passed("it has the object" + (properties->empty() ? std::string() : ": " + std::string(*properties)));
    if (facts.isAbsent(key))
        return failed(facts.why(key), std::string("This QEMU cannot launch ") + protection + " guests.",
            std::string("Install QEMU ") + since + " or newer.", install);
    return unknown(facts, key, "Run it with probes.");
}
Judgement judgeObjectSev(const HostFacts &facts)
{
    return object(facts, "qemu.sev_guest", "SEV", "2.12 (SEV-ES: 6.0)");
}
Judgement judgeObjectSnp(const HostFacts &facts)
{
    return object(facts, "qemu.sev_snp_guest", "SEV-SNP", "9.1");
}
Judgement judgeMachine(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "qemu.q35");
    const auto has = facts.flag("qemu.q35");
    if (!has)
        return unknown(facts, "qemu.q35", "Run it with probes.");
    return *has ? passed("q35") : failed("no q35", "Guests with SEV are q35 machines.", "Install a QEMU with it.", install);
}

Judgement judgeLibvirt(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "libvirt.version");
    if (const auto text = facts.text("libvirt.version"))
        return passed(std::format("{} at {}", *text, facts.text("libvirt.uri").value_or("?")));
    const Fact *fact = facts.find("libvirt.version");
    if (!fact || fact->had == Fact::Had::NotLooked)
        return unknown(facts, "libvirt.version", "Run it with probes.");
    if (fact->had == Fact::Had::Denied)
        return failed(facts.why("libvirt.version"), "This user may not use libvirt.", "Join the group 'libvirt', and log in again.",
            "sudo usermod -aG libvirt \"$USER\"");
    return failed(facts.why("libvirt.version"), "libvirt does not answer.", "Install libvirt and start its daemon.",
        "sudo apt install libvirt-daemon-system && sudo systemctl enable --now libvirtd");
}

/// Launching needs the socket for writing; where it is open to all, polkit decides.
Judgement judgeManage(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "libvirt.socket");
    const Fact *fact = facts.find("libvirt.socket");
    if (!fact || fact->had == Fact::Had::NotLooked || fact->had == Fact::Had::Failed)
        return unknown(facts, "libvirt.socket");
    if (fact->had == Fact::Had::Denied)
        return failed(facts.why("libvirt.socket"), "This user may look at libvirt's guests, and launch none.",
            "Join the group 'libvirt', and log in again.", "sudo usermod -aG libvirt \"$USER\"");
    if (fact->had == Fact::Had::Absent)
        return info("no socket of this machine", "libvirt is reached another way.");
    const std::string groups = " " + std::string(facts.text("user.groups").value_or("")) + " ";
    if (facts.number("user.id") == 0 || groups.find(" libvirt ") != std::string::npos)
        return passed("it opens");
    Judgement judgement =
        unknown(facts, "libvirt.socket", "Join the group 'libvirt', and log in again.", "sudo usermod -aG libvirt \"$USER\"");
    judgement.saw = "not known: the socket is open to all, and polkit decides";
    return judgement;
}

Judgement judgeLibvirtSev(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "libvirt.sev.supported");
    const auto supported = facts.flag("libvirt.sev.supported");
    if (!supported)
        return unknown(facts, "libvirt.sev.supported");
    if (*supported)
        return passed(std::format("cbitpos {}, reducedPhysBits {}, {} SEV and {} SEV-ES guests",
            facts.text("libvirt.sev.cbitpos").value_or("?"), facts.text("libvirt.sev.reduced_bits").value_or("?"),
            facts.text("libvirt.sev.max_guests").value_or("?"), facts.text("libvirt.sev.max_es_guests").value_or("?")));
    return failed("no", "libvirt found no SEV: QEMU under its own user saw neither /dev/sev nor SEV in KVM, or it remembers an older look.",
        "Where the checks of firmware and KVM pass, let libvirt look again.",
        "sudo rm -rf /var/cache/libvirt/qemu/capabilities && sudo systemctl restart libvirtd");
}

Judgement judgeLibvirtSnp(const HostFacts &facts)
{
    if (enclosed(facts))
        return inEnclosure(facts, "libvirt.launch_security");
    const auto types = facts.text("libvirt.launch_security");
    const auto version = versionFrom(facts.text("libvirt.version"));
    if (!types || !version)
        return unknown(facts, "libvirt.launch_security");
    if (*version < Version{10, 5, 0})
        return failed(std::format("libvirt {}", *facts.text("libvirt.version")), "libvirt launches SEV-SNP guests from 10.5 on.",
            "Install libvirt 10.5 or newer.", install);
    if ((" " + std::string(*types) + " ").find(" sev-snp ") != std::string::npos)
        return passed(std::string(*types));
    return failed(types->empty() ? "no types of launch security" : std::string(*types), "libvirt's QEMU and KVM offer no SEV-SNP.",
        "Install QEMU 9.1 or newer; where the checks of firmware and KVM pass, let libvirt look again.",
        "sudo rm -rf /var/cache/libvirt/qemu/capabilities && sudo systemctl restart libvirtd");
}

} // namespace

void addPrograms(Checks &table)
{
    table.push_back({"qemu.present", area, "QEMU", "", {}, blocksAll, "qemu-system-x86_64 in PATH", "", judgeQemu});
    table.push_back(
        {"qemu.version", area, "Version", "qemu.present", {"qemu.present"}, {}, "qemu-system-x86_64 --version", "", judgeVersion});
    table.push_back({"qemu.machine", area, "Machine q35", "qemu.present", {"qemu.present"}, blocksAll, "-machine help", "", judgeMachine});
    table.push_back(
        {"qemu.sev", area, "SEV guests", "qemu.present", {"qemu.present"}, {"sev", "es"}, "-object sev-guest,help", "", judgeObjectSev});
    table.push_back({"qemu.snp", area, "SEV-SNP guests", "qemu.present", {"qemu.present"}, blocksSnp, "-object sev-snp-guest,help",
        "QEMU 9.1", judgeObjectSnp});
    table.push_back({"libvirt.answers", area, "libvirt", "", {}, blocksAll, "qemu:///system, read-only", "", judgeLibvirt});
    table.push_back({"libvirt.manage", area, "This user may launch with it", "libvirt.answers", {"libvirt.answers"}, blocksAll,
        "libvirt's socket; the user's groups", "", judgeManage});
    table.push_back({"libvirt.sev", area, "SEV in libvirt", "libvirt.answers", {"libvirt.answers", "kvm.sev", "sev.device"}, blocksAll,
        "domain capabilities, sev", "", judgeLibvirtSev});
    table.push_back({"libvirt.snp", area, "SEV-SNP in libvirt", "libvirt.answers", {"libvirt.answers", "kvm.snp", "sev.device", "qemu.snp"},
        blocksSnp, "domain capabilities, launchSecurity sectype", "libvirt 10.5", judgeLibvirtSnp});
}

} // namespace kastellan::sev
