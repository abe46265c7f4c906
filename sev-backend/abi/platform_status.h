// SPDX-License-Identifier: Apache-2.0
// What the platform commands of /dev/sev say and take (linux/psp-sev.h; SEV API 0.24, PLATFORM_STATUS; SEV-SNP firmware ABI 1.58,
// SNP_PLATFORM_STATUS, SNP_CONFIG and SNP_VLEK_LOAD).
#pragma once

#include "sev-backend/abi/report.h"

namespace kastellan::sev {

/// The state of the legacy SEV platform.
enum class SevState : std::uint8_t { Uninit = 0, Init = 1, Working = 2 };
[[nodiscard]] std::string_view name(SevState state); ///< "UNINIT", "INIT", "WORKING", "unknown"

/// PLATFORM_STATUS, 12 bytes, packed.
struct SevPlatformStatus {
    static constexpr std::size_t size = 12;
    FirmwareVersion version;
    SevState state = SevState::Uninit;
    bool externallyOwned = false; ///< FLAGS bit 0: an owner's certificate signed the PEK
    bool es = false; ///< FLAGS bit 8: SEV-ES is initialised
    std::uint32_t guests = 0;

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    /// Another length is an Input error; flags that are not known are passed over.
    [[nodiscard]] static Result<SevPlatformStatus> decode(ByteView bytes);
    bool operator==(const SevPlatformStatus &) const = default;
};

/// SNP_PLATFORM_STATUS, 32 bytes, packed.
struct SnpPlatformStatus {
    static constexpr std::size_t size = 32;
    std::uint8_t major = 0, minor = 0;
    bool initialized = false; ///< STATE: 0 UNINIT, 1 INIT
    bool rmpInitialized = false, aliasChecked = false, tio = false; ///< byte 3, bits 0, 1 and 3
    std::uint32_t build = 0;
    bool maskChipId = false, maskChipKey = false, vlekLoaded = false; ///< word 8, bits 0 to 2
    bool featureInfo = false, raplDisabled = false; ///< bits 3 and 4
    bool ciphertextHidingCapable = false, ciphertextHiding = false, tioEnabled = false; ///< bits 5 to 7
    std::uint32_t guests = 0;
    TcbBytes currentTcb, reportedTcb;

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    [[nodiscard]] static Result<SnpPlatformStatus> decode(ByteView bytes);
    bool operator==(const SnpPlatformStatus &) const = default;
};

/// SNP_CONFIG, 64 bytes. All zeros set everything back.
struct SnpConfig {
    static constexpr std::size_t size = 64;
    TcbBytes reportedTcb; ///< zeros: the committed one
    bool maskChipId = false, maskChipKey = false;

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    /// Another length, or a reserved bit that is set: an Input error.
    [[nodiscard]] static Result<SnpConfig> decode(ByteView bytes);
    bool operator==(const SnpConfig &) const = default;
};

/// The parts of a wrapped VLEK hashstick, 432 bytes: AES-256-GCM; IV and TCB lie open.
struct VlekHashstick {
    static constexpr std::size_t size = 432, wrappedSize = 384;
    std::array<std::uint8_t, 12> iv{};
    std::array<std::uint8_t, wrappedSize> wrapped{};
    TcbBytes tcb; ///< for which the key is
    std::array<std::uint8_t, 16> tag{};

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    /// Another length, or a reserved byte that is set: an Input error.
    [[nodiscard]] static Result<VlekHashstick> decode(ByteView bytes);
};

} // namespace kastellan::sev
