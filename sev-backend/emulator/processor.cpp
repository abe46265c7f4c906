// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/processor.h"

#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/emulator/vlek.h"

#include <ctime>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr const char *emulatedProvider = "Kastellan EMULATED cloud";

std::unexpected<Error> refused(const char *command, FirmwareStatus status)
{
    if (status == firmwareBusy || status == firmwareThrottled)
        return fail(ErrorKind::Environment, std::string("do ") + command + " on the emulated firmware", {},
            "it is busy: a fault that was injected", "Try again.");
    return fail(ErrorKind::Environment, std::string("do ") + command + " on the emulated firmware", {}, message(status),
        std::string(sev::describe(status).remedy));
}

template <typename T>
Result<T> orError(const char *command, Answer<T> answer)
{
    if (!answer)
        return refused(command, answer.error());
    if constexpr (std::is_void_v<T>)
        return {};
    else
        return std::move(*answer);
}

} // namespace

Processor::Processor(const fs::path &folder, Identity identity, const ProcessorOptions &options)
    : m_platform(folder, Identity::stem(*options.profile, options.seed), std::move(identity), *options.profile,
          {.seeded = !options.seed.empty(), .uncommitted = options.uncommitted, .faults = options.faults})
    , m_firmware(m_platform, options.reportVersion, options.maskChipId)
    , m_snp(m_platform)
    , m_legacy(m_platform)
    , m_reportVersion(options.reportVersion)
{
}

bool Processor::exists(const fs::path &folder, const Profile &profile, std::string_view seed)
{
    std::error_code ignored;
    return fs::exists(Identity::file(folder, profile, seed), ignored);
}

Result<std::unique_ptr<Processor>> Processor::open(
    const fs::path &folder, const EmulatorProgress &progress, const std::stop_token &stop, const ProcessorOptions &options)
{
    if (options.reportVersion < ReportView::oldestVersion || options.reportVersion > ReportView::newestVersion)
        return badInput("start the emulated processor", {},
            "reports of version " + std::to_string(options.reportVersion) + " are not known", "Choose 2 to 5.");
    KASTELLAN_ASSIGN(Identity identity, Identity::open(folder, *options.profile, progress, stop, 0, options.seed));
    return std::unique_ptr<Processor>(new Processor(folder, std::move(identity), options));
}

Result<GuestHandle> Processor::launchStart(GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw)
{
    return orError("SNP_LAUNCH_START", m_firmware.launchStart(policy, gosvw));
}

Status Processor::launchUpdate(GuestHandle guest, PageType type, std::uint64_t gpa, ByteView pages)
{
    return orError("SNP_LAUNCH_UPDATE", m_firmware.launchUpdate(guest, type, gpa, pages));
}

Status Processor::launchFinish(GuestHandle guest, const LaunchFinish &finish)
{
    return orError("SNP_LAUNCH_FINISH", m_firmware.launchFinish(guest, finish));
}

Bytes Processor::guestRequest(GuestHandle guest, ByteView request)
{
    return m_firmware.report(guest, request).encode();
}

Result<LaunchDigest> Processor::measurement(GuestHandle guest)
{
    return orError("SNP_GUEST_STATUS", m_firmware.measurement(guest));
}

Status Processor::decommission(GuestHandle guest)
{
    return orError("SNP_DECOMMISSION", m_firmware.decommission(guest));
}

Result<Bytes> Processor::saveGuest(GuestHandle guest)
{
    return orError("SNP_GUEST_STATUS", m_firmware.save(guest));
}

Result<GuestHandle> Processor::restoreGuest(ByteView saved)
{
    return m_firmware.restore(saved);
}

Result<std::vector<Endorsement>> Processor::vlekEndorsements(const EmulatedState &state)
{
    const std::lock_guard lock(m_mutex);
    if (m_vlek && m_vlek->first == state.vlekSeed)
        return m_vlek->second;
    const Profile &profile = m_platform.profile();
    KASTELLAN_ASSIGN(const Authority authority, openVlekAuthority(m_platform.folder(), m_platform.stem(), identity(), profile, {}, {}));
    KASTELLAN_ASSIGN(const Certificate vlek,
        certifyVlek(authority, profile, TcbVersion(state.reportedTcb, layoutOf(profile.product)), {state.vlekSeed, state.vlekCsp},
            std::time(nullptr)));
    std::vector<Endorsement> all{{"vlek", vlek.der()}, {"ask", authority.ask().der()}, {"ark", authority.ark().der()}};
    m_vlek.emplace(state.vlekSeed, all);
    return all;
}

std::vector<Endorsement> Processor::endorsements()
{
    const Identity &own = identity();
    if (!m_platform.profile().hasSnp)
        return {};
    if (const auto view = m_platform.view(); view && !(*view)->vlekSeed.empty())
        if (auto all = vlekEndorsements(**view))
            return std::move(*all);
    const auto vcek = m_snp.vcek();
    return {{"vcek", vcek ? vcek->der() : own.vcek().der()}, {"ask", own.authority().ask().der()}, {"ark", own.authority().ark().der()}};
}

Result<Bytes> Processor::certificateTable()
{
    std::vector<GhcbTableEntry> entries;
    for (const auto &endorsement : endorsements())
        if (const auto guid = ghcbGuid(endorsement.role))
            entries.push_back({*guid, endorsement.der});
    return writeGhcbTable(entries);
}

Result<Bytes> Processor::vlekHashstick(const EmulatorProgress &progress, const std::stop_token &stop)
{
    constexpr const char *what = "make a VLEK hashstick";
    const Profile &profile = m_platform.profile();
    if (!profile.hasSnp)
        return environment(what, {}, std::string(profile.title) + " has no SEV-SNP");
    const auto view = m_platform.view();
    if (!view)
        return refused("SNP_PLATFORM_STATUS", view.error());
    KASTELLAN_TRY(openVlekAuthority(m_platform.folder(), m_platform.stem(), identity(), profile, progress, stop));
    const TcbVersion tcb((*view)->reportedTcb, layoutOf(profile.product));
    const auto stick = wrapVlek(identity(), tcb, VlekSecret::of(identity(), tcb, emulatedProvider)).encode();
    return toBytes(ByteView(stick));
}

std::string Processor::rootFingerprint() const
{
    return "emulated:" + toHex(identity().authority().ark().fingerprint().bytes);
}

ProcessorDescription Processor::describe() const
{
    const Profile &profile = m_firmware.profile();
    return {std::string(profile.title), profile.firmware.text(), profile.hasSnp ? profile.tcb().text() : std::string(),
        toHex(identity().chipId().view().first(profile.chipIdLength())), rootFingerprint(), m_reportVersion};
}

} // namespace kastellan::sev
