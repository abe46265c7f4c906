// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// A range of guest memory that the firmware's SNP metadata describes.
struct MetadataSection {
    enum class Type : std::uint32_t { SecMemory = 1, Secrets = 2, Cpuid = 3, SvsmCaa = 4, KernelHashes = 0x10 };
    std::uint32_t gpa = 0; ///< guest physical address, page aligned
    std::uint32_t size = 0; ///< bytes, whole pages
    std::uint32_t type = 0; ///< a Type, or a number that this version does not know
};
/// "SNP_SEC_MEM", "SECRETS", …; "type 0x20" for an unknown number.
[[nodiscard]] std::string nameOf(MetadataSection::Type type);

/// A place and size that the firmware reserves.
struct FirmwareArea {
    std::uint32_t gpa = 0, size = 0;
};

/// What an OVMF image says of itself in its GUID table and SNP metadata (edk2 OvmfPkg ResetVector; sev-formats 2.13).
/// Views into the image: it must outlive this.
class Ovmf {
public:
    /// Reads the table at the end of the image. The image may be a tail of the real one (at least the last 4 KiB), as long as the
    /// metadata lies in it. Every error names the offset.
    [[nodiscard]] static Result<Ovmf> parse(ByteView image, std::string_view name);

    [[nodiscard]] ByteView image() const { return m_image; }
    /// Where the image begins in guest memory: it ends at 4 GiB.
    [[nodiscard]] std::uint64_t gpa() const { return 0x1'0000'0000ull - m_image.size(); }
    /// Reset vector of the application processors for SEV-ES and SNP.
    [[nodiscard]] std::optional<std::uint32_t> apResetAddress() const { return m_reset; }
    [[nodiscard]] std::optional<FirmwareArea> hashTable() const { return m_hashTable; }
    [[nodiscard]] std::optional<FirmwareArea> secretArea() const { return m_secret; }
    /// In file order; empty when the firmware has no SNP metadata.
    [[nodiscard]] const std::vector<MetadataSection> &sections() const { return m_sections; }
    [[nodiscard]] bool hasSnpMetadata() const { return m_hasMetadata; }
    /// Whether kernel hashes can be measured in SNP: a KernelHashes section covers a non-zero hash table.
    [[nodiscard]] bool hasKernelHashesSection() const;
    /// The SVSM launch offset, for SVSM images.
    [[nodiscard]] std::optional<std::uint32_t> svsmLaunchOffset() const { return m_svsm; }

private:
    [[nodiscard]] Status readMetadata(std::uint32_t offsetFromEnd, std::string_view name);
    ByteView m_image;
    std::optional<std::uint32_t> m_reset, m_svsm;
    std::optional<FirmwareArea> m_hashTable, m_secret;
    std::vector<MetadataSection> m_sections;
    bool m_hasMetadata = false;
};

} // namespace kastellan::sev
