// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/digest.h"
#include "sev-backend/abi/platform_status.h"
#include "sev-backend/emulator/emulated_platform.h"
#include "sev-backend/legacy/owner.h"

#include <mutex>
#include <set>
#include <unordered_map>

namespace kastellan::sev {

/// Names a guest of the legacy firmware; 0 names none.
using LegacyHandle = std::uint32_t;

/// Where a legacy guest is in its life (SEV API 0.24, GSTATE).
enum class LegacyGuestState : std::uint8_t { Uninit = 0, Updating = 1, Secret = 2, Running = 3 };

/// What LAUNCH_START takes.
struct LegacyLaunch {
    LegacyHandle sharesKeyWith = 0; ///< the guest whose memory key is shared; 0: a key of its own
    legacy::Policy policy = 0;
    Bytes godh, session; ///< the owner's certificate (2084 bytes) and session (128); both empty: keys that nobody outside knows
};

/// GUEST_STATUS.
struct LegacyGuestStatus {
    legacy::Policy policy = 0;
    std::uint32_t asid = 0; ///< 0: not active
    LegacyGuestState state = LegacyGuestState::Uninit;
    bool operator==(const LegacyGuestStatus &) const = default;
};

/// The commands of the legacy SEV firmware (SEV API 0.24): which is allowed when, what is checked in which order, and with which status it
/// is refused. Certificates and ownership are the platform's and last; guests live in this object, as those of a kernel do. Safe in
/// several threads.
class LegacyFirmware {
public:
    explicit LegacyFirmware(EmulatedPlatform &platform);

    // Platform. INIT makes the keys that are missing.
    [[nodiscard]] Answer<void> init(bool es = true);
    [[nodiscard]] Answer<void> shutdown(); ///< guests end
    [[nodiscard]] Answer<void> factoryReset(); ///< from UNINIT; OCA, PEK and PDH are lost, also where stored data are damaged
    [[nodiscard]] Answer<SevPlatformStatus> platformStatus();
    [[nodiscard]] Answer<void> pekGen(); ///< self-owned again, with new OCA, PEK and PDH
    [[nodiscard]] Answer<Bytes> pekCsr(std::size_t room); ///< 2084 bytes; InvalidLength when there is less room
    [[nodiscard]] Answer<void> pekCertImport(ByteView pek, ByteView oca);
    [[nodiscard]] Answer<void> pdhGen();
    struct Export {
        Bytes pdh, chain; ///< 2084; PEK, OCA and CEK: 6252
    };
    [[nodiscard]] Answer<Export> pdhCertExport(std::size_t pdhRoom, std::size_t chainRoom);
    [[nodiscard]] Answer<Bytes> getId(std::size_t room);
    [[nodiscard]] Answer<void> dfFlush();
    void wbinvd(); ///< what all CPUs have to do before DF_FLUSH

    /// The ASK and ARK in SEV format that certify the CEK, after each other: what AMD publishes as ask_ark_PRODUCT.cert.
    [[nodiscard]] Answer<Bytes> askArk();

    // Guests
    [[nodiscard]] Answer<LegacyHandle> launchStart(const LegacyLaunch &launch);
    [[nodiscard]] Answer<void> activate(LegacyHandle guest, std::uint32_t asid);
    [[nodiscard]] Answer<void> launchUpdateData(LegacyHandle guest, std::uint64_t address, ByteView data);
    [[nodiscard]] Answer<void> launchUpdateVmsa(LegacyHandle guest, std::uint64_t address, ByteView page);
    [[nodiscard]] Answer<legacy::LaunchMeasure> launchMeasure(LegacyHandle guest, std::size_t room);
    /// The secret in the clear, as it lands in the guest's memory at `address`.
    [[nodiscard]] Answer<Bytes> launchSecret(
        LegacyHandle guest, const legacy::SecretPacket &packet, std::uint64_t address, std::size_t room);
    [[nodiscard]] Answer<void> launchFinish(LegacyHandle guest);
    [[nodiscard]] Answer<Bytes> attestation(LegacyHandle guest, const std::array<std::uint8_t, 16> &nonce, std::size_t room); ///< 208 bytes
    [[nodiscard]] Answer<LegacyGuestStatus> guestStatus(LegacyHandle guest);
    [[nodiscard]] Answer<void> deactivate(LegacyHandle guest);
    [[nodiscard]] Answer<void> decommission(LegacyHandle guest);

private:
    struct Guest {
        LegacyGuestState state = LegacyGuestState::Updating;
        legacy::Policy policy = 0;
        legacy::TransportKeys keys;
        Sha256Stream content; ///< what was given so far
        Sha256 digest, measure;
        std::uint32_t asid = 0;
    };
    [[nodiscard]] static FirmwareStatus makeKeys(EmulatedState &state, const EmulatedPlatform &platform, bool owner);
    [[nodiscard]] static FirmwareStatus makePdh(EmulatedState &state, const EmulatedPlatform &platform);
    [[nodiscard]] Answer<EmulatedPlatform::View> withKeys(); ///< a state that has all its certificates
    [[nodiscard]] Answer<EmulatedPlatform::View> ready(); ///< InvalidPlatformState unless INIT or WORKING; ends guests of an earlier INIT
    [[nodiscard]] bool working();
    [[nodiscard]] FirmwareStatus checkPolicy(legacy::Policy policy, bool es) const;
    [[nodiscard]] FirmwareStatus openSession(const LegacyLaunch &launch, const EmulatedState &state, legacy::TransportKeys &keys) const;
    /// A guest that a command is about, and nobody else's meanwhile.
    struct Entered {
        std::unique_lock<std::mutex> lock;
        Guest *guest = nullptr;
    };
    [[nodiscard]] Answer<Entered> enter(EmulatedCommand command, LegacyHandle guest);
    void endAll();

    EmulatedPlatform &m_platform;
    std::mutex m_mutex;
    std::unordered_map<LegacyHandle, Guest> m_guests;
    LegacyHandle m_nextHandle = 1;
    std::uint64_t m_epoch = 0;
    std::set<std::uint32_t> m_usedAsids; ///< since the last DF_FLUSH
    bool m_cachesDirty = false; ///< since the last WBINVD
};

} // namespace kastellan::sev
