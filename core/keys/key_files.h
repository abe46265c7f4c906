// SPDX-License-Identifier: Apache-2.0
// The folder of keys and its rules: who may own and read what lies there. Private to core/keys.
#pragma once

#include "core/base/file.h"

namespace kastellan::keys {

/// dataFolder()/keys, made when missing; an Error when another user owns it or may write to it.
[[nodiscard]] Result<std::filesystem::path> keysFolder();
/// Letters, digits, '.', '_' and '-', at most 64, beginning with a letter or digit: nothing that could lead out of the folder.
[[nodiscard]] Status checkName(std::string_view name);
/// A private key's text; refused unless it is a plain file of ours that nobody else can read. `modified` gets its time, Unix seconds.
[[nodiscard]] Result<std::string> readPrivateFile(const std::filesystem::path &path, std::int64_t *modified = nullptr);
/// The folder's lock, held until the result is destroyed.
[[nodiscard]] Result<Fd> lockKeys(const std::filesystem::path &folder);
/// Overwrites a text with zeros.
void wipe(std::string &text);

} // namespace kastellan::keys
