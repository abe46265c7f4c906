// SPDX-License-Identifier: Apache-2.0
// The GHCB certificate table: what a host hands to its guests with an extended report, what configfs-tsm calls auxblob, and the file
// that snphost imports and QEMU reads (GHCB specification 2.03, section "SNP Extended Guest Request").
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/guid.h"

#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace kastellan::sev {

inline constexpr Guid ghcbVcek = guidBe("63da758d-e664-4564-adc5-f4b93be8accd");
inline constexpr Guid ghcbVlek = guidBe("a8074bc2-a25a-483e-aae6-39c045a0b8a1");
inline constexpr Guid ghcbAsk = guidBe("4ab7b379-bbac-4fe4-a02f-05aef327c782"); ///< ASK or ASVK
inline constexpr Guid ghcbArk = guidBe("c0b406a4-a803-4952-9743-3fb6014cd0ae");
inline constexpr Guid ghcbCrl = guidBe("92f81bc3-5811-4d3d-97ff-d19f88dc67ea");
/// Google's: u32 size 8, u32 CPUID 1 EAX & 0x0fff0fff.
inline constexpr Guid ghcbPlatformInfo = guidBe("ecae0c0f-9502-43b1-afa2-0ae2e0d565b6");

/// One object of a table.
struct GhcbTableEntry {
    Guid guid;
    Bytes content; ///< DER in the tables that hosts make, PEM in some; the caller finds out
    bool operator==(const GhcbTableEntry &) const = default;
};

inline constexpr std::size_t ghcbEntrySize = 24, ghcbEntryLimit = 64, ghcbTableLimit = std::size_t{4} << 20;

/// Reads a table: entries of GUID, u32 offset and u32 length up to one of zeros, the objects behind them. Bytes behind the last object
/// are padding (hosts hand out whole pages). A table without an end, an object that is empty, outside, within the list of entries or
/// over another object, a GUID that is there twice, more than 64 entries or over 4 MiB: Input errors that name entry and offset.
[[nodiscard]] Result<std::vector<GhcbTableEntry>> readGhcbTable(ByteView table);
/// Writes one; the objects follow the list in its order, each at a multiple of 8. The same limits.
[[nodiscard]] Result<Bytes> writeGhcbTable(std::span<const GhcbTableEntry> entries);
/// Whether bytes begin as a table does: with an entry whose GUID is a known one, and whose object lies within. A quick look, for telling
/// files apart; a table of unknown GUIDs alone is not recognised.
[[nodiscard]] bool looksLikeGhcbTable(ByteView bytes);

/// "vcek", "vlek", "ask", "ark", "crl", "platform-info"; empty for another GUID. What is under "ask" may be an ASVK: its name tells.
[[nodiscard]] std::string_view ghcbRole(const Guid &guid);
/// The GUID of a role; "asvk" has that of "ask".
[[nodiscard]] std::optional<Guid> ghcbGuid(std::string_view role);

} // namespace kastellan::sev
