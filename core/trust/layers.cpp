// SPDX-License-Identifier: Apache-2.0
#include "core/trust/layers.h"

#include "core/evidence/expected_digest.h"
#include "core/evidence/json.h"
#include "core/trust/proof.h"

namespace kastellan {
namespace {

using trust::Proof;
using trust::Technology;
using Mark = Layer::Mark;

/// What of a plan the picture names. A plan that cannot be read only costs the names.
struct PlanNames {
    std::string workload, workloadDigest, protection;
};

PlanNames namesFrom(const std::string &plan)
{
    PlanNames names;
    const auto value = js::parse(plan, "a plan");
    if (!value)
        return names;
    js::Object object(*value, "plan");
    names.workload = object.textOr("name");
    names.workloadDigest = object.textOr("workload_sha256");
    names.protection = object.textOr("protection");
    return names;
}

std::string shortDigest(std::string_view hex)
{
    constexpr std::size_t shown = 16;
    return hex.size() <= shown ? std::string(hex) : std::string(hex.substr(0, shown)) + "…";
}

std::string joined(std::initializer_list<std::string> parts)
{
    std::string text;
    for (const auto &part : parts)
        if (!part.empty())
            text += (text.empty() ? "" : ", ") + part;
    return text;
}

std::string fieldOf(const EvidenceView *view, std::string_view name)
{
    if (view)
        for (const auto &field : view->fields)
            if (field.name == name)
                return field.value;
    return {};
}

std::string levelsOf(const EvidenceView *view)
{
    if (!view)
        return {};
    for (const auto &column : view->tcb) {
        if (column.name != "reported")
            continue;
        std::string text;
        for (const auto &level : column.levels)
            text += (text.empty() ? "TCB " : " ") + level.name + " " + std::to_string(level.value);
        return text;
    }
    return {};
}

/// Nine layers from top to bottom (the picture of Enarx's origin) with owners and names, not yet marked.
std::vector<Layer> unmarked(const Record &record, const EvidenceView *view, bool emulated)
{
    const PlanNames plan = namesFrom(record.plan);
    const std::string machine = emulated || record.host == "local" ? "this computer" : "host " + record.host;
    const std::string operatorName = emulated ? "whoever runs this computer" : "host operator";
    const std::string maker = emulated ? "Kastellan (emulated)" : "AMD";
    const std::string firmware = fieldOf(view, "current_version");
    const std::string expected = expectedDigestHex(record.expected);
    const std::string digest = expected.empty() ? "" : "launch digest " + shortDigest(expected);
    const auto layer = [](std::string name, std::string owner, std::string detail) {
        Layer made;
        made.name = std::move(name);
        made.owner = std::move(owner);
        made.detail = std::move(detail);
        return made;
    };
    return {
        layer("application", "you, the workload owner",
            joined({plan.workload.empty() ? record.keepName : plan.workload,
                plan.workloadDigest.empty() ? "" : "module " + shortDigest(plan.workloadDigest)})),
        layer("middleware", "Kastellan (open source)", joined({"keep image: warden, runner, WasmEdge", digest})),
        layer("userspace", operatorName, "programs and libraries of " + machine),
        layer("kernel", operatorName, "operating system of " + machine),
        layer("bootloader", operatorName, "of " + machine),
        layer("hypervisor", operatorName, emulated ? "a sandboxed process stands in for the virtual machine" : "of " + machine),
        layer("BIOS/EFI", "maker of the machine", "of " + machine),
        layer("firmware", maker,
            joined({emulated ? "emulated AMD Secure Processor" : "AMD Secure Processor", firmware.empty() ? "" : "firmware " + firmware,
                levelsOf(view)})),
        layer("CPU and management engine", maker,
            emulated ? joined({"software in place of a processor", view ? view->product : ""})
                     : joined({view && !view->product.empty() ? "AMD EPYC " + view->product : "AMD EPYC", plan.protection})),
    };
}

enum Place { Application, Middleware, Userspace, Kernel, Bootloader, Hypervisor, Bios, Firmware, Cpu };

void mark(Layer &layer, bool good, Mark when, std::string why, std::string whyNot)
{
    layer.mark = good ? when : Mark::MustTrust;
    layer.why = good ? std::move(why) : std::move(whyNot);
}

std::string notProven(const Proof &proof)
{
    return proof.missing.empty() ? "Not proven." : "Not proven: " + proof.missing + ".";
}

void markAll(std::vector<Layer> &layers, const std::string &why)
{
    for (auto &layer : layers) {
        layer.mark = Mark::MustTrust;
        layer.why = why;
    }
}

/// What the processor's evidence alone can prove; the same for every technology.
void markProven(std::vector<Layer> &layers, const Proof &proof)
{
    mark(layers[Cpu], proof.genuine, Mark::Verified, "By the certificate chain up to the pinned root, and its signature on the report.",
        notProven(proof));
    mark(layers[Firmware], proof.firmware, Mark::Verified, "By the certificate, which is made for exactly these firmware levels.",
        notProven(proof));
    mark(layers[Middleware], proof.image, Mark::Verified, "By the launch digest, measured by the firmware before anything ran.",
        notProven(proof));
}

void markHost(std::vector<Layer> &layers, bool shutOut, const std::string &why, const std::string &whyNot)
{
    for (const Place place : {Userspace, Kernel, Bootloader, Hypervisor, Bios})
        mark(layers[place], shutOut, Mark::ShutOut, why, whyNot);
}

void markSnp(std::vector<Layer> &layers, const Proof &proof)
{
    markProven(layers, proof);
    mark(layers[Application], proof.workload, Mark::Verified, "By the workload digest, bound into a second report after it was delivered.",
        notProven(proof));
    markHost(
        layers, proof.closed, "It can neither read nor change memory and registers of the keep; it can only stop it.", notProven(proof));
}

void markSev(std::vector<Layer> &layers, const Proof &proof, bool registersToo)
{
    markProven(layers, proof);
    layers[Application].why = "This technology cannot prove a workload after the launch.";
    markHost(layers, false, {},
        !proof.closed      ? notProven(proof)
            : registersToo ? "It cannot read the keep's memory, but it can change memory and registers."
                           : "It cannot read the keep's memory or registers, but it can change memory.");
}

} // namespace

std::string_view name(Layer::Mark mark)
{
    switch (mark) {
    case Mark::Verified:
        return "verified";
    case Mark::ShutOut:
        return "shut out";
    case Mark::MustTrust:
        break;
    }
    return "must be trusted";
}

std::vector<Layer> layersOf(const Record &record, const EvidenceView *view)
{
    const Proof proof = trust::proofOf(record);
    auto layers = unmarked(record, view, proof.technology == Technology::Emulated);
    switch (proof.technology) {
    case Technology::Emulated:
        markAll(layers, "Emulated: nothing keeps the owner of this machine out.");
        layers[Application].why = "Yours; but the machine that runs it can read and change it.";
        layers[Middleware].why = "Measured and compared, but by software of this same machine.";
        break;
    case Technology::Unattested:
        markAll(layers, "Unattested: there is no evidence, so everything must be taken on trust.");
        break;
    case Technology::SevSnp:
        markSnp(layers, proof);
        break;
    case Technology::SevEs:
        markSev(layers, proof, false);
        break;
    case Technology::Sev:
        markSev(layers, proof, true);
        break;
    }
    // Whoever controls the machine that judges controls the judgement.
    if (record.host == "local" && proof.genuine)
        for (auto &layer : layers)
            if (layer.mark != Mark::MustTrust)
                layer.why += " Verified on the machine that it judges.";
    return layers;
}

} // namespace kastellan
