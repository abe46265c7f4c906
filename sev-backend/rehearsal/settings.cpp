// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/settings.h"

#include "sev-backend/emulator/faults.h"
#include "sev-backend/emulator/profile.h"
#include "sev-backend/rehearsal/bounded_json.h"

#include <algorithm>
#include <array>

namespace kastellan::sev {
namespace {

constexpr const char *what = "read the settings of a rehearsal";
constexpr auto hostFaultNames =
    std::to_array<std::pair<std::string_view, HostFault>>({{"no-asid", HostFault::NoAsid}, {"no-device", HostFault::NoDevice},
        {"no-permission", HostFault::NoPermission}, {"old-kernel", HostFault::OldKernel}, {"no-support", HostFault::NoSupport},
        {"memlock", HostFault::MemoryLock}, {"tampered-kernel", HostFault::TamperedKernel}, {"tampered-initrd", HostFault::TamperedInitrd},
        {"tampered-command-line", HostFault::TamperedCommandLine}, {"exchanged-firmware", HostFault::ExchangedFirmware},
        {"exchanged-kernel", HostFault::ExchangedKernel}, {"exchanged-initrd", HostFault::ExchangedInitrd},
        {"exchanged-command-line", HostFault::ExchangedCommandLine}, {"no-vm-type", HostFault::NoVmType},
        {"no-guest-memory", HostFault::NoGuestMemory}, {"memory-region", HostFault::MemoryRegion}, {"cpuid", HostFault::Cpuid}});

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t' || text.front() == '\r'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r'))
        text.remove_suffix(1);
    return text;
}

std::string allHostFaults()
{
    std::string all;
    for (const auto &[name, fault] : hostFaultNames)
        all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

} // namespace

std::optional<HostFault> hostFaultFromName(std::string_view name)
{
    for (const auto &[known, fault] : hostFaultNames)
        if (known == name)
            return fault;
    return std::nullopt;
}

Result<std::pair<std::vector<HostFault>, std::string>> divideFaults(std::string_view faults)
{
    std::pair<std::vector<HostFault>, std::string> divided;
    if (faults.size() > FaultPlan::textLimit)
        return badInput("read the faults of a rehearsal", {}, "the text is longer than 4096 bytes");
    while (!faults.empty()) {
        const std::size_t end = std::min(faults.find_first_of(",\n"), faults.size());
        const std::string_view one = trimmed(faults.substr(0, end));
        faults.remove_prefix(std::min(end + 1, faults.size()));
        if (one.empty())
            continue;
        if (const auto host = hostFaultFromName(one))
            divided.first.push_back(*host);
        else if (!one.contains('='))
            return badInput("read the faults of a rehearsal", std::string(one.substr(0, 40)), "there is no such fault of a host",
                "Choose " + allHostFaults() + ", or write COMMAND=FAULT for the firmware.");
        else
            divided.second += (divided.second.empty() ? "" : ",") + std::string(one);
    }
    KASTELLAN_TRY(FaultPlan::parse(divided.second));
    return divided;
}

bool RehearsalSettings::has(HostFault fault) const
{
    return std::ranges::find(hostFaults, fault) != hostFaults.end();
}

Result<RehearsalSettings> RehearsalSettings::parse(ByteView json, std::string_view name)
{
    const auto bad = [name](std::string why) {
        return badInput(what, std::string(name), std::move(why), "Let the rehearsal be made anew: remove this folder.");
    };
    if (json.size() > fileLimit)
        return bad("it is larger than 64 KiB");
    const auto document = boundedJson(asText(json));
    if (!document || !document->is_object())
        return bad("it is no JSON object");
    RehearsalSettings settings;
    std::string qemu, emulated, log, faults;
    const std::pair<std::string_view, std::string *> members[] = {{"qemu", &qemu}, {"emulated", &emulated}, {"profile", &settings.profile},
        {"seed", &settings.seed}, {"log", &log}, {"faults", &faults}, {"made", &settings.made}};
    for (const auto &[key, value] : document->items()) {
        const auto *const member = std::ranges::find(members, key, &std::pair<std::string_view, std::string *>::first);
        if (member == std::end(members))
            return bad("it has a member '" + key.substr(0, 40) + "' that this version does not know");
        if (!value.is_string() || value.get_ref<const std::string &>().contains('\0'))
            return bad("its member '" + key + "' is no text");
        *member->second = value.get<std::string>();
    }
    settings.qemu = qemu;
    settings.emulated = emulated;
    settings.log = log;
    if (!settings.qemu.is_absolute() || !settings.emulated.is_absolute() || (!log.empty() && !settings.log.is_absolute()))
        return bad("'qemu' and 'emulated' have to be absolute paths, and so has 'log' where there is one");
    KASTELLAN_TRY(findProfile(settings.profile));
    KASTELLAN_ASSIGN(auto divided, divideFaults(faults));
    settings.hostFaults = std::move(divided.first);
    settings.faults = std::move(divided.second);
    return settings;
}

Bytes RehearsalSettings::encode() const
{
    std::string all = faults;
    for (const HostFault fault : hostFaults)
        for (const auto &[known, number] : hostFaultNames)
            if (number == fault)
                all += (all.empty() ? "" : ",") + std::string(known);
    nlohmann::ordered_json json{{"qemu", qemu.string()}, {"emulated", emulated.string()}, {"profile", profile}};
    for (const auto &[key, value] :
        {std::pair<const char *, std::string>{"seed", seed}, {"log", log.string()}, {"faults", all}, {"made", made}})
        if (!value.empty())
            json[key] = value;
    return toBytes(json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

} // namespace kastellan::sev
