// SPDX-License-Identifier: Apache-2.0
// Why a device is not ours to use, and what would change that.
#pragma once

#include "sev-backend/firmware/sev_device.h"

#include <filesystem>

#include <sys/stat.h>

namespace kastellan::sev {

/// Looks at a device file as this process sees it: rights by the effective ids, owner, group and mode in words, and the group to join or
/// the udev rule that would help.
[[nodiscard]] DeviceAccess lookAtDevice(const std::filesystem::path &path);

/// The words of lookAtDevice for a device that somebody may not write (or read): from its owner and mode alone. `group`: its group's name;
/// `member`: whether this process is in it.
[[nodiscard]] DeviceAccess explainAccess(
    const std::filesystem::path &path, const std::string &owner, const std::string &group, mode_t mode, bool member, bool read, bool write);

} // namespace kastellan::sev
