// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/platform_info.h"
#include "sev-backend/abi/policy.h"
#include "sev-backend/abi/tcb.h"

#include <optional>
#include <span>
#include <string>

namespace kastellan::sev {

/// The identity of a chip: 64 bytes, of which Turin uses the first 8.
using ChipId = FixedBytes<struct ChipIdTag, 64>;
/// SHA-384 of an ID key or author key as the firmware holds it.
using KeyDigest = FixedBytes<struct KeyDigestTag, 48>;
/// The identity of one guest context, new at every launch.
using ReportId = FixedBytes<struct ReportIdTag, 32>;
/// FAMILY_ID and IMAGE_ID of an ID block.
using BlockId = FixedBytes<struct BlockIdTag, 16>;

/// Offsets of the attestation report's fields (SEV-SNP firmware ABI 1.58, ATTESTATION_REPORT).
namespace report_offset {
inline constexpr std::size_t version = 0x000, guestSvn = 0x004, policy = 0x008, familyId = 0x010, imageId = 0x020, vmpl = 0x030,
                             signatureAlgorithm = 0x034, currentTcb = 0x038, platformInfo = 0x040, flags = 0x048, reserved4c = 0x04c,
                             reportData = 0x050, measurement = 0x090, hostData = 0x0c0, idKeyDigest = 0x0e0, authorKeyDigest = 0x110,
                             reportId = 0x140, reportIdMa = 0x160, reportedTcb = 0x180, cpuidFamily = 0x188, cpuidModel = 0x189,
                             cpuidStepping = 0x18a, chipId = 0x1a0, committedTcb = 0x1e0, currentVersion = 0x1e8, committedVersion = 0x1ec,
                             launchTcb = 0x1f0, launchMitigations = 0x1f8, currentMitigations = 0x200, signature = 0x2a0,
                             signatureR = 0x2a0, signatureS = 0x2e8, tail = 0x330;
}

/// Which key signed a report (bits 4:2 of the word at 0x48).
enum class SigningKey : std::uint8_t { Vcek = 0, Vlek = 1, None = 7 };
[[nodiscard]] std::string_view name(SigningKey key); ///< "VCEK", "VLEK", "none", "reserved"

/// A firmware version: 1.58.12 is major 1, minor 58, build 12.
struct FirmwareVersion {
    std::uint8_t build = 0, minor = 0, major = 0;
    [[nodiscard]] std::string text() const;
    auto operator<=>(const FirmwareVersion &other) const
    {
        return std::tie(major, minor, build) <=> std::tie(other.major, other.minor, other.build);
    }
    bool operator==(const FirmwareVersion &) const = default;
};

/// What a report says of its product, and how.
struct ReportedProduct {
    Product product = Product::Unknown;
    TcbLayout layout = TcbLayout::Milan;
    bool layoutKnown = false; ///< false: the layout is the likelier one only
    std::string how; ///< "CPUID family 0x19, model 0x11", "the form of the chip id", …
};

/// A bounded view of the 1184 bytes of an SNP attestation report, versions 2 to 5. The bytes are never copied or
/// encoded anew: signatures are checked over exactly what came. The view must not outlive the bytes.
class ReportView {
public:
    static constexpr std::size_t size = 0x4a0;
    static constexpr std::size_t signedSize = 0x2a0;
    static constexpr std::uint32_t oldestVersion = 2, newestVersion = 5;

    /// Any 1184 bytes make a view; another length is an Input error. Whether the version is known is for the caller.
    [[nodiscard]] static Result<ReportView> from(ByteView bytes);

    [[nodiscard]] ByteView bytes() const { return m_bytes; }
    [[nodiscard]] ByteView signedBytes() const { return m_bytes.first(signedSize); }
    [[nodiscard]] std::uint32_t version() const { return u32(report_offset::version); }
    [[nodiscard]] bool versionKnown() const { return version() >= oldestVersion && version() <= newestVersion; }
    [[nodiscard]] std::uint32_t guestSvn() const { return u32(report_offset::guestSvn); }
    [[nodiscard]] GuestPolicy policy() const { return GuestPolicy(u64(report_offset::policy)); }
    [[nodiscard]] BlockId familyId() const { return fixed<BlockId>(report_offset::familyId); }
    [[nodiscard]] BlockId imageId() const { return fixed<BlockId>(report_offset::imageId); }
    [[nodiscard]] std::uint32_t vmpl() const { return u32(report_offset::vmpl); }
    [[nodiscard]] std::uint32_t signatureAlgorithm() const { return u32(report_offset::signatureAlgorithm); }
    [[nodiscard]] PlatformInfo platformInfo() const { return PlatformInfo(u64(report_offset::platformInfo)); }
    [[nodiscard]] bool authorKeyUsed() const { return u32(report_offset::flags) & 1; }
    [[nodiscard]] bool chipKeyMasked() const { return u32(report_offset::flags) & 2; }
    [[nodiscard]] SigningKey signingKey() const { return static_cast<SigningKey>((u32(report_offset::flags) >> 2) & 7); }
    [[nodiscard]] ReportData reportData() const { return fixed<ReportData>(report_offset::reportData); }
    [[nodiscard]] LaunchDigest measurement() const { return fixed<LaunchDigest>(report_offset::measurement); }
    [[nodiscard]] HostData hostData() const { return fixed<HostData>(report_offset::hostData); }
    [[nodiscard]] KeyDigest idKeyDigest() const { return fixed<KeyDigest>(report_offset::idKeyDigest); }
    [[nodiscard]] KeyDigest authorKeyDigest() const { return fixed<KeyDigest>(report_offset::authorKeyDigest); }
    [[nodiscard]] ReportId reportId() const { return fixed<ReportId>(report_offset::reportId); }
    [[nodiscard]] ReportId migrationAgentId() const { return fixed<ReportId>(report_offset::reportIdMa); }
    /// All bytes 0xff, as the firmware writes it for a guest without a migration agent.
    [[nodiscard]] bool withoutMigrationAgent() const;
    [[nodiscard]] TcbBytes currentTcb() const { return fixed<TcbBytes>(report_offset::currentTcb); }
    [[nodiscard]] TcbBytes reportedTcb() const { return fixed<TcbBytes>(report_offset::reportedTcb); }
    [[nodiscard]] TcbBytes committedTcb() const { return fixed<TcbBytes>(report_offset::committedTcb); }
    [[nodiscard]] TcbBytes launchTcb() const { return fixed<TcbBytes>(report_offset::launchTcb); }
    /// The processor that the firmware saw; nothing before version 3.
    [[nodiscard]] bool hasCpuid() const { return version() >= 3; }
    [[nodiscard]] unsigned cpuidFamily() const { return m_bytes[report_offset::cpuidFamily]; }
    [[nodiscard]] unsigned cpuidModel() const { return m_bytes[report_offset::cpuidModel]; }
    [[nodiscard]] unsigned cpuidStepping() const { return m_bytes[report_offset::cpuidStepping]; }
    [[nodiscard]] ChipId chipId() const { return fixed<ChipId>(report_offset::chipId); }
    /// The host masks the chip id (SNP_CONFIG, MASK_CHIP_ID): all bytes are zero.
    [[nodiscard]] bool chipIdMasked() const { return chipId().isZero(); }
    [[nodiscard]] FirmwareVersion currentVersion() const { return firmware(report_offset::currentVersion); }
    [[nodiscard]] FirmwareVersion committedVersion() const { return firmware(report_offset::committedVersion); }
    /// The two mitigation vectors; only from version 5 on.
    [[nodiscard]] bool hasMitigations() const { return version() >= 5; }
    [[nodiscard]] std::uint64_t launchMitigations() const { return u64(report_offset::launchMitigations); }
    [[nodiscard]] std::uint64_t currentMitigations() const { return u64(report_offset::currentMitigations); }
    /// The two numbers of the ECDSA signature, little-endian, 72 bytes each.
    [[nodiscard]] ByteView signatureR() const { return m_bytes.subspan(report_offset::signatureR, 72); }
    [[nodiscard]] ByteView signatureS() const { return m_bytes.subspan(report_offset::signatureS, 72); }

    /// Version 3 and later name the processor. Version 2 doesn't: a chip id that ends after 8 bytes means Turin, any
    /// other one means Milan or Genoa (which share everything but the certificate authority), a masked one says nothing.
    [[nodiscard]] ReportedProduct product() const;
    /// Offset of the first byte that must be zero and is not, with the field's name; nothing if all are zero.
    struct Reserved {
        std::size_t offset;
        std::string field;
    };
    [[nodiscard]] std::optional<Reserved> reservedViolation() const;

private:
    explicit ReportView(ByteView bytes)
        : m_bytes(bytes)
    {
    }
    [[nodiscard]] std::uint32_t u32(std::size_t offset) const { return loadLe<std::uint32_t>(m_bytes, offset); }
    [[nodiscard]] std::uint64_t u64(std::size_t offset) const { return loadLe<std::uint64_t>(m_bytes, offset); }
    template <typename Fixed>
    [[nodiscard]] Fixed fixed(std::size_t offset) const
    {
        Fixed value;
        std::memcpy(value.bytes.data(), m_bytes.data() + offset, Fixed::size);
        return value;
    }
    [[nodiscard]] FirmwareVersion firmware(std::size_t offset) const { return {m_bytes[offset], m_bytes[offset + 1], m_bytes[offset + 2]}; }
    ByteView m_bytes;
};

/// The ranges of a report that its version reserves, as offset, length and name, in order. They are zero in every report.
struct ReservedRange {
    std::size_t offset, length;
};
[[nodiscard]] std::span<const ReservedRange> reservedRanges(std::uint32_t version);

} // namespace kastellan::sev
