// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kastellan::sev {

/// What the SEV firmware answers (SEV-SNP firmware ABI 1.58, section 5.1; SEV API 0.24, table of status codes).
enum class FirmwareStatus : std::uint32_t {
    Success = 0x00,
    InvalidPlatformState = 0x01,
    InvalidGuestState = 0x02,
    InvalidConfig = 0x03,
    InvalidLength = 0x04,
    AlreadyOwned = 0x05,
    InvalidCertificate = 0x06,
    PolicyFailure = 0x07,
    Inactive = 0x08,
    InvalidAddress = 0x09,
    BadSignature = 0x0a,
    BadMeasurement = 0x0b,
    AsidOwned = 0x0c,
    InvalidAsid = 0x0d,
    WbinvdRequired = 0x0e,
    DfFlushRequired = 0x0f,
    InvalidGuest = 0x10,
    InvalidCommand = 0x11,
    Active = 0x12,
    HwerrorPlatform = 0x13,
    HwerrorUnsafe = 0x14,
    Unsupported = 0x15,
    InvalidParam = 0x16,
    ResourceLimit = 0x17,
    SecureDataInvalid = 0x18,
    InvalidPageSize = 0x19,
    InvalidPageState = 0x1a,
    InvalidMdataEntry = 0x1b,
    InvalidPageOwner = 0x1c,
    AeadOflow = 0x1d,
    RbModeExited = 0x1f,
    RmpInitRequired = 0x20,
    BadSvn = 0x21,
    BadVersion = 0x22,
    ShutdownRequired = 0x23,
    UpdateFailed = 0x24,
    RestoreRequired = 0x25,
    RmpInitFailed = 0x26,
    InvalidKey = 0x27,
    NoFirmwareCall = 0xffffffff, ///< the kernel's driver: the firmware was not asked (linux/psp-sev.h, SEV_RET_NO_FW_CALL)
};

/// A status for a person.
struct StatusText {
    std::string_view name; ///< as AMD's documents have it: "POLICY_FAILURE"
    std::string_view explanation; ///< what the firmware found
    std::string_view remedy; ///< what to do about it
};
/// Never fails: a number that is not known is named so.
[[nodiscard]] StatusText describe(FirmwareStatus status);
/// "POLICY_FAILURE (0x07): the policy … forbids it".
[[nodiscard]] std::string message(FirmwareStatus status);

} // namespace kastellan::sev
