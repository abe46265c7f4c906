// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.h"
#include "sev-backend/image/vm_image.h"

#include <stop_token>

namespace kastellan::sev {

/// What `keepctl image build` asks of the recipe (resources/vm-image).
struct VmImageRequest {
    std::filesystem::path out; ///< the image's folder: made whole, or left as it was
    std::filesystem::path recipe; ///< empty: share/kastellan/vm-image-recipe beside the program
    std::filesystem::path tree; ///< the keep image's files (share/kastellan/keep-image), which become the initrd
    std::filesystem::path lock; ///< empty: the recipe's
    std::filesystem::path inputs; ///< a folder with files or Debian packages; may be empty
    std::filesystem::path cache; ///< empty: cacheFolder()/vm-image. Kernels and downloads, by their digests
    std::filesystem::path kernel; ///< a ready-made one; empty: built from source
    std::filesystem::path commandLine; ///< a file as the recipe's command-line; empty: that one
    std::string version;
    unsigned jobs = 0; ///< 0: as many as there are processors
    bool updateLock = false;
};

/// Runs the recipe, which needs python3, and opens what it made. What it has to say beside progress (which digests changed) goes to
/// `remark`. Its failures are errors here: Input for an input that is not the lock's, Environment for missing tools, Negative for a kernel
/// that came out differently with the same tools, Cancelled.
[[nodiscard]] Result<VmImage> buildVmImage(const VmImageRequest &request, const Progress &progress,
    const std::function<void(const std::string &)> &remark, const std::stop_token &stop);

} // namespace kastellan::sev
