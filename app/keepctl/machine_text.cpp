// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/machine_text.h"

#include "core/keeps/forwarded_port.h"

#include <format>

namespace kastellan::keepctl {
namespace {

std::string networkText(const MachineRequest &request)
{
    if (request.network == "none" || request.network.empty())
        return "none";
    std::string text = request.network == "user" ? "user mode" : request.network;
    for (const auto &port : request.ports)
        text += ", " + toText(port);
    return text;
}

/// Whom the owner has to trust for what this keep does.
std::string trustText(const LaunchPlan &plan)
{
    const MachinePlan &machine = *plan.machine;
    if (machine.technology == "none")
        return "the host and everybody who runs it: nothing is proven";
    if (plan.expected.root.starts_with("emulated:"))
        return "the host and everybody who runs it: a rehearsal proves the procedure alone";
    if (machine.technology == "snp")
        return "the CPU with its firmware, and the measured image";
    return machine.technology == "es"
        ? "the CPU with its firmware and the measured image; the host can tamper with memory, and nothing is proven after the start"
        : "the CPU with its firmware and the measured image; the host can tamper with memory and registers, and nothing is proven after "
          "the start";
}

} // namespace

std::vector<std::pair<std::string, std::string>> machineFacts(const LaunchPlan &plan)
{
    if (!plan.machine)
        return {};
    const MachinePlan &machine = *plan.machine;
    std::vector<std::pair<std::string, std::string>> facts{
        {"machine",
            std::format("{} vCPU{} ({}), {} MiB", machine.request.vcpus, machine.request.vcpus == 1 ? "" : "s", machine.cpuModel,
                machine.memoryMiB)},
        {"network", networkText(machine.request)},
    };
    if (machine.technology != "none")
        facts.emplace_back("guest policy", std::format("{:#x}", plan.policy));
    facts.emplace_back("trusted", trustText(plan));
    return facts;
}

} // namespace kastellan::keepctl
