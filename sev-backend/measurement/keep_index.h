// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <vector>

namespace kastellan::sev {

/// One file of a process keep's image, as the index pages state it.
struct IndexEntry {
    std::string path; ///< absolute, normal: "/usr/bin/keep-warden"
    std::uint32_t mode = 0; ///< a regular file's: 0100755, 0100644…
    std::uint64_t size = 0;
    std::uint64_t gpa = 0; ///< where its first page lies
    bool operator==(const IndexEntry &) const = default;
};

/// What stands in the index pages of a process keep (docs/process-keep.md): the command that is executed, and the files.
struct KeepIndex {
    static constexpr std::size_t headSize = 64;
    static constexpr std::size_t limit = 15u << 20; ///< bytes of all index pages
    static constexpr std::size_t pathLimit = 4095;

    std::vector<std::string> command; ///< program and arguments
    std::vector<IndexEntry> files; ///< by path, ascending

    /// The index pages, zero up to a whole page. Names that no image may have, doubles, and an index over the limit are
    /// Input errors.
    [[nodiscard]] Result<Bytes> encode() const;
    /// Reads index pages; whatever `encode` would not have written is an Input error with its offset.
    [[nodiscard]] static Result<KeepIndex> decode(ByteView pages);
    bool operator==(const KeepIndex &) const = default;
};

/// Why a path can't stand in an image: not absolute, not normal ("//", "/./", "/../"), too long, with a control character.
[[nodiscard]] Status checkImagePath(std::string_view path);

} // namespace kastellan::sev
