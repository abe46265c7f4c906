// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/fd.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kastellan::sev::process {

/// Field 22 of /proc/PID/stat: when the process started, in clock ticks since boot. 0 when there is none, or when it has ended.
[[nodiscard]] std::uint64_t startTime(std::int64_t pid);

/// A descriptor of the process that has this number and started at this time. Fails when it runs no more: the number alone names nobody.
[[nodiscard]] Result<Fd> open(std::int64_t pid, std::uint64_t start);

/// Whether the process has ended within the time (milliseconds; -1 for ever).
[[nodiscard]] bool waitForEnd(int pidfd, int timeout);
void kill(int pidfd);
void stop(int pidfd); ///< SIGSTOP
/// Kills all that descend from a living process that inherits orphans (PR_SET_CHILD_SUBREAPER), but not itself, until nothing is left of
/// them or the tries (some milliseconds) are used up.
void killDescendants(std::int64_t pid);

/// A line of /proc/PID/status without its name and white space: "Seccomp".
[[nodiscard]] std::optional<std::string> statusField(std::int64_t pid, std::string_view field);
/// What /proc/PID/ns/NAME names, for PID a number or "self"; empty when it may not be seen.
[[nodiscard]] std::string namespaceOf(const std::string &pid, const std::string &name);

} // namespace kastellan::sev::process
