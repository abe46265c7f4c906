// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/progress.h"
#include "sev-backend/libvirt/connection.h"

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <vector>

namespace kastellan::sev::libvirt {

/// A file of ours that the host's QEMU has to open.
struct HostFile {
    std::string role; ///< "firmware", "kernel", "initrd", "disk": the end of its name there
    std::filesystem::path path; ///< here
    std::string there; ///< on the host, once it is there
    bool readOnly = true; ///< false: the machine writes to it, and gets a copy of its own
};

/// Where a keep's files lie on its host, as its folder remembers it: enough to take all of them away again.
struct Upload {
    std::string pool; ///< empty: nothing was uploaded
    bool ourPool = false; ///< made for this keep
    std::vector<std::string> volumes; ///< names in the pool
    bool operator==(const Upload &) const = default;
};

/// Whether the host's daemon opens our files by their own path: it runs here, as this user.
[[nodiscard]] bool opensOurFiles(const LibvirtUri &uri);

/// What will be uploaded for a keep, by its domain's name: written down before it happens.
[[nodiscard]] Upload planUpload(
    const Connection &connection, const std::string &domain, const std::vector<HostFile> &files, const std::string &wantedPool);
/// Puts the files into the pool's volumes and reads them back: what arrived is held to the SHA-256 of what was sent. Fills in `there`.
[[nodiscard]] Status upload(const Connection &connection, const Upload &plan, const std::string &domain, std::vector<HostFile> &files,
    const Progress &progress, const std::stop_token &stop);
/// Takes away whatever of it is there. Idempotent; the first failure is told, and the rest is tried all the same.
[[nodiscard]] Status removeUpload(const Connection &connection, const Upload &upload);

} // namespace kastellan::sev::libvirt
