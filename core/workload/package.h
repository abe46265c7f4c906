// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <optional>
#include <string>

namespace kastellan::workload {

/// What a package or folder holds of a workload.
struct Parts {
    std::optional<Bytes> module;
    std::optional<std::string> keepToml, enarxToml;
};

/// Whether the bytes at the beginning of a file are those of a package: tar, gzip or zip.
[[nodiscard]] bool looksLikePackage(ByteView beginning);
/// Reads main.wasm, Keep.toml and Enarx.toml out of a .tar, .tar.gz or .zip file: at its top, or in the one folder that holds them. Nothing
/// is unpacked to disk. Input errors: links and special files under these names, doubles, names that lead outside, encrypted or damaged
/// packages, more than 10,000 entries or 400 MB unpacked, parts over their limits.
[[nodiscard]] Result<Parts> readPackage(const std::filesystem::path &path);
/// The same from memory; `name` is for messages.
[[nodiscard]] Result<Parts> readPackage(ByteView content, const std::string &name);

} // namespace kastellan::workload
