// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/report.h"

namespace kastellan::sev {

/// The ID block of SNP_LAUNCH_FINISH, 96 bytes: what a guest's owner signs (SEV-SNP firmware ABI 1.58, section 8.18).
struct IdBlock {
    static constexpr std::size_t size = 96;
    LaunchDigest launchDigest;
    BlockId familyId, imageId;
    std::uint32_t version = 1;
    std::uint32_t guestSvn = 0;
    GuestPolicy policy;

    [[nodiscard]] std::array<std::uint8_t, size> encode() const;
    [[nodiscard]] static Result<IdBlock> decode(ByteView bytes);
};

/// A public key as the firmware takes it: 0x404 bytes; curve 2 is P-384, the coordinates are little-endian.
using FirmwareKey = FixedBytes<struct FirmwareKeyTag, 0x404>;
/// A signature as the firmware takes it: r and s of 72 bytes little-endian, then zeros, 0x200 bytes.
using FirmwareSignature = FixedBytes<struct FirmwareSignatureTag, 0x200>;

/// A bounded view of the ID authentication information, 4096 bytes (section 8.18).
class IdAuthView {
public:
    static constexpr std::size_t size = 4096;
    static constexpr std::uint32_t ecdsaP384Sha384 = 1;
    [[nodiscard]] static Result<IdAuthView> from(ByteView bytes);

    [[nodiscard]] std::uint32_t idKeyAlgorithm() const { return loadLe<std::uint32_t>(m_bytes, 0x000); }
    [[nodiscard]] std::uint32_t authorKeyAlgorithm() const { return loadLe<std::uint32_t>(m_bytes, 0x004); }
    [[nodiscard]] ByteView blockSignature() const { return m_bytes.subspan(0x040, FirmwareSignature::size); }
    [[nodiscard]] ByteView idKey() const { return m_bytes.subspan(0x240, FirmwareKey::size); }
    [[nodiscard]] ByteView idKeySignature() const { return m_bytes.subspan(0x680, FirmwareSignature::size); }
    [[nodiscard]] ByteView authorKey() const { return m_bytes.subspan(0x880, FirmwareKey::size); }
    /// Whether every reserved byte is zero.
    [[nodiscard]] bool reservedClear() const;

private:
    explicit IdAuthView(ByteView bytes)
        : m_bytes(bytes)
    {
    }
    ByteView m_bytes;
};

} // namespace kastellan::sev
