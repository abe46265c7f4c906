// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/cpu_word.h"

#include "sev-backend/abi/vmsa.h"
#include "sev-backend/machine/number.h"

#include <format>

namespace kastellan::sev {

namespace {

/// QEMU's default model for x86-64, which is no EPYC: family 15, model 107, stepping 1.
constexpr std::uint32_t qemu64 = 0x60fb1;

bool copiesTheHost(std::string_view model)
{
    return model == "host" || model == "max" || model == "maximum" || model == "host-model" || model == "host-passthrough";
}

} // namespace

std::string hostSignatures()
{
    return "Naples 0x800f12, Rome 0x830f10, Milan 0xa00f11 (Milan-X 0xa00f12), Genoa 0xa10f11, Bergamo and Siena 0xaa0f02, Turin 0xb00f21, "
           "Turin Dense 0xb10f10";
}

void takeCpuModel(const std::string &model, const std::string &from, DerivedLaunch &derived)
{
    LaunchParameters &parameters = derived.parameters;
    parameters.cpuModel = model;
    if (model == "qemu64" || model.starts_with("qemu64-"))
        parameters.cpuSignature = qemu64;
    else
        parameters.cpuSignature = cpuSignatureOf(model);
    derived.taken.push_back(
        {"vCPU model", parameters.cpuSignature ? std::format("{} (signature {:#x})", model, *parameters.cpuSignature) : model, from});
    if (parameters.cpuSignature)
        return;
    if (copiesTheHost(model))
        derived.problems.push_back(
            {Problem::Weight::Fault, from, "this CPU model takes its signature from the host, so the digest differs from host to host",
                "Name a model (-cpu EPYC-v4), or give --vcpu-sig of the host's processor: " + hostSignatures() + "."});
    else
        derived.problems.push_back({Problem::Weight::Fault, from, "the signature of this CPU model is not known",
            "Give --vcpu-sig, or --vcpu-family, --vcpu-model and --vcpu-stepping as QEMU's model has them."});
}

void takeCpu(const QemuOptions &cpu, const std::string &from, DerivedLaunch &derived)
{
    takeCpuModel(cpu.value("model-name").value_or(""), from, derived);
    // Properties that change the signature of the model.
    std::uint32_t signature = derived.parameters.cpuSignature.value_or(0);
    const unsigned base = (signature >> 8) & 0xf;
    unsigned family = base == 0xf ? base + ((signature >> 20) & 0xff) : base, model = ((signature >> 12) & 0xf0) | ((signature >> 4) & 0xf),
             stepping = signature & 0xf;
    unsigned changed = 0;
    for (const auto &[key, part] : {std::pair<std::string_view, unsigned *>{"family", &family}, {"model", &model}, {"stepping", &stepping}})
        if (const auto text = cpu.value(key))
            if (const auto number = numberFrom(*text); number && *number <= 0x10e) {
                *part = static_cast<unsigned>(*number);
                ++changed;
            }
    if (changed == 0 || (changed < 3 && !derived.parameters.cpuSignature))
        return;
    derived.parameters.cpuSignature = cpuSignature(family, model, stepping);
    derived.taken.push_back({"vCPU signature",
        std::format("{:#x}: family {}, model {}, stepping {}", *derived.parameters.cpuSignature, family, model, stepping), from});
    std::erase_if(
        derived.problems, [&](const Problem &problem) { return problem.where == from && problem.weight == Problem::Weight::Fault; });
}

void takeDefaultCpu(DerivedLaunch &derived)
{
    derived.parameters.cpuModel = "qemu64";
    derived.parameters.cpuSignature = qemu64;
    derived.taken.push_back({"vCPU model", std::format("qemu64 (signature {:#x})", qemu64), "QEMU's default: no -cpu is given"});
    derived.problems.push_back({Problem::Weight::Warning, "-cpu",
        "no CPU model is named, so QEMU takes qemu64, which has none of the features of an EPYC", "Name the model: -cpu EPYC-v4."});
}

} // namespace kastellan::sev
