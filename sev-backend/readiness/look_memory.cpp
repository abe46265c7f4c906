// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include <algorithm>
#include <cerrno>

namespace kastellan::sev {
namespace {

/// The first number behind a word, anywhere in the text from `from` on.
std::optional<std::uint64_t> numberAfter(std::string_view text, std::string_view word, std::size_t from = 0)
{
    const auto at = text.find(word, from);
    if (at == std::string_view::npos)
        return std::nullopt;
    text = text.substr(at + word.size());
    text.remove_prefix(std::min(text.find_first_not_of(" :\t"), text.size()));
    return factNumber(text.substr(0, text.find_first_not_of("0123456789")));
}

/// The end of the memory that Linux has, from the zones (everybody may read them).
std::uint64_t endOfZones(std::string_view zones)
{
    std::uint64_t end = 0;
    for (std::size_t at = zones.find("\nNode "); at != std::string_view::npos || end == 0;) {
        const std::size_t from = at == std::string_view::npos ? 0 : at + 1;
        const auto next = zones.find("\nNode ", from);
        const std::string_view zone = zones.substr(from, next == std::string_view::npos ? next : next - from);
        const auto spanned = numberAfter(zone, "\n        spanned "), start = numberAfter(zone, "start_pfn:");
        if (spanned && start && *spanned && *spanned < 1ull << 40 && *start < 1ull << 40)
            end = std::max(end, (*start + *spanned) * 4096);
        at = next;
        if (next == std::string_view::npos)
            break;
    }
    return end;
}

/// The end of the last range of memory in /proc/iomem; 0 where the kernel shows no addresses.
std::uint64_t endOfRam(std::string_view map)
{
    std::uint64_t end = 0;
    while (!map.empty()) {
        const auto lineEnd = map.find('\n');
        const std::string_view line = map.substr(0, lineEnd);
        map.remove_prefix(lineEnd == std::string_view::npos ? map.size() : lineEnd + 1);
        const auto dash = line.find('-'), colon = line.find(" : System RAM");
        if (dash == std::string_view::npos || colon == std::string_view::npos || dash > colon)
            continue;
        if (const auto last = factNumber("0x" + std::string(line.substr(dash + 1, colon - dash - 1))); last && *last)
            end = std::max(end, *last + 1);
    }
    return end;
}

void lookAtRam(Looking &looking)
{
    auto &facts = looking.facts;
    if (const auto info = looking.read("/proc/meminfo"); info.error)
        facts.error("memory.total", "/proc/meminfo", info.error);
    else if (const auto kib = numberAfter(info.text, "MemTotal:"); kib && *kib < 1ull << 50)
        facts.set("memory.total", *kib * 1024, "/proc/meminfo");
    const auto map = looking.read("/proc/iomem", 4u << 20);
    const std::uint64_t ram = map.error ? 0 : endOfRam(map.text);
    const auto zones = looking.read("/proc/zoneinfo", 8u << 20);
    const std::uint64_t zone = zones.error ? 0 : endOfZones(zones.text);
    if (ram || zone) // the kernel wants the larger one covered: its last page frame
        facts.setHex("memory.end", std::max(ram, zone), ram > zone ? "/proc/iomem" : "/proc/zoneinfo");
    else
        facts.error("memory.end", "/proc/iomem and /proc/zoneinfo", zones.error ? zones.error : EIO);
}

void lookAtIommu(Looking &looking)
{
    auto &facts = looking.facts;
    int error = 0;
    const auto groups = looking.list("/sys/kernel/iommu_groups", error);
    if (error)
        facts.error("iommu.groups", "/sys/kernel/iommu_groups", error);
    else
        facts.set("iommu.groups", static_cast<std::uint64_t>(groups.size()), "/sys/kernel/iommu_groups");
    std::map<std::string, std::uint64_t> types;
    for (const auto &group : groups)
        if (const auto type = looking.read("/sys/kernel/iommu_groups/" + group + "/type"); !type.error)
            ++types[type.text.substr(0, 40)];
    std::string text;
    for (const auto &[type, count] : types)
        text += (text.empty() ? "" : ", ") + type + " " + std::to_string(count);
    if (!text.empty())
        facts.set("iommu.types", text, "/sys/kernel/iommu_groups/*/type");
    const auto units = looking.list("/sys/class/iommu", error);
    std::uint64_t amd = 0;
    for (const auto &unit : units)
        amd += unit.starts_with("ivhd");
    if (error)
        facts.error("iommu.units", "/sys/class/iommu", error);
    else
        facts.set("iommu.units", amd, "/sys/class/iommu/ivhd*");
    std::error_code code;
    if (std::filesystem::exists(looking.at("/sys/firmware/acpi/tables/IVRS"), code))
        facts.set("iommu.ivrs", "yes", "/sys/firmware/acpi/tables/IVRS");
    else
        facts.absent("iommu.ivrs", "/sys/firmware/acpi/tables/IVRS");
}

void lookAtCgroup(Looking &looking)
{
    auto &facts = looking.facts;
    for (const std::string folder : {"/sys/fs/cgroup/", "/sys/fs/cgroup/misc/"}) {
        const auto capacity = looking.read(folder + "misc.capacity");
        if (capacity.error)
            continue;
        const auto current = looking.read(folder + "misc.current");
        const std::string total = "\n" + capacity.text, used = "\n" + current.text;
        for (const char *name : {"sev", "sev_es"}) {
            const std::string word = "\n" + std::string(name) + " ", key = "cgroup." + std::string(name);
            if (const auto number = numberAfter(total, word))
                facts.set(key + ".capacity", *number, folder + "misc.capacity");
            else
                facts.absent(key + ".capacity", folder + "misc.capacity", "the kernel offers none");
            if (const auto number = numberAfter(used, word))
                facts.set(key + ".current", *number, folder + "misc.current");
        }
        return;
    }
    for (const char *key : {"cgroup.sev.capacity", "cgroup.sev_es.capacity"})
        facts.absent(key, "/sys/fs/cgroup/misc.capacity", "there is no misc controller in this control group");
}

} // namespace

void lookAtMemory(Looking &looking)
{
    lookAtRam(looking);
    lookAtIommu(looking);
    lookAtCgroup(looking);
}

} // namespace kastellan::sev
