// SPDX-License-Identifier: Apache-2.0
// Blocks of SEV-SNP's launch that a person gives as files: the ID block, its authentication, the guest-visible workarounds.
#pragma once

#include "core/base/error.h"

#include <cstddef>
#include <filesystem>
#include <string>

namespace kastellan {

/// Their sizes in bytes (SEV-SNP firmware ABI 1.58, sections 4.6, 8.18 and 8.16).
inline constexpr std::size_t idBlockSize = 96, idAuthSize = 4096, workaroundsSize = 16;

/// Reads a block of so many bytes, raw or as text in base64 or hex; yields base64, as plans hold it. `what`: for errors ("the ID block").
[[nodiscard]] Result<std::string> readBlockFile(const std::filesystem::path &file, std::size_t size, const std::string &what);

} // namespace kastellan
