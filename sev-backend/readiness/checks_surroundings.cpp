// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

namespace kastellan::sev {
namespace {

constexpr std::string_view area = "Surroundings";

/// Whether CPUID says that a hypervisor is below.
std::optional<bool> virtualized(const HostFacts &facts)
{
    if (const auto ecx = facts.number("cpuid.1.ecx"))
        return *ecx >> 31 & 1;
    if (const auto with = facts.number("cpuinfo.flag.hypervisor"))
        return *with > 0;
    return std::nullopt;
}

Judgement judgeVirtual(const HostFacts &facts)
{
    const auto inside = virtualized(facts);
    if (!inside)
        return unknown(facts, "cpuid.1.ecx");
    if (!*inside)
        return passed("no hypervisor below", "This is the machine itself.");
    const std::string hypervisor(facts.text("cpu.hypervisor").value_or("")), named = hypervisor.empty() ? "" : " (" + hypervisor + ")";
    if (facts.has("platform.sev.state"))
        return warning("a hypervisor" + named + ", and SEV firmware that answers",
            "This is a guest whose hypervisor passes SEV on, or a machine under a hypervisor of its own.",
            "Believe the platform only as far as its attestation reports can be verified.");
    return failed("a hypervisor" + named,
        "This is a guest. SEV guests are launched by the machine below it; a guest cannot launch them in turn.",
        "Look at the machine below with 'keepctl host check --host ssh://MACHINE'; in here, the host 'emulated' works.");
}

Judgement judgeRoot(const HostFacts &facts)
{
    const std::string system(facts.text("env.system").value_or("an unnamed system"));
    const auto enclosure = facts.text("env.enclosure");
    if (!enclosure)
        return unknown(facts, "env.enclosure");
    if (*enclosure == "none")
        return passed(facts.root + ": " + system, "The machine's own files were looked at.");
    return warning(std::string(*enclosure) + ", with " + system + " at " + facts.root,
        "Packages and firmware images in here are not those of the machine: checks of them are unknown.",
        "Run keepctl outside of it to have everything looked at.");
}

Judgement judgeBios(const HostFacts &facts)
{
    const auto version = facts.text("bios.version");
    if (!version)
        return unknown(facts, "bios.version");
    std::string saw = std::string(facts.text("bios.vendor").value_or("unknown vendor")) + " " + std::string(*version);
    if (const auto date = facts.text("bios.date"))
        saw += ", " + std::string(*date);
    if (const auto board = facts.text("board.name"))
        saw += ", on " + std::string(facts.text("board.vendor").value_or("")) + " " + std::string(*board);
    return info(saw, "The SEV firmware comes with the BIOS; newer ones may also be loaded by Linux from linux-firmware.");
}

} // namespace

void addSurroundings(Checks &table)
{
    table.push_back({"env.virtual", area, "The machine itself, no guest", "", {}, blocksAll, "CPUID 1 ECX bit 31, CPUID 0x40000000",
        "virtee/sevctl#186", judgeVirtual});
    table.push_back({"env.root", area, "The machine's own files", "", {}, {},
        "traces of containers, chroots and build roots; /etc/os-release", "", judgeRoot});
    table.push_back({"bios.version", area, "BIOS", "", {}, {}, "/sys/class/dmi/id", "", judgeBios});
}

} // namespace kastellan::sev
