// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/presenter/tree.h"

#include <sys/stat.h>

namespace kastellan::sev {

/// Which access an emulated file allows its owner: O_RDONLY and so on are held against it. `readOnly`: devices cannot be written.
[[nodiscard]] mode_t permissions(const Node &node, bool readOnly);
/// What stat(2) and statx(2) say of it: a character device, a file of configfs, a folder. It belongs to the user who emulates.
[[nodiscard]] struct stat statOf(const Node &node, bool readOnly);
[[nodiscard]] struct statx statxOf(const Node &node, bool readOnly);

} // namespace kastellan::sev
