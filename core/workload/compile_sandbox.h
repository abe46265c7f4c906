// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace kastellan::workload {

/// A run of the compiler: it reads a module that may be hostile, so it gets an empty folder and nothing else of the owner's machine.
struct SandboxedRun {
    std::filesystem::path program; ///< absolute
    std::vector<std::string> arguments; ///< without the program's name
    std::filesystem::path folder; ///< its current folder, and the only one that it may write to
    std::filesystem::path preload; ///< library for LD_PRELOAD; empty: none
    std::chrono::seconds timeLimit{600};
    std::uint64_t fileLimit = 512ull << 20; ///< bytes of any file that it writes
    std::uint64_t memoryLimit = 8ull << 30; ///< bytes of address space
};

/// How it ended.
struct SandboxedEnd {
    bool bySignal = false, timedOut = false;
    int code = 0; ///< exit status or signal
    std::string output; ///< the last 16 KiB of what it wrote to standard output and error
};

/// Runs it and waits. No environment but PATH, HOME and TMPDIR; no new privileges; resource limits; own user, network and IPC namespaces
/// where the kernel allows; Landlock where there is one (reads system folders, writes to `folder`, no TCP); a seccomp filter without
/// sockets, tracing, mounts and other processes' memory: without this one nothing is run.
[[nodiscard]] Result<SandboxedEnd> runSandboxed(const SandboxedRun &run);

} // namespace kastellan::workload
