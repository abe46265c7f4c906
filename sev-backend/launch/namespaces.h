// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace kastellan::sev {

/// Ids in the keep's user namespace. There is no 0: nobody is root in there.
inline constexpr unsigned wardenId = 1;
inline constexpr unsigned runnerId = 2;

/// The namespaces of a keep, for showing: "user", "mnt", "pid", "net", "ipc", "uts".
inline constexpr std::array<const char *, 6> keepNamespaces{"user", "mnt", "pid", "net", "ipc", "uts"};
/// The same as flags of clone(2).
[[nodiscard]] std::uint64_t keepNamespaceFlags();

/// A line of /proc/PID/uid_map.
struct IdRange {
    std::uint64_t inner = 0, outer = 0, count = 0;
    bool operator==(const IdRange &) const = default;
};
/// Lines that are not three numbers are left out.
[[nodiscard]] std::vector<IdRange> parseIdMap(std::string_view text);

/// Which ids outside stand for warden and runner.
struct OuterIds {
    std::uint32_t warden = 0, runner = 0;
    bool two = false; ///< ids of their own; otherwise both are our own id
    std::uint32_t group = 0; ///< of the one own id: our own group
    [[nodiscard]] std::string uidMap() const; ///< the text for /proc/PID/uid_map
    [[nodiscard]] std::string gidMap() const; ///< and for gid_map: two ids are groups as well
};

/// Root gets two ids that nobody else has: from 0x70000000 up, by the keep's id, where our own namespace maps that range; else from the end
/// of the largest range that it maps. Anybody else, and a root that maps too few ids, has the one own id.
[[nodiscard]] OuterIds chooseOuterIds(
    std::uint32_t uid, const std::vector<IdRange> &uids, const std::vector<IdRange> &gids, const KeepId &keep);
/// The same for this process.
[[nodiscard]] OuterIds chooseOuterIds(const KeepId &keep);

/// Starts a copy of this thread in namespaces of its own (or in ours): pid in the parent, 0 in the child, -1 with errno. `pidfd` is set in
/// the parent. The child may make nothing but system calls.
[[nodiscard]] pid_t cloneProcess(std::uint64_t flags, int &pidfd);

/// Writes the maps of two ids for a process that has just been cloned. Needs CAP_SETUID and CAP_SETGID over both ids.
[[nodiscard]] Status writeIdMaps(pid_t process, const OuterIds &ids);

/// Tries whether this user may have such namespaces at all.
[[nodiscard]] Status probeNamespaces();
/// What may be done where namespaces are refused, by what this machine says of itself.
[[nodiscard]] std::string namespaceRemedy();

} // namespace kastellan::sev
