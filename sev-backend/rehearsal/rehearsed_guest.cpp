// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/rehearsed_guest.h"

#include "core/base/file.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/rehearsal/bounded_json.h"

#include <algorithm>
#include <cerrno>
#include <format>

namespace kastellan::sev {
namespace {

constexpr std::uint32_t cbitpos = 51;
constexpr std::size_t idAuthSize = 4096;
/// What KVM lets pass to the firmware: versions, and the bits 16, 17 and 19 to 25 (SNP_POLICY_MASK_VALID; bit 18 is never valid).
constexpr std::uint64_t kvmPolicy = 0x3ffffff & ~(std::uint64_t{1} << 18);

/// As g_base64_decode does it: what is no base64 is passed over.
Bytes lenientBase64(std::string_view text)
{
    std::string clean;
    for (const char c : text)
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/')
            clean += c;
    if (clean.size() % 4 == 1)
        clean.pop_back();
    clean.append((4 - clean.size() % 4) % 4, '=');
    auto bytes = fromBase64(clean);
    return bytes ? std::move(*bytes) : Bytes();
}

const std::string context = "sev_common_kvm_init: ";

} // namespace

RehearsedGuest::RehearsedGuest(std::unique_ptr<Processor> processor, SevObject object, const RehearsalSettings &settings, Log log)
    : m_processor(std::move(processor))
    , m_object(std::move(object))
    , m_settings(settings)
    , m_log(std::move(log))
{
}

OrRefusal<std::unique_ptr<RehearsedGuest>> RehearsedGuest::start(
    std::unique_ptr<Processor> processor, SevObject object, const RehearsalSettings &settings, bool smm, Log log)
{
    std::unique_ptr<RehearsedGuest> guest(new RehearsedGuest(std::move(processor), std::move(object), settings, std::move(log)));
    if (auto status = guest->initialize(smm); !status)
        return std::unexpected(std::move(status).error());
    return guest;
}

bool RehearsedGuest::anyAsidFree()
{
    if (m_settings.has(HostFault::NoAsid))
        return false;
    const Profile &profile = m_processor->profile();
    const auto counts = m_processor->platform().guests();
    if (m_object.snp || m_object.es())
        return counts.snp + counts.legacy < profile.minSevAsid - 1;
    return counts.legacy < profile.asids - profile.minSevAsid + 1;
}

OrRefusal<void> RehearsedGuest::initialize(bool smm)
{
    if (m_settings.has(HostFault::NoVmType))
        return refuseAccelerator({std::string("SEV: host kernel does not support requested ")
            + (m_object.snp         ? "KVM_X86_SNP_VM"
                    : m_object.es() ? "KVM_X86_SEV_ES_VM"
                                    : "KVM_X86_SEV_VM")
            + " VM type, which is required for the set of options specified."});
    if (m_object.cbitpos != cbitpos)
        return refuseAccelerator({context + std::format("cbitpos check failed, host '{}' requested '{}'", cbitpos, m_object.cbitpos)});
    if (m_object.reducedPhysBits < 1 || m_object.reducedPhysBits > 63)
        return refuseAccelerator({context
            + std::format(
                "reduced_phys_bits check failed, it should be in the range of 1 to 63, requested '{}'", m_object.reducedPhysBits)});
    if (m_settings.has(HostFault::NoDevice) || m_settings.has(HostFault::NoPermission))
        return refuseAccelerator({context + "Failed to open " + m_object.device + " '"
            + (m_settings.has(HostFault::NoDevice) ? "No such file or directory" : "Permission denied") + "'"});
    LegacyFirmware &legacy = m_processor->legacy();
    auto status = legacy.platformStatus();
    if (!status)
        return refuseAccelerator({context
            + std::format("failed to get platform status ret=-1 fw_error='{}: {}'", static_cast<std::uint32_t>(status.error()),
                qemuText(status.error()))});
    if (status->state == SevState::Uninit) {
        // KVM lets the driver initialise the firmware when the first guest comes.
        const auto made = legacy.init();
        if (!made)
            return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer::firmware(made.error()))});
        if (const auto again = legacy.platformStatus())
            status = again;
    }
    m_platform = *status;
    if (m_object.es() && !m_platform.es)
        return refuseAccelerator({context + "guest policy requires SEV-ES, but host SEV-ES support unavailable"});
    if (m_object.snp && !m_processor->profile().hasSnp)
        return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer{-EINVAL})});
    if (m_object.snp)
        if (const auto platform = m_processor->snp().status(); platform && !platform->initialized)
            if (const auto made = m_processor->snp().init(); !made)
                return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer::firmware(made.error()))});
    if (m_settings.has(HostFault::OldKernel))
        return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer{-ENOTTY})});
    if (m_settings.has(HostFault::NoSupport))
        return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer{-EINVAL})});
    if (!anyAsidFree())
        return refuseAccelerator({context + "failed to initialize " + text(KernelAnswer{-EBUSY})});
    if (auto started = m_object.snp ? startSnp() : startSev(); !started)
        return started;
    if (m_object.snp && smm)
        return refuseAccelerator({"SEV-SNP does not support SMM."});
    m_state = State::LaunchUpdate;
    return {};
}

OrRefusal<void> RehearsedGuest::startSnp()
{
    const auto refused = [](const KernelAnswer &answer) {
        return refuseAccelerator(
            {"sev_snp_launch_start: SNP_LAUNCH_START " + text(answer), context + "failed to create encryption context"});
    };
    if ((m_object.policy & ~kvmPolicy) || !((m_object.policy >> GuestPolicy::MustBeOne) & 1))
        return refused({-EINVAL});
    const auto guest = m_processor->firmware().launchStart(GuestPolicy(m_object.policy), m_object.workarounds);
    if (!guest)
        return refused(KernelAnswer::firmware(guest.error()));
    m_snp = *guest;
    return {};
}

OrRefusal<void> RehearsedGuest::startSev()
{
    LegacyLaunch launch;
    launch.policy = static_cast<legacy::Policy>(m_object.policy);
    for (const auto &[file, into] : {std::pair{&m_object.sessionFile, &launch.session}, std::pair{&m_object.dhCertFile, &launch.godh}}) {
        if (file->empty())
            continue;
        const auto bytes = readFile(*file, 1u << 20);
        if (!bytes)
            return refuseAccelerator(
                {"SEV: Failed to read '" + *file + "' (" + bytes.error().why + ")", context + "failed to create encryption context"});
        *into = lenientBase64(asText(*bytes));
    }
    const auto refused = [](FirmwareStatus status) {
        // QEMU prints a variable of its own there, which is 1 always.
        return refuseAccelerator(
            {"sev_launch_start: LAUNCH_START " + text(KernelAnswer{1, status}), context + "failed to create encryption context"});
    };
    LegacyFirmware &legacy = m_processor->legacy();
    const auto guest = legacy.launchStart(launch);
    if (!guest)
        return refused(guest.error());
    m_legacy = *guest;
    const std::uint32_t asid = m_object.es() ? 1 : m_processor->profile().minSevAsid;
    if (const auto active = legacy.activate(m_legacy, asid); !active)
        return refused(active.error());
    return {};
}

OrRefusal<void> RehearsedGuest::load(const BootedFiles &files, const LaunchParameters &parameters, GuestMemory &memory)
{
    if (m_settings.has(HostFault::MemoryLock) && !m_object.snp)
        return refuse({"sev_ram_block_added: failed to register region (0x7f2e3be00000+0x10000000) error 'Cannot allocate memory'"});
    if (m_settings.has(HostFault::NoGuestMemory) && m_object.snp)
        return refuse({"KVM does not support guest_memfd"});
    if (m_settings.has(HostFault::MemoryRegion))
        return abortWith({"kvm_set_user_memory_region: KVM_SET_USER_MEMORY_REGION2 failed, slot=65536, start=0x0, size=0x80000000, "
                          "flags=0x0, guest_memfd=-1, guest_memfd_offset=0x0: Invalid argument",
            "kvm_set_phys_mem: error registering slot: Invalid argument"});
    const auto ovmf = Ovmf::parse(files.firmware, "the firmware");
    const Ovmf *const table = ovmf ? &*ovmf : nullptr;
    if (table)
        m_secretArea = table->secretArea();
    VmParameters machine;
    machine.vcpus = parameters.vcpus.value_or(1);
    const Profile &profile = m_processor->profile();
    // -cpu host and max have the signature of the processor that they run on.
    machine.cpuSignature = parameters.cpuSignature.value_or(cpuSignature(profile.family, profile.model, profile.stepping));
    machine.guestFeatures = parameters.guestFeatures;
    if (m_object.es() && (!table || !table->apResetAddress()))
        return refuse(
            {"SEV information block/Firmware GUID Table block not found in pflash rom", "failed to locate and/or save reset vector"});
    if (files.kernel && m_object.kernelHashes) {
        const auto area = table ? table->hashTable() : std::nullopt;
        if (!area)
            return refuse({"SEV: kernel specified but guest firmware has no hashes table GUID"});
        if (area->gpa == 0 || area->size < hashTableSize)
            return refuse({std::format("SEV: guest firmware hashes table area is invalid (base={:#x} size={:#x})", area->gpa, area->size)});
        machine.boot = files.hashes;
    }
    return m_object.snp ? loadSnp(table, machine, files.kernel, memory) : loadSev(files, table, machine, memory);
}

OrRefusal<void> RehearsedGuest::loadSnp(const Ovmf *ovmf, const VmParameters &machine, bool kernel, GuestMemory &memory)
{
    if (!ovmf || !ovmf->hasSnpMetadata()) {
        m_unfinished = {"sev_snp_launch_finish: Failed to locate SEV metadata header"};
        return {};
    }
    if (m_object.kernelHashes && !kernel && ovmf->hasKernelHashesSection())
        return abortWith({"../target/i386/sev.c: snp_launch_update_kernel_hashes: Assertion `sev_snp->kernel_hashes_data' failed."});
    const auto pages = snpLaunchPages(*ovmf, machine);
    if (!pages) {
        m_unfinished = {"snp_populate_metadata_pages: Failed to add metadata page (" + pages.error().why + ")"};
        return {};
    }
    if (m_settings.has(HostFault::Cpuid)) {
        m_unfinished = {"SEV-SNP: CPUID validation failed for function 0x8000001d, index: 0x3.", "SEV-SNP: failed update CPUID page"};
        return {};
    }
    for (const LaunchPages &run : *pages) {
        if (const auto done = m_processor->firmware().launchUpdate(m_snp, run.type, run.gpa, run.pages()); !done) {
            m_unfinished = {"SNP_LAUNCH_UPDATE " + text(KernelAnswer::firmware(done.error()))};
            return {};
        }
        // The hash table is the only page of contents that the firmware's image does not have at its place.
        if (run.type == PageType::Normal && !run.own.empty()) {
            if (!memory.covers(run.gpa, run.own.size()))
                return refuse(
                    {std::format("snp_populate_metadata_pages: Failed to get HVA for GPA {:#x} sz {:#x}", run.gpa, run.own.size())});
            memory.write(run.gpa, run.own);
        }
    }
    if (const auto digest = m_processor->firmware().measurement(m_snp))
        m_log("launch digest " + toHex(digest->view()) + ", " + std::to_string(machine.vcpus) + " vCPUs of signature "
            + std::format("{:#x}", machine.cpuSignature));
    return {};
}

OrRefusal<void> RehearsedGuest::loadSev(const BootedFiles &files, const Ovmf *ovmf, const VmParameters &machine, GuestMemory &memory)
{
    LegacyFirmware &legacy = m_processor->legacy();
    const auto area = ovmf ? ovmf->hashTable() : std::nullopt;
    const auto data = sevLaunchData(files.firmware, 0x1'0000'0000ull - files.firmware.size(), machine.boot, area);
    if (!data)
        return refuse({"SEV: Failed to encrypt pflash rom"});
    for (const LaunchPages &run : *data) {
        if (const auto done = legacy.launchUpdateData(m_legacy, run.gpa, run.pages()); !done)
            return refuse({"sev_launch_update_data: LAUNCH_UPDATE " + text(KernelAnswer::firmware(done.error())),
                "SEV: Failed to encrypt pflash rom"});
        if (!run.own.empty()) {
            if (!memory.covers(run.gpa, run.own.size()))
                return refuse({"SEV: cannot map hashes table guest memory area"});
            memory.write(run.gpa, run.own);
        }
    }
    for (unsigned number = 0; m_object.es() && number < machine.vcpus; ++number) {
        const auto page = vmsaPage(machine, number, ovmf->apResetAddress(), false);
        const auto done =
            page ? legacy.launchUpdateVmsa(m_legacy, number * pageSize, *page) : std::unexpected(FirmwareStatus::InvalidParam);
        if (!done)
            return refuse({"sev_launch_update_vmsa: LAUNCH_UPDATE_VMSA " + text(KernelAnswer::firmware(done.error()))});
    }
    const auto measure = legacy.launchMeasure(m_legacy, SIZE_MAX);
    if (!measure) { // QEMU goes on, and fails when the machine is to run
        say(Refusal{{"sev_launch_get_measure: LAUNCH_MEASURE " + text(KernelAnswer::firmware(measure.error()))}}, false);
        return {};
    }
    m_measurement = toBase64(measure->bytes());
    m_state = State::LaunchSecret;
    m_log("measured: " + m_measurement);
    return {};
}

OrRefusal<void> RehearsedGuest::finish()
{
    if (m_state == State::Running)
        return {};
    if (!m_unfinished.empty())
        return refuse(m_unfinished);
    if (m_object.snp) {
        LaunchFinish finish;
        finish.hostData = m_object.hostData;
        finish.vcekDisabled = m_object.vcekDisabled;
        if (m_object.idBlock) {
            if (!m_object.idAuth)
                return refuse({"SNP_LAUNCH_FINISH " + text(KernelAnswer{-EINVAL})});
            finish.idBlock = *m_object.idBlock;
            finish.idAuth = *m_object.idAuth;
            finish.idAuth.resize(idAuthSize); // the kernel reads that much, whatever was given
            finish.authorKey = m_object.authorKey;
        }
        if (const auto done = m_processor->firmware().launchFinish(m_snp, finish); !done)
            return refuse({"SNP_LAUNCH_FINISH " + text(KernelAnswer::firmware(done.error()))});
    } else if (const auto done = m_processor->legacy().launchFinish(m_legacy); !done) {
        return refuse({"sev_launch_finish: LAUNCH_FINISH " + text(KernelAnswer::firmware(done.error()))});
    }
    m_state = State::Running;
    m_log("launch finished");
    return {};
}

QmpAnswer RehearsedGuest::query() const
{
    static constexpr const char *states[] = {"uninit", "launch-update", "launch-secret", "running"};
    nlohmann::ordered_json json{{"enabled", true}, {"api-minor", m_platform.version.minor}, {"state", states[static_cast<int>(m_state)]},
        {"api-major", m_platform.version.major}, {"sev-type", m_object.snp ? "sev-snp" : "sev"}, {"build-id", m_platform.version.build}};
    if (m_object.snp) {
        json["snp-policy"] = m_object.policy;
    } else {
        json["policy"] = m_object.policy;
        json["handle"] = m_legacy;
    }
    return oneLine(json);
}

QmpAnswer RehearsedGuest::launchMeasure() const
{
    if (m_object.snp || m_measurement.empty())
        return std::unexpected("SEV launch measurement is not available");
    return oneLine({{"data", m_measurement}});
}

QmpAnswer RehearsedGuest::injectSecret(
    std::string_view header, std::string_view secret, std::optional<std::uint64_t> gpa, GuestMemory &memory)
{
    m_log("asked to inject a secret");
    if (!gpa) {
        if (!m_secretArea)
            return std::unexpected("SEV: no secret area found in OVMF, gpa must be specified.");
        gpa = m_secretArea->gpa;
    }
    if (m_object.snp || m_state != State::LaunchSecret)
        return std::unexpected(std::format("SEV: Not in correct state. (LSECRET) {:x}", static_cast<int>(m_state)));
    const legacy::SecretPacket packet{lenientBase64(header), lenientBase64(secret)};
    if (packet.header.empty())
        return std::unexpected("SEV: Failed to decode sequence header");
    if (packet.payload.empty())
        return std::unexpected("SEV: Failed to decode data");
    if (!memory.covers(*gpa, packet.payload.size()))
        return std::unexpected(std::format("SEV: Failed to calculate guest address: No memory is mapped at address {:#x}", *gpa));
    const auto plain = m_processor->legacy().launchSecret(m_legacy, packet, *gpa, packet.payload.size());
    if (!plain)
        return std::unexpected("SEV: failed to inject secret " + text(KernelAnswer::firmware(plain.error())));
    memory.write(*gpa, *plain);
    m_log(std::format("secret of {} bytes at {:#x}", plain->size(), *gpa));
    return std::string("{}");
}

QmpAnswer RehearsedGuest::attestation(std::string_view nonce)
{
    if (m_object.snp)
        return std::unexpected("SEV: Failed to query the attestation report length " + ("ret=-22 fw_err=0 ()" + std::string()));
    std::array<std::uint8_t, 16> bytes{};
    const Bytes decoded = lenientBase64(nonce);
    if (decoded.size() != bytes.size())
        return std::unexpected(std::format("SEV: mnonce must be {} bytes (got {})", bytes.size(), decoded.size()));
    std::ranges::copy(decoded, bytes.begin());
    const auto report = m_processor->legacy().attestation(m_legacy, bytes, SIZE_MAX);
    if (!report)
        return std::unexpected(std::format("SEV: Failed to get attestation report ret=-5 fw_err={} ({}): Input/output error",
            static_cast<std::uint32_t>(report.error()), qemuText(report.error())));
    return oneLine({{"data", toBase64(*report)}});
}

const char *RehearsedGuest::migrationBlocked() const
{
    return m_object.snp ? "SEV-SNP: Migration is not implemented" : "SEV: Migration is not implemented";
}

Bytes RehearsedGuest::report(ByteView request)
{
    return m_object.snp && running() ? m_processor->guestRequest(m_snp, request) : Bytes();
}

} // namespace kastellan::sev
