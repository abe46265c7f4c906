// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/planning.h"

#include "core/base/file.h"
#include "core/workload/workload.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "sev-backend/libvirt/edited_xml.h"
#include "sev-backend/libvirt/machine_files.h"

#include <algorithm>
#include <filesystem>
#include <format>

namespace kastellan::sev::libvirt {
namespace {

constexpr const char *what = "plan the launch";
constexpr std::uint64_t mebi = std::uint64_t{1} << 20, systemMiB = 192, wholeMiB = 1024, grain = 64;

/// What a keep needs when nobody said: its workload's limit, and room for kernel, initrd, warden and runner.
Result<std::uint64_t> memoryFor(const MachineRequest &request, const LaunchPlan &plan)
{
    if (request.memoryMiB)
        return request.memoryMiB;
    if (request.whole)
        return wholeMiB;
    KASTELLAN_ASSIGN(const KeepConfig config, parseKeepToml(plan.configuration, "the planned configuration"));
    const std::uint64_t needed = (config.memoryLimit + mebi - 1) / mebi + systemMiB;
    return (needed + grain - 1) / grain * grain;
}

std::string protectionOf(const Choice &choice, bool rehearse, const std::string &faults)
{
    if (!choice.attested())
        return "none: without evidence";
    if (!rehearse)
        return std::string(titleOf(choice.technology));
    return "emulated " + std::string(titleOf(choice.technology))
        + (faults.empty() ? " (rehearsal)" : " (rehearsal, WITH FAULTS ON PURPOSE: " + faults + ")");
}

DomainSpec specOf(
    const LaunchPlan &plan, const MachineRequest &request, const Choice &choice, const Offer &offer, const MachineFiles &files)
{
    DomainSpec spec;
    spec.keep = plan.id;
    spec.type = offer.domainType.empty() ? "kvm" : offer.domainType;
    spec.vcpus = request.vcpus;
    spec.cpuModel = choice.cpuModel;
    spec.firmware = files.firmware.string();
    spec.kernel = files.kernel.string();
    spec.initrd = files.initrd.string();
    spec.commandLine = files.commandLine;
    spec.disk = files.disk.string();
    spec.diskFormat = files.diskFormat;
    spec.memfd = offer.memfd;
    spec.network = request.network;
    spec.ports = request.ports;
    spec.technology = choice.technology;
    spec.policy = choice.policy;
    spec.cbitPosition = choice.cbitPosition;
    spec.reducedPhysBits = choice.reducedPhysBits;
    spec.idBlock = request.idBlock;
    spec.idAuth = request.idAuth;
    spec.workarounds = request.workarounds;
    spec.authorKey = request.authorKey;
    spec.vlek = request.vlek;
    return spec;
}

} // namespace

Result<RehearsalPlace> rehearsalPlace(const LibvirtUri &uri, const LibvirtHostOptions &options)
{
    if (!uri.local())
        return badInput(what, uri.text, "a rehearsal needs the stand-in for QEMU on the host itself, and this daemon is on another machine",
            "Rehearse through a daemon of this machine: --host qemu:///session.");
    RehearsalPlace place;
    place.folder = options.rehearsal;
    place.daemon = uri.session() ? RehearsalDaemon::Session : RehearsalDaemon::System;
    if (uri.session())
        place.emulated = options.processor;
    place.faults = options.rehearsalFaults;
    place.log = options.rehearsalLog;
    return place;
}

namespace {

/// Whether the launch asks for nothing that a rehearsal could seem to give: no protection, no proof, and no secret to be kept.
bool demandsNothing(const LaunchPlan &plan)
{
    const ReferenceValues &expected = plan.expected;
    const MachineRequest &request = plan.machine->request;
    return request.technology.empty() && !request.policy && request.idBlock.empty() && request.idAuth.empty() && !request.authorKey
        && !request.vlek && request.workarounds.empty() && plan.secretNames.empty() && !expected.launchDigest && !expected.shortLaunchDigest
        && expected.minimumTcb.empty() && expected.policy.empty() && !expected.strict;
}

/// Whether this machine has SEV, whatever an ordinary user's libvirt can see of it: what can't be opened is no reason to go on without.
bool thisMachineHasSev()
{
    std::error_code code;
    if (std::filesystem::exists("/dev/sev", code))
        return true;
    for (const char *switched : {"sev", "sev_es", "sev_snp"}) {
        const auto value = readFile(std::filesystem::path("/sys/module/kvm_amd/parameters") / switched, 64);
        if (value && !value->empty() && (value->front() == 'Y' || value->front() == '1'))
            return true;
    }
    return false;
}

/// A host of this machine without SEV, and a launch that demands none: its default is the rehearsal.
bool rehearsedByDefault(const LibvirtUri &uri, const Offer &offer, const LaunchPlan &plan)
{
    const MachineRequest &request = plan.machine->request;
    return !request.unattested && request.domainXml.empty() && uri.local() && uri.session() && offer.technologies().empty()
        && demandsNothing(plan) && !thisMachineHasSev();
}

} // namespace

Status planMachine(const Connection &connection, const LibvirtHostOptions &options, LaunchPlan &plan, const Progress &progress,
    const std::stop_token &stop)
{
    const LibvirtUri &uri = connection.uri();
    MachinePlan machine = plan.machine.value_or(MachinePlan{});
    MachineRequest &request = machine.request;
    const EmulatorProgress show = progress
        ? EmulatorProgress([&](std::string_view doing, std::uint64_t done, std::uint64_t total) { progress(doing, done, total); })
        : EmulatorProgress();
    std::string emulator;
    if (progress)
        progress("asking " + uri.text + " what it offers", 0, 0);
    Offer offer;
    if (!request.rehearse) {
        KASTELLAN_ASSIGN(offer, askOffer(connection));
        request.rehearse = plan.machine && rehearsedByDefault(uri, offer, plan);
    }
    if (request.rehearse) {
        KASTELLAN_ASSIGN(const RehearsalPlace place, rehearsalPlace(uri, options));
        KASTELLAN_ASSIGN(const auto link, makeRehearsalEmulator(place, show, stop));
        emulator = link.string();
        KASTELLAN_ASSIGN(const auto processor, openRehearsalProcessor(place, show, stop));
        plan.expected.root = processor->rootFingerprint();
        KASTELLAN_ASSIGN(offer, askOffer(connection, emulator));
        // libvirt counts ES guests by this processor's CPUID, which has no say in a rehearsal.
        offer.esGuests = std::max(offer.esGuests, 1u);
    } else {
        plan.expected.root = "amd";
    }
    KASTELLAN_ASSIGN(const Choice choice, choose(request, offer, uri.text));
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, what, {}, "it was stopped");
    if (progress)
        progress("reading the keep image", 0, 0);
    KASTELLAN_ASSIGN(const MachineFiles files, findFiles(request, choice.technology, options.image));
    KASTELLAN_TRY(measureFiles(files, choice, request.vcpus, plan));
    KASTELLAN_ASSIGN(machine.memoryMiB, memoryFor(request, plan));

    DomainSpec spec = specOf(plan, request, choice, offer, files);
    spec.emulator = emulator;
    spec.memoryMiB = machine.memoryMiB;
    if (request.domainXml.empty()) {
        machine.domainXml = domainXml(spec);
    } else {
        KASTELLAN_ASSIGN(machine.domainXml, heldToPlan(request.domainXml, spec, "the edited XML"));
        machine.memoryMiB = memoryOf(machine.domainXml).value_or(machine.memoryMiB);
    }
    if (virNodeInfo node{}; ::virNodeGetInfo(connection.get(), &node) == 0 && node.memory && machine.memoryMiB > node.memory / 1024)
        return environment(what, uri.text,
            std::format("the keep needs {} MiB of memory, and that machine has {} MiB", machine.memoryMiB, node.memory / 1024),
            "Ask for less with --memory, lower limits.memory in Keep.toml, or choose another host.");
    machine.technology = choice.technology;
    machine.cpuModel = choice.cpuModel;
    plan.policy = choice.policy;
    plan.protection = protectionOf(choice, request.rehearse, options.rehearsalFaults);
    plan.expected.vmpl = choice.technology == "snp" ? std::optional(0u) : std::nullopt;
    plan.machine = std::move(machine);
    return {};
}

} // namespace kastellan::sev::libvirt
