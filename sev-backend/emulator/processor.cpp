// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/processor.h"

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

std::unexpected<Error> refused(const char *command, FirmwareStatus status)
{
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

Processor::Processor(Identity identity, const ProcessorOptions &options)
    : m_firmware(std::move(identity), *options.profile, options.reportVersion, options.maskChipId)
    , m_reportVersion(options.reportVersion)
{
}

bool Processor::exists(const fs::path &folder, const Profile &profile)
{
    std::error_code ignored;
    return fs::exists(Identity::file(folder, profile), ignored);
}

Result<std::unique_ptr<Processor>> Processor::open(
    const fs::path &folder, const EmulatorProgress &progress, const std::stop_token &stop, const ProcessorOptions &options)
{
    if (options.reportVersion < ReportView::oldestVersion || options.reportVersion > ReportView::newestVersion)
        return badInput("start the emulated processor", {},
            "reports of version " + std::to_string(options.reportVersion) + " are not known", "Choose 2 to 5.");
    KASTELLAN_ASSIGN(Identity identity, Identity::open(folder, *options.profile, progress, stop));
    return std::unique_ptr<Processor>(new Processor(std::move(identity), options));
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

std::vector<Endorsement> Processor::endorsements() const
{
    const Identity &own = identity();
    return {{"vcek", own.vcek().der()}, {"ask", own.authority().ask().der()}, {"ark", own.authority().ark().der()}};
}

std::string Processor::rootFingerprint() const
{
    return "emulated:" + toHex(identity().authority().ark().fingerprint().bytes);
}

ProcessorDescription Processor::describe() const
{
    const Profile &profile = m_firmware.profile();
    return {std::string(name(profile.product)), profile.firmware.text(), profile.tcb().text(),
        toHex(identity().chipId().view().first(chipIdSize(profile.product))), rootFingerprint(), m_reportVersion};
}

} // namespace kastellan::sev
