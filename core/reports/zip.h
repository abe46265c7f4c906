// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>
#include <vector>

namespace kastellan::reports {

/// A file of an archive: a relative path with '/', and its content.
struct ArchivedFile {
    std::string path;
    Bytes content;
};

/// A zip archive (PKWARE APPNOTE 6.3). The same files give the same bytes: no times, no owners, the order as given.
[[nodiscard]] Result<Bytes> zipped(const std::vector<ArchivedFile> &files);

} // namespace kastellan::reports
