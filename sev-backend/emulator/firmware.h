// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/derived_key.h"
#include "sev-backend/abi/guest_message.h"
#include "sev-backend/emulator/emulated_platform.h"
#include "sev-backend/emulator/guest_context.h"

#include <mutex>
#include <unordered_map>

namespace kastellan::sev {

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

/// SNP_GUEST_STATUS, as far as it is emulated.
struct SnpGuestStatus {
    GuestPolicy policy;
    GuestContext::State state = GuestContext::State::Launching;
    bool vcekDisabled = false;
    bool operator==(const SnpGuestStatus &) const = default;
};

/// The state machine of the SNP firmware's guest commands (SEV-SNP firmware ABI 1.58, section 8): which command is allowed
/// when, what is checked in which order, and with which status it is refused. Safe in several threads.
class Firmware {
public:
    Firmware(EmulatedPlatform &platform, std::uint32_t reportVersion, bool maskChipId);
    ~Firmware();
    Firmware(const Firmware &) = delete;
    Firmware &operator=(const Firmware &) = delete;

    /// SNP_GCTX_CREATE and SNP_LAUNCH_START.
    [[nodiscard]] Answer<GuestHandle> launchStart(GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw);
    /// SNP_LAUNCH_UPDATE for pages that follow each other. The length is a multiple of 4096. Of ZERO and UNMEASURED pages
    /// the length alone counts.
    [[nodiscard]] Answer<void> launchUpdate(GuestHandle guest, PageType type, std::uint64_t gpa, ByteView pages);
    /// SNP_LAUNCH_FINISH.
    [[nodiscard]] Answer<void> launchFinish(GuestHandle guest, const LaunchFinish &finish);
    /// MSG_REPORT_REQ of a running guest. The status is inside of the response. `extended`: the host adds certificates; a fault
    /// can be injected into one of the two alone.
    [[nodiscard]] ReportResponse report(GuestHandle guest, ByteView request, bool extended = false);
    /// MSG_KEY_REQ of a running guest, 32 or 40 bytes: the same key for the same chip, guest fields and levels, always.
    [[nodiscard]] KeyResponse derivedKey(GuestHandle guest, ByteView request);
    /// SNP_GUEST_STATUS.
    [[nodiscard]] Answer<SnpGuestStatus> guestStatus(GuestHandle guest);
    /// SNP_DECOMMISSION.
    [[nodiscard]] Answer<void> decommission(GuestHandle guest);

    /// The launch digest so far.
    [[nodiscard]] Answer<LaunchDigest> measurement(GuestHandle guest);
    /// The guest's context, sealed for this chip.
    [[nodiscard]] Answer<Bytes> save(GuestHandle guest);
    [[nodiscard]] Result<GuestHandle> restore(ByteView sealed);

    [[nodiscard]] const Identity &identity() const { return m_platform.identity(); }
    [[nodiscard]] const Profile &profile() const { return m_profile; }
    /// Guests of this program.
    [[nodiscard]] std::size_t guestCount() const;

private:
    [[nodiscard]] FirmwareStatus checkPolicy(GuestPolicy policy) const;
    [[nodiscard]] static FirmwareStatus checkIdBlock(GuestContext &guest, const LaunchFinish &finish);
    [[nodiscard]] FirmwareStatus enter(EmulatedCommand command) const;
    /// The platform's state; InvalidPlatformState unless SNP is initialised. Guests of an earlier initialisation end.
    [[nodiscard]] Answer<EmulatedPlatform::View> ready();
    [[nodiscard]] Answer<GuestContext *> find(GuestHandle guest);
    [[nodiscard]] Answer<GuestHandle> adopt(GuestContext guest);
    [[nodiscard]] const P384PrivateKey &vcekKey(const TcbBytes &tcb);

    EmulatedPlatform &m_platform;
    const Profile &m_profile;
    std::uint32_t m_reportVersion;
    bool m_maskChipId;
    mutable std::mutex m_mutex;
    std::optional<std::pair<TcbBytes, P384PrivateKey>> m_otherKey; ///< for a reported TCB that is not the current one
    std::optional<std::pair<Bytes, P384PrivateKey>> m_vlekKey; ///< by its seed
    std::uint64_t m_epoch = 0;
    std::unordered_map<std::uint32_t, GuestContext> m_guests;
    std::uint32_t m_nextHandle = 1;
};

} // namespace kastellan::sev
