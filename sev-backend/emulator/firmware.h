// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/emulator/guest_context.h"
#include "sev-backend/emulator/identity.h"

#include <expected>
#include <mutex>
#include <unordered_map>

namespace kastellan::sev {

/// What a command of the firmware yields: a value, or the status that the real firmware would return.
template <typename T>
using Answer = std::expected<T, FirmwareStatus>;

/// Names a guest of one firmware.
struct GuestHandle {
    std::uint32_t value = 0;
    auto operator<=>(const GuestHandle &) const = default;
};

/// Parameters of SNP_LAUNCH_FINISH.
struct LaunchFinish {
    HostData hostData;
    Bytes idBlock; ///< 96 bytes, or empty for none
    Bytes idAuth; ///< 4096 bytes, with the ID block
    bool authorKey = false; ///< the author key in `idAuth` counts
    bool vcekDisabled = false; ///< no report for this guest may be signed by the VCEK
};

/// The state machine of the SNP firmware's guest commands (SEV-SNP firmware ABI 1.58, section 8): which command is allowed
/// when, what is checked in which order, and with which status it is refused. Safe in several threads.
class Firmware {
public:
    Firmware(Identity identity, const Profile &profile, std::uint32_t reportVersion, bool maskChipId);

    /// SNP_GCTX_CREATE and SNP_LAUNCH_START.
    [[nodiscard]] Answer<GuestHandle> launchStart(GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw);
    /// SNP_LAUNCH_UPDATE for pages that follow each other. The length is a multiple of 4096. Of ZERO and UNMEASURED pages
    /// the length alone counts.
    [[nodiscard]] Answer<void> launchUpdate(GuestHandle guest, PageType type, std::uint64_t gpa, ByteView pages);
    /// SNP_LAUNCH_FINISH.
    [[nodiscard]] Answer<void> launchFinish(GuestHandle guest, const LaunchFinish &finish);
    /// MSG_REPORT_REQ of a running guest. The status is inside of the response.
    [[nodiscard]] ReportResponse report(GuestHandle guest, ByteView request);
    /// SNP_DECOMMISSION.
    [[nodiscard]] Answer<void> decommission(GuestHandle guest);

    /// The launch digest so far.
    [[nodiscard]] Answer<LaunchDigest> measurement(GuestHandle guest);
    /// The guest's context, sealed for this chip.
    [[nodiscard]] Answer<Bytes> save(GuestHandle guest);
    [[nodiscard]] Result<GuestHandle> restore(ByteView sealed);

    [[nodiscard]] const Identity &identity() const { return m_identity; }
    [[nodiscard]] const Profile &profile() const { return m_profile; }
    [[nodiscard]] std::size_t guestCount() const;

private:
    [[nodiscard]] FirmwareStatus checkPolicy(GuestPolicy policy) const;
    [[nodiscard]] static FirmwareStatus checkIdBlock(GuestContext &guest, const LaunchFinish &finish);
    [[nodiscard]] GuestContext *find(GuestHandle guest);
    [[nodiscard]] Answer<GuestHandle> adopt(GuestContext guest);

    Identity m_identity;
    const Profile &m_profile;
    std::uint32_t m_reportVersion;
    ChipId m_reportedChipId;
    mutable std::mutex m_mutex;
    std::unordered_map<std::uint32_t, GuestContext> m_guests;
    std::uint32_t m_nextHandle = 1;
};

} // namespace kastellan::sev
