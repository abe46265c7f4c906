// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/look.h"

#include "core/base/fd.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <format>
#include <set>

#include <fcntl.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

std::string letters(std::initializer_list<std::uint32_t> registers)
{
    std::string text;
    for (const auto value : registers)
        for (unsigned shift = 0; shift < 32; shift += 8)
            if (const char c = static_cast<char>(value >> shift); c)
                text += c;
    while (!text.empty() && text.back() == ' ')
        text.pop_back();
    return text;
}

void lookAtCpuid(Looking &looking)
{
    auto &facts = looking.facts;
    const auto &cpuid = looking.options.machine.cpuid;
    if (!cpuid)
        return;
    const auto zero = cpuid(0, 0);
    facts.set("cpu.vendor", letters({zero.ebx, zero.edx, zero.ecx}), "CPUID 0");
    const auto one = cpuid(1, 0);
    facts.setHex("cpuid.1.eax", one.eax, "CPUID 1 EAX");
    facts.setHex("cpuid.1.ecx", one.ecx, "CPUID 1 ECX");
    if (zero.eax >= 7)
        facts.setHex("cpuid.7.ebx", cpuid(7, 0).ebx, "CPUID 7 EBX");
    if (one.ecx & 1u << 31) {
        const auto hypervisor = cpuid(0x4000'0000, 0);
        facts.set("cpu.hypervisor", letters({hypervisor.ebx, hypervisor.ecx, hypervisor.edx}), "CPUID 0x40000000");
    }
    const auto most = cpuid(0x8000'0000, 0).eax;
    if (most >= 0x8000'0004) {
        std::string brand;
        for (std::uint32_t leaf = 0x8000'0002; leaf <= 0x8000'0004; ++leaf) {
            const auto part = cpuid(leaf, 0);
            for (const auto value : {part.eax, part.ebx, part.ecx, part.edx})
                brand.append(reinterpret_cast<const char *>(&value), sizeof value);
        }
        brand.resize(std::strlen(brand.c_str()));
        brand.erase(0, brand.find_first_not_of(' '));
        brand.erase(brand.find_last_not_of(' ') + 1);
        facts.set("cpu.brand", brand, "CPUID 0x80000002 to 0x80000004");
    }
    if (most >= 0x8000'0001)
        facts.setHex("cpuid.80000001.ecx", cpuid(0x8000'0001, 0).ecx, "CPUID 0x80000001 ECX");
    if (most >= 0x8000'001f) {
        const auto leaf = cpuid(0x8000'001f, 0);
        facts.setHex("cpuid.8000001f.eax", leaf.eax, "CPUID 0x8000001f EAX");
        facts.setHex("cpuid.8000001f.ebx", leaf.ebx, "CPUID 0x8000001f EBX");
        facts.setHex("cpuid.8000001f.ecx", leaf.ecx, "CPUID 0x8000001f ECX");
        facts.setHex("cpuid.8000001f.edx", leaf.edx, "CPUID 0x8000001f EDX");
    } else {
        facts.absent("cpuid.8000001f.eax", "CPUID 0x8000001f EAX", std::format("the processor's last extended leaf is {:#x}", most));
    }
}

/// The flags that matter, on how many processors each.
void lookAtCpuinfo(Looking &looking)
{
    constexpr std::string_view wanted[] = {"svm", "sme", "sev", "sev_es", "sev_snp", "npt", "nrip_save", "debug_swap", "hypervisor"};
    constexpr const char *how = "/proc/cpuinfo";
    const auto content = looking.read(how, 64u << 20);
    auto &facts = looking.facts;
    if (content.error) {
        for (const char *key : {"cpuinfo.vendor", "cpuinfo.model", "cpuinfo.cpus"})
            facts.error(key, how, content.error);
        return;
    }
    std::uint64_t cpus = 0, withFlags = 0;
    std::map<std::string_view, std::uint64_t> counts;
    std::set<std::string> microcode;
    for (std::string_view rest = content.text; !rest.empty();) {
        const auto end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        const auto colon = line.find(':');
        if (colon == std::string_view::npos)
            continue;
        const std::string_view label = line.substr(0, line.find_last_not_of(" \t", colon - (colon ? 1 : 0)) + 1);
        std::string_view value = line.substr(colon + 1);
        value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
        if (label == "processor") {
            ++cpus;
        } else if (label == "vendor_id" && !facts.has("cpuinfo.vendor")) {
            facts.set("cpuinfo.vendor", std::string(value), how);
        } else if (label == "model name" && !facts.has("cpuinfo.model")) {
            facts.set("cpuinfo.model", std::string(value), how);
        } else if (label == "microcode" && microcode.size() < 16) {
            microcode.emplace(value);
        } else if (label == "flags") {
            ++withFlags;
            const std::string padded = " " + std::string(value) + " ";
            for (const auto flag : wanted)
                counts[flag] += padded.find(" " + std::string(flag) + " ") != std::string::npos;
        }
    }
    facts.set("cpuinfo.cpus", std::max(cpus, withFlags), how);
    for (const auto flag : wanted)
        if (withFlags)
            facts.set("cpuinfo.flag." + std::string(flag), counts[flag], how);
    std::string levels;
    for (const auto &level : microcode)
        levels += (levels.empty() ? "" : ", ") + level;
    if (!levels.empty())
        facts.set("cpuinfo.microcode", levels, how);
    for (const char *key : {"cpuinfo.vendor", "cpuinfo.model"})
        if (!facts.has(key))
            facts.absent(key, how);
}

} // namespace

void lookAtProcessor(Looking &looking)
{
    lookAtCpuid(looking);
    lookAtCpuinfo(looking);
    looking.fileFact("smt.active", "/sys/devices/system/cpu/smt/active");
    looking.fileFact("smt.control", "/sys/devices/system/cpu/smt/control");
    looking.fileFact("cpu.online", "/sys/devices/system/cpu/online");
}

void lookAtMsrs(Looking &looking)
{
    struct Register {
        const char *key;
        std::uint32_t number;
    };
    constexpr Register registers[] = {
        {"msr.syscfg", 0xc001'0010},
        {"msr.hwcr", 0xc001'0015},
        {"msr.vm_cr", 0xc001'0114},
        {"msr.sev_status", 0xc001'0131},
        {"msr.rmp_base", 0xc001'0132},
        {"msr.rmp_end", 0xc001'0133},
        {"msr.rmp_cfg", 0xc001'0136},
    };
    constexpr const char *folder = "/dev/cpu";
    auto &facts = looking.facts;
    int listError = 0;
    std::vector<unsigned> cpus;
    for (const auto &name : looking.list(folder, listError))
        if (const auto number = factNumber(name); number && *number < 65536)
            cpus.push_back(static_cast<unsigned>(*number));
    std::map<std::string, std::map<unsigned, std::uint64_t>> values;
    std::map<std::string, int> errors;
    int openError = listError ? listError : ENOENT;
    bool opened = false;
    for (const unsigned cpu : cpus) {
        const Fd file(::open(looking.at(std::format("{}/{}/msr", folder, cpu)).c_str(), O_RDONLY | O_CLOEXEC));
        if (!file) {
            openError = errno;
            continue;
        }
        opened = true;
        for (const auto &[key, number] : registers) {
            std::uint64_t value = 0;
            errno = 0;
            if (::pread(file.get(), &value, sizeof value, number) == static_cast<ssize_t>(sizeof value))
                values[key][cpu] = value;
            else
                errors[key] = errno ? errno : EIO;
        }
    }
    if (opened)
        facts.set("msr.device", "yes", "/dev/cpu/*/msr");
    else
        facts.error("msr.device", "/dev/cpu/*/msr", openError);
    for (const auto &[key, number] : registers) {
        const std::string how = std::format("MSR {:#x} of every processor", number);
        if (const auto at = values.find(key); at != values.end())
            facts.set(key, perCpuText(at->second), how);
        else if (!opened)
            facts.error(key, how + ", /dev/cpu/*/msr", openError);
        else // the processor answers a register that it lacks with a fault, which the driver turns into EIO
            facts.absent(key, how, "the processor does not have it, or hides it");
    }
}

} // namespace kastellan::sev
