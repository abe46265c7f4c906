// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>

namespace kastellan::test {

/// A cpio archive (newc) of a folder's files, all owned by root, with the folders for the warden's mounts and /init: a link to the warden,
/// or the program `init`.
[[nodiscard]] Bytes makeInitrd(const std::filesystem::path &folder, const std::filesystem::path &init = {});

} // namespace kastellan::test
