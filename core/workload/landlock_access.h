// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include <linux/landlock.h>

namespace kastellan::workload {

/// Every access to files that a kernel with this version of Landlock knows: what is handled and not granted is refused. Usable between fork
/// and exec.
[[nodiscard]] constexpr std::uint64_t landlockAccess(long version)
{
    std::uint64_t access = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; // version 1: the first 13 bits
    if (version >= 2)
        access |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        access |= LANDLOCK_ACCESS_FS_TRUNCATE;
    if (version >= 5)
        access |= LANDLOCK_ACCESS_FS_IOCTL_DEV;
    return access;
}

} // namespace kastellan::workload
