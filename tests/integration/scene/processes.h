// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

namespace kastellan::test {

/// Every process that can be seen.
[[nodiscard]] std::vector<pid_t> allProcesses();
/// The lines "Name:\tvalue" of /proc/PID/status; empty when there is no such process.
[[nodiscard]] std::map<std::string, std::string> statusOf(pid_t process);
/// What /proc/PID/ns/KIND links to: "pid:[4026532281]"; empty when it cannot be seen.
[[nodiscard]] std::string namespaceOf(pid_t process, const char *kind);
/// The processes in the pid namespace of this one, itself included.
[[nodiscard]] std::vector<pid_t> companions(pid_t process);
/// Its companions with this name.
[[nodiscard]] std::vector<pid_t> companions(pid_t process, const std::string &name);
/// Bytes in memory of its own and shared, without files: what it makes the machine hold.
[[nodiscard]] std::uint64_t memoryOf(pid_t process);
/// Whole content of a small file of /proc.
[[nodiscard]] std::string contentOf(const std::string &path);
/// Processes whose command line contains the text.
[[nodiscard]] std::vector<pid_t> processesNaming(const std::string &text);
/// What the mounts that we see are.
[[nodiscard]] std::string ownMounts();
/// Whether a Unix socket below this folder is open somewhere.
[[nodiscard]] bool socketsBelow(const std::string &folder);

} // namespace kastellan::test
