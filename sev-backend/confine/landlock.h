// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace kastellan::sev::landlock {

/// The version of Landlock that this kernel offers; 0 when it has none, or when it is switched off.
[[nodiscard]] int version();

/// What a ruleset holds down, for a version: all that it knows.
struct Handled {
    std::uint64_t files = 0; ///< LANDLOCK_ACCESS_FS_…
    std::uint64_t network = 0; ///< LANDLOCK_ACCESS_NET_…: TCP bind and connect (version 4)
    std::uint64_t scoped = 0; ///< abstract sockets and signals (version 6)
};
[[nodiscard]] Handled handled(int version);

/// Restricts the calling thread for good: files of each of `readable` (relative to the working folder, which becomes listable) may be read
/// and executed; in `writable` files and folders may be made, written, read and removed, and not executed; nothing else. No TCP, no signals
/// and no abstract sockets outside, where the kernel can. Needs no_new_privs. Makes nothing but system calls, so that it may run between
/// clone and exec. `alsoWritable`: a second such folder, or null. Returns 0 or the number of the error.
[[nodiscard]] int restrictSelf(int version, const char *const *readable, const char *writable, const char *alsoWritable = nullptr);

} // namespace kastellan::sev::landlock
