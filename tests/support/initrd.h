// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <filesystem>
#include <string>
#include <vector>

namespace kastellan::test {

/// One file of an initrd, owned by root.
struct InitrdFile {
    std::string name;
    unsigned mode = 0100755; ///< with its kind, as st_mode
    Bytes content = {};
    unsigned major = 0, minor = 0; ///< of a device
};

/// A cpio archive (newc, Linux: Documentation/driver-api/early-userspace/buffer-format.rst) of these files, in this order.
[[nodiscard]] Bytes makeInitrd(const std::vector<InitrdFile> &files);
/// An archive of a folder's files, with the folders for the warden's mounts and /init: a link to the warden, or the program `init`.
[[nodiscard]] Bytes makeInitrd(const std::filesystem::path &folder, const std::filesystem::path &init = {});
/// Writes an initrd with one program, as /init, and /dev with a console. Ends the process where that can't be done.
void writeInitrdOf(const std::filesystem::path &program, const std::filesystem::path &initrd);

/// The newest kernel for clouds of this machine (linux-image-cloud-amd64); empty when there is none that may be read.
[[nodiscard]] std::string cloudKernel();

} // namespace kastellan::test
