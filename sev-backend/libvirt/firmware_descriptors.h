// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <filesystem>
#include <vector>

namespace kastellan::sev::libvirt {

/// A firmware image as QEMU's descriptors name it (QEMU docs/interop/firmware.json).
struct FirmwareDescriptor {
    std::filesystem::path image;
    bool memory = false; ///< loaded into memory, not flash
    std::vector<std::string> features; ///< "amd-sev", "amd-sev-es", "amd-sev-snp"…
    [[nodiscard]] bool has(std::string_view feature) const;
};

/// Reads one descriptor, at most 64 KiB. One that is not for x86_64 with q35 is an Input error, as is one that is broken.
[[nodiscard]] Result<FirmwareDescriptor> parseFirmwareDescriptor(std::string_view json, std::string_view name);
/// The first image, in QEMU's order, that a machine under this technology ("snp", "es", "sev") can start from and whose kernel can be
/// measured: loaded into memory. The folders are those of QEMU (~/.config/qemu/firmware, /etc/qemu/firmware, /usr/share/qemu/firmware)
/// unless given; a file of an earlier one hides those of the same name. None: an Environment error that says what to install.
[[nodiscard]] Result<std::filesystem::path> chooseFirmware(
    std::string_view technology, const std::vector<std::filesystem::path> &folders = {});

} // namespace kastellan::sev::libvirt
