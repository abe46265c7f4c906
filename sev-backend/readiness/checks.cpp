// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/checks.h"

#include <algorithm>
#include <charconv>

namespace kastellan::sev {

const std::vector<CheckDefinition> &checkTable()
{
    static const Checks table = [] {
        Checks checks;
        for (const auto part : {addSurroundings, addProcessor, addRegisters, addKernel, addMemory, addFirmware, addTcb, addKvm, addUser,
                 addPrograms, addImages, addGuest})
            part(checks);
        return checks;
    }();
    return table;
}

Judgement unknown(const HostFacts &facts, std::string_view key, std::string remedy, std::string command)
{
    return {CheckState::Unknown, "not known: " + facts.why(key), {}, std::move(remedy), std::move(command), {}};
}

Judgement skipped(std::string_view cause, std::string why)
{
    return {CheckState::Skipped, {}, std::move(why), {}, {}, std::string(cause)};
}

std::optional<bool> sevFeature(const HostFacts &facts, unsigned bit, std::string_view flag)
{
    if (const auto features = facts.number("cpuid.8000001f.eax"))
        return *features >> bit & 1;
    if (facts.isAbsent("cpuid.8000001f.eax"))
        return false;
    const auto with = flag.empty() ? std::nullopt : facts.number("cpuinfo.flag." + std::string(flag));
    const auto cpus = facts.number("cpuinfo.cpus");
    if (!with || !cpus || !*cpus)
        return std::nullopt;
    return *with >= *cpus;
}

std::optional<std::string_view> cpuVendor(const HostFacts &facts)
{
    const auto vendor = facts.text("cpu.vendor");
    return vendor ? vendor : facts.text("cpuinfo.vendor");
}

std::optional<Generation> generation(const HostFacts &facts)
{
    const auto eax = facts.number("cpuid.1.eax");
    if (!eax)
        return std::nullopt;
    Generation found;
    found.family = (*eax >> 8 & 0xf) + (*eax >> 20 & 0xff);
    found.model = static_cast<unsigned>((*eax >> 4 & 0xf) | (*eax >> 12 & 0xf0));
    found.product = productFromCpuid(found.family, found.model);
    if (found.family == 0x17)
        found.name = found.model <= 0x2f ? "Naples" : found.model <= 0x3f ? "Rome" : "";
    else if (found.product != Product::Unknown)
        found.name = name(found.product);
    return found;
}

bool enclosed(const HostFacts &facts)
{
    return facts.text("env.enclosure").value_or("none") != "none";
}

std::string groupToJoin(const HostFacts &facts, const std::string &key)
{
    const std::string_view group = facts.text(key).value_or("kvm");
    const bool plain = !group.empty() && group.size() <= 32 && group.front() != '-' && std::ranges::all_of(group, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    });
    return plain ? std::string(group) : "root";
}

bool libvirtHasSev(const HostFacts &facts)
{
    return facts.flag("libvirt.sev.supported").value_or(false);
}

std::optional<Version> versionFrom(std::optional<std::string_view> text)
{
    if (!text)
        return std::nullopt;
    Version version;
    const char *at = text->data(), *end = at + text->size();
    for (unsigned *part : {&version.major, &version.minor, &version.patch}) {
        const auto [next, code] = std::from_chars(at, end, *part);
        if (code != std::errc())
            return part == &version.patch ? std::optional(version) : std::nullopt;
        if (next == end || *next != '.')
            return part == &version.major ? std::nullopt : std::optional(version);
        at = next + 1;
    }
    return version;
}

} // namespace kastellan::sev
