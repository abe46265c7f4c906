// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>

namespace kastellan::keepctl {

/// Writes an export whole or not at all. An existing file is refused, even one that appears meanwhile, unless `force`.
[[nodiscard]] Status writeExport(const std::filesystem::path &file, ByteView content, bool force);
/// Puts a finished file of the same folder in the place of `file`, under the same rules; removes it on failure.
[[nodiscard]] Status placeExport(const std::filesystem::path &finished, const std::filesystem::path &file, bool force);
/// A name beside `file` that nothing uses.
[[nodiscard]] std::filesystem::path besideExport(const std::filesystem::path &file);

} // namespace kastellan::keepctl
