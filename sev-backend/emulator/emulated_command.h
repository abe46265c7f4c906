// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/firmware_status.h"

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>

namespace kastellan::sev {

/// What a command of the firmware yields: a value, or the status that the real firmware would return.
template <typename T>
using Answer = std::expected<T, FirmwareStatus>;

/// No status of a firmware: it did not take the command. /dev/sev says EBUSY, the hypervisor tells its guest to try again.
inline constexpr FirmwareStatus firmwareBusy{0xfffffffe};
/// The same, of a hypervisor that holds its guests to a rate: the guest's driver waits and tries again.
inline constexpr FirmwareStatus firmwareThrottled{0xfffffffd};

/// The commands that the emulated firmware knows, by the names that faults are injected with.
enum class EmulatedCommand : std::uint8_t {
    Init,
    Shutdown,
    FactoryReset,
    PlatformStatus,
    PekGen,
    PekCsr,
    PekCertImport,
    PdhGen,
    PdhCertExport,
    GetId,
    DfFlush,
    LaunchStart,
    LaunchUpdateData,
    LaunchUpdateVmsa,
    LaunchMeasure,
    LaunchSecret,
    LaunchFinish,
    Attestation,
    GuestStatus,
    Activate,
    Deactivate,
    Decommission,
    SnpInit,
    SnpShutdown,
    SnpPlatformStatus,
    SnpCommit,
    SnpConfig,
    SnpVlekLoad,
    SnpLaunchStart,
    SnpLaunchUpdate,
    SnpLaunchFinish,
    SnpGuestStatus,
    SnpDecommission,
    GetReport,
    GetExtReport,
    GetDerivedKey,
};
inline constexpr std::size_t emulatedCommandCount = static_cast<std::size_t>(EmulatedCommand::GetDerivedKey) + 1;

/// "pek-import", "snp-commit", "get-report".
[[nodiscard]] std::string_view name(EmulatedCommand command);
[[nodiscard]] std::optional<EmulatedCommand> emulatedCommandFromName(std::string_view name);

} // namespace kastellan::sev
