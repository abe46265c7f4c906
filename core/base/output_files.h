// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <vector>

#include <sys/types.h>

namespace kastellan {

/// Writes an export whole or not at all. An existing file is refused, even one that appears meanwhile, unless `force`.
[[nodiscard]] Status writeExport(const std::filesystem::path &file, ByteView content, bool force);
/// One of several files that belong together.
struct ExportFile {
    std::filesystem::path path;
    Bytes content;
    mode_t mode = 0644; ///< 0600 for keys
};
/// Writes all of them or none: whatever fails, what was there before is there again. Existing files and doubles are refused, existing ones
/// unless `force`.
[[nodiscard]] Status writeExports(const std::vector<ExportFile> &files, bool force);
/// Puts a finished file of the same folder in the place of `file`, under the same rules; removes it on failure.
[[nodiscard]] Status placeExport(const std::filesystem::path &finished, const std::filesystem::path &file, bool force);
/// A name beside `file` that nothing uses.
[[nodiscard]] std::filesystem::path besideExport(const std::filesystem::path &file);

} // namespace kastellan
