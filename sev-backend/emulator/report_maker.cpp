// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/report_maker.h"

#include <algorithm>

namespace kastellan::sev {

namespace at = report_offset;

void signReport(Bytes &report, const P384PrivateKey &key)
{
    const auto signature = key.sign(ByteView(report).first(ReportView::signedSize));
    std::ranges::copy(signature.bytes, report.begin() + at::signature);
}

Bytes makeReport(const GuestContext &guest, const ReportInputs &inputs, const P384PrivateKey *key)
{
    Bytes report(ReportView::size);
    const auto put = [&report](std::size_t offset, ByteView bytes) {
        std::ranges::copy(bytes, report.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    const Profile &profile = inputs.profile;
    const TcbBytes tcb = profile.tcb().bytes();
    std::uint64_t platform = profile.platformInfo.raw();
    if (inputs.version < 3)
        platform &= ~(std::uint64_t{1} << PlatformInfo::AliasCheckComplete); // came with version 3

    storeLe<std::uint32_t>(report, at::version, inputs.version);
    storeLe<std::uint32_t>(report, at::guestSvn, guest.guestSvn);
    storeLe<std::uint64_t>(report, at::policy, guest.policy.raw());
    put(at::familyId, guest.familyId.bytes);
    put(at::imageId, guest.imageId.bytes);
    storeLe<std::uint32_t>(report, at::vmpl, inputs.vmpl);
    storeLe<std::uint32_t>(report, at::signatureAlgorithm, 1); // ECDSA P-384 with SHA-384
    put(at::currentTcb, tcb.bytes);
    storeLe<std::uint64_t>(report, at::platformInfo, platform);
    storeLe<std::uint32_t>(report, at::flags,
        (guest.authorKeyUsed ? 1u : 0u) | (inputs.chipKeyMasked ? 2u : 0u) | static_cast<std::uint32_t>(inputs.signer) << 2);
    put(at::reportData, inputs.reportData.bytes);
    put(at::measurement, guest.measurement.digest().bytes);
    put(at::hostData, guest.hostData.bytes);
    put(at::idKeyDigest, guest.idKeyDigest.bytes);
    put(at::authorKeyDigest, guest.authorKeyDigest.bytes);
    put(at::reportId, guest.reportId.bytes);
    std::fill_n(report.begin() + at::reportIdMa, ReportId::size, std::uint8_t{0xff}); // no migration agent
    put(at::reportedTcb, inputs.reportedTcb.bytes);
    if (inputs.version >= 3) {
        report[at::cpuidFamily] = static_cast<std::uint8_t>(profile.family);
        report[at::cpuidModel] = static_cast<std::uint8_t>(profile.model);
        report[at::cpuidStepping] = static_cast<std::uint8_t>(profile.stepping);
    }
    put(at::chipId, inputs.chipId.bytes);
    put(at::committedTcb, inputs.committedTcb.bytes);
    const auto putVersion = [&report](std::size_t offset, const FirmwareVersion &version) {
        report[offset] = version.build;
        report[offset + 1] = version.minor;
        report[offset + 2] = version.major;
    };
    putVersion(at::currentVersion, profile.firmware);
    putVersion(at::committedVersion, inputs.committedVersion);
    put(at::launchTcb, guest.launchTcb.bytes);
    if (inputs.version >= 5) {
        storeLe<std::uint64_t>(report, at::launchMitigations, guest.launchMitigations);
        storeLe<std::uint64_t>(report, at::currentMitigations, profile.mitigations);
    }
    if (key)
        signReport(report, *key);
    return report;
}

} // namespace kastellan::sev
