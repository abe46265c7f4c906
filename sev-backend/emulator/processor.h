// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "core/evidence/evidence.h"
#include "sev-backend/emulator/firmware.h"
#include "sev-backend/emulator/legacy_firmware.h"
#include "sev-backend/emulator/snp_platform.h"

#include <filesystem>
#include <memory>
#include <stop_token>

namespace kastellan::sev {

/// How a processor is emulated.
struct ProcessorOptions {
    const Profile *profile = &defaultProfile();
    std::uint32_t reportVersion = 5; ///< 2 to 5
    bool maskChipId = false; ///< reports carry no chip id, as some hosts have it
    std::string seed = {}; ///< not empty: a chip of its own, the same one everywhere: chip id, keys of the firmware, nonces, report ids
    bool uncommitted = false; ///< a platform that is new has firmware that is not committed yet
    FaultPlan faults = {}; ///< what goes wrong on purpose, in this program
};

/// What the emulated processor is, for people.
struct ProcessorDescription {
    std::string profile; ///< "Genoa"
    std::string firmware; ///< "1.58.40"
    std::string tcb; ///< "bl 10, tee 0, snp 23, ucode 84"
    std::string chipId; ///< hex
    std::string root; ///< "emulated:<hex>"
    std::uint32_t reportVersion = 5;
};

/// An emulated AMD Secure Processor: an identity that is kept, the firmware's commands, and the certificates that back its
/// reports. It proves the procedure, nothing about hardware. Safe in several threads.
class Processor {
public:
    /// Opens the processor of this user, and makes its identity on first use (seconds; progress is reported from the
    /// calling thread). `folder` is dataFolder()/"emulated" unless a test says otherwise. Cancelled when `stop` asks.
    [[nodiscard]] static Result<std::unique_ptr<Processor>> open(const std::filesystem::path &folder = dataFolder() / "emulated",
        const EmulatorProgress &progress = {}, const std::stop_token &stop = {}, const ProcessorOptions &options = {});
    /// Whether the identity is there already, so that opening is quick.
    [[nodiscard]] static bool exists(const std::filesystem::path &folder = dataFolder() / "emulated",
        const Profile &profile = defaultProfile(), std::string_view seed = {});

    /// The errors of these carry the firmware's status: name, number, explanation, remedy.
    [[nodiscard]] Result<GuestHandle> launchStart(GuestPolicy policy, const std::array<std::uint8_t, 16> &gosvw = {});
    [[nodiscard]] Status launchUpdate(GuestHandle guest, PageType type, std::uint64_t gpa, ByteView pages);
    [[nodiscard]] Status launchFinish(GuestHandle guest, const LaunchFinish &finish);
    /// The 4000 bytes of MSG_REPORT_RSP for the 96 bytes of a MSG_REPORT_REQ. The firmware's status is inside.
    [[nodiscard]] Bytes guestRequest(GuestHandle guest, ByteView request);
    [[nodiscard]] Result<LaunchDigest> measurement(GuestHandle guest);
    [[nodiscard]] Status decommission(GuestHandle guest);

    /// A guest for a loader that takes over: encrypted and authenticated for this processor.
    [[nodiscard]] Result<Bytes> saveGuest(GuestHandle guest);
    [[nodiscard]] Result<GuestHandle> restoreGuest(ByteView saved);

    /// What backs the reports as they are signed now: VCEK, ASK, ARK; with a VLEK loaded VLEK, ASVK, ARK. None without SNP.
    [[nodiscard]] std::vector<Endorsement> endorsements();
    /// The same as the table that a host hands to its guests (GHCB specification 2.03).
    [[nodiscard]] Result<Bytes> certificateTable();
    /// What the emulated key server gives a cloud provider for this chip at its reported TCB: a wrapped VLEK hashstick, 432 bytes, for
    /// SNP_VLEK_LOAD. On first use the authority for VLEKs is made (seconds).
    [[nodiscard]] Result<Bytes> vlekHashstick(const EmulatorProgress &progress = {}, const std::stop_token &stop = {});
    /// "emulated:<hex SHA-256 of the ARK's DER>": what ReferenceValues::root names.
    [[nodiscard]] std::string rootFingerprint() const;
    [[nodiscard]] ProcessorDescription describe() const;

    /// The commands with their bare status codes: of SNP guests, of the SNP platform, and of legacy SEV.
    [[nodiscard]] Firmware &firmware() { return m_firmware; }
    [[nodiscard]] SnpPlatform &snp() { return m_snp; }
    [[nodiscard]] LegacyFirmware &legacy() { return m_legacy; }
    [[nodiscard]] EmulatedPlatform &platform() { return m_platform; }
    [[nodiscard]] const Identity &identity() const { return m_platform.identity(); }
    [[nodiscard]] const Profile &profile() const { return m_platform.profile(); }

private:
    Processor(const std::filesystem::path &folder, Identity identity, const ProcessorOptions &options);
    [[nodiscard]] Result<std::vector<Endorsement>> vlekEndorsements(const EmulatedState &state);

    EmulatedPlatform m_platform;
    Firmware m_firmware;
    SnpPlatform m_snp;
    LegacyFirmware m_legacy;
    std::mutex m_mutex; ///< of the VLEK's certificates
    std::optional<std::pair<Bytes, std::vector<Endorsement>>> m_vlek; ///< by its seed
    std::uint32_t m_reportVersion;
};

} // namespace kastellan::sev
