// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/machine_checks.h"

#include "core/keeps/technology.h"

#include <algorithm>

namespace kastellan {
namespace {

constexpr const char *planning = "plan the launch";
constexpr unsigned mostVcpus = 255;
constexpr std::uint64_t mostMemory = std::uint64_t{4} << 20; ///< MiB: 4 TiB
constexpr std::uint64_t leastMemory = 64; ///< MiB
constexpr std::uint64_t systemMemory = 64; ///< MiB that kernel, warden and runner need beside the workload
constexpr std::size_t longestName = 15; ///< of a network device (IFNAMSIZ)

bool isDeviceName(std::string_view name)
{
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    return !name.empty() && name.size() <= longestName && name.find_first_not_of(allowed) == std::string_view::npos && name != "."
        && name != "..";
}

Status checkNetwork(const MachineRequest &request)
{
    const std::string_view network = request.network;
    constexpr std::string_view bridge = "bridge:";
    if (network != "none" && network != "user" && !(network.starts_with(bridge) && isDeviceName(network.substr(bridge.size()))))
        return badInput(planning, "--network " + request.network.substr(0, 60), "there is no such kind of network",
            "Use none, user, or bridge:NAME with the name of a bridge of the host (at most 15 letters, digits, '-', '_' or '.').");
    if (!request.ports.empty() && network != "user")
        return badInput(planning, "--forward", "ports are forwarded into the network 'user' alone", "Add --network user.");
    for (std::size_t i = 0; i < request.ports.size(); ++i) {
        const auto &port = request.ports[i];
        if ((port.protocol != "tcp" && port.protocol != "udp") || port.host == 0 || port.guest == 0)
            return badInput(planning, "--forward", "a forwarded port is tcp or udp, from 1 to 65535");
        for (std::size_t j = 0; j < i; ++j)
            if (request.ports[j].protocol == port.protocol && request.ports[j].host == port.host)
                return badInput(planning, "--forward", "the host's port " + std::to_string(port.host) + " is forwarded twice");
    }
    return {};
}

} // namespace

std::optional<int> strengthOf(std::string_view technology)
{
    return technologyStrength(technology);
}

Status checkMachine(const MachineRequest &request, std::uint64_t memoryLimit, std::size_t secrets)
{
    if (!request.technology.empty() && (!strengthOf(request.technology) || request.technology == "none"))
        return badInput(planning, "--technology " + request.technology.substr(0, 60), "it is not known", "Use snp, es or sev.");
    if (request.vcpus < 1 || request.vcpus > mostVcpus)
        return badInput(planning, "--vcpus " + std::to_string(request.vcpus), "a keep has from 1 to 255 vCPUs");
    if (request.memoryMiB != 0) {
        const std::uint64_t needed = memoryLimit == 0 ? leastMemory : (memoryLimit + (1 << 20) - 1) / (1 << 20) + systemMemory;
        if (request.memoryMiB < std::max(needed, leastMemory) || request.memoryMiB > mostMemory)
            return badInput(planning, "--memory " + std::to_string(request.memoryMiB),
                "this keep needs from " + std::to_string(std::max(needed, leastMemory)) + " MiB"
                    + (memoryLimit ? " (its workload's limit, and 64 MiB for the system)" : "") + " to 4 TiB",
                memoryLimit ? "Give more memory, or lower limits.memory in Keep.toml." : "Give another amount.");
    }
    KASTELLAN_TRY(checkNetwork(request));
    if (request.bootSeconds < 10 || request.bootSeconds > 3600)
        return badInput(planning, "--boot-timeout " + std::to_string(request.bootSeconds), "patience is from 10 seconds to an hour");
    if (request.unattested && secrets > 0)
        return badInput(planning, "--unattested",
            "a keep without evidence is never given a secret, and this one asks for " + std::to_string(secrets),
            "Launch it where it is measured, or as a rehearsal (--rehearse).");
    if (request.unattested && !request.technology.empty())
        return badInput(planning, "--unattested", "it gives up what --technology demands", "Give one of them.");
    if (request.unattested && request.rehearse)
        return badInput(planning, "--unattested", "a rehearsal has evidence, emulated as it is", "Give --rehearse alone.");
    return {};
}

Status checkExpectations(const LaunchPlan &plan)
{
    if (!plan.machine)
        return {};
    const auto &machine = *plan.machine;
    const auto &expected = plan.expected;
    if (!strengthOf(machine.technology))
        return fail(
            ErrorKind::Internal, planning, plan.host, "the host chose the unknown technology '" + machine.technology + "'", "Report this.");
    if (!machine.request.technology.empty() && *strengthOf(machine.technology) < *strengthOf(machine.request.technology))
        return fail(ErrorKind::Negative, planning, plan.host,
            "it offers " + machine.technology + ", and " + machine.request.technology + " was demanded", "Choose another host.");
    if (machine.technology == "none") {
        if (!machine.request.unattested)
            return fail(ErrorKind::Negative, planning, plan.host, "nothing there measures a keep",
                "Choose another host, rehearse (--rehearse), or give up evidence (--unattested).");
        return {};
    }
    if (machine.technology == "snp")
        return {};
    std::string without;
    const auto add = [&](bool given, const char *what) {
        if (given)
            without += (without.empty() ? "" : ", ") + std::string(what);
    };
    add(expected.launchDigest.has_value(), "a launch digest of 48 bytes");
    add(!expected.minimumTcb.empty(), "a minimum TCB");
    add(!expected.policy.empty(), "a policy file");
    add(expected.strict, "--strict, which demands a proven workload");
    if (!without.empty())
        return fail(ErrorKind::Negative, planning, plan.host,
            "what is expected can't be proven under " + std::string(technologyTitle(machine.technology)) + ": " + without,
            "Choose a host with SEV-SNP (--technology snp), or expect less.");
    return {};
}

} // namespace kastellan
