// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/file.h"
#include "core/evidence/evidence.h"
#include "sev-backend/emulator/firmware.h"

#include <filesystem>
#include <memory>
#include <stop_token>

namespace kastellan::sev {

/// How a processor is emulated.
struct ProcessorOptions {
    const Profile *profile = &defaultProfile();
    std::uint32_t reportVersion = 5; ///< 2 to 5
    bool maskChipId = false; ///< reports carry no chip id, as some hosts have it
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
    [[nodiscard]] static bool exists(
        const std::filesystem::path &folder = dataFolder() / "emulated", const Profile &profile = defaultProfile());

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

    /// VCEK, ASK, ARK.
    [[nodiscard]] std::vector<Endorsement> endorsements() const;
    /// "emulated:<hex SHA-256 of the ARK's DER>": what ReferenceValues::root names.
    [[nodiscard]] std::string rootFingerprint() const;
    [[nodiscard]] ProcessorDescription describe() const;

    /// The commands with their bare status codes.
    [[nodiscard]] Firmware &firmware() { return m_firmware; }
    [[nodiscard]] const Identity &identity() const { return m_firmware.identity(); }

private:
    Processor(Identity identity, const ProcessorOptions &options);
    Firmware m_firmware;
    std::uint32_t m_reportVersion;
};

} // namespace kastellan::sev
