// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string_view>

namespace kastellan::sev {

/// SHA-256 of what QEMU boots directly: kernel, initrd and command line (QEMU target/i386/sev.c; sev-formats 2.14).
struct BootHashes {
    Sha256 kernel, initrd, commandLine;
    bool operator==(const BootHashes &) const = default;
};
/// The digest of a command line: the text and one closing NUL, nothing trimmed.
[[nodiscard]] Sha256 commandLineHash(std::string_view commandLine);
/// The digest of "no initrd".
[[nodiscard]] Sha256 emptyInitrdHash();

/// The table as QEMU writes it into guest memory: 168 bytes and 8 of padding.
inline constexpr std::size_t hashTableSize = 176;
[[nodiscard]] Bytes buildHashTable(const BootHashes &hashes);
/// The zero page of 4096 bytes that holds the table at (gpa & 0xfff), as SNP measures it. `gpa` is where the firmware reserves the table.
[[nodiscard]] Result<Bytes> hashTablePage(const BootHashes &hashes, std::uint32_t gpa);

} // namespace kastellan::sev
