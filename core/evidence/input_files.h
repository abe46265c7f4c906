// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/evidence.h"

namespace kastellan {

/// How much is read at most.
struct InputLimits {
    std::uint64_t file = std::uint64_t{16} << 20; ///< bytes of one file
    std::uint64_t total = std::uint64_t{256} << 20; ///< bytes of all
    std::size_t files = 10'000;
    std::size_t depth = 8; ///< folders in folders
};

/// Files as they were given, and what was left out of folders.
struct Inputs {
    std::vector<InputFile> files;
    std::vector<UnknownPart> left; ///< too large, not readable: with the reason
};

/// Reads files, and all regular files below folders, in the order of their names; "-" is standard input. What was named and can't be
/// read is an error; what is in a folder and can't be read is left, and listed. Links in folders are followed to files, not to folders.
[[nodiscard]] Result<Inputs> readInputs(std::span<const std::string> paths, const InputLimits &limits = {});

} // namespace kastellan
