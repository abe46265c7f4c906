// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

struct sock_fprog;

namespace kastellan::workload {

/// What the forked child of runSandboxed needs, made before the fork: other threads may hold any lock, so the child only makes system
/// calls.
struct ChildPlan {
    const char *program = nullptr;
    char *const *argv = nullptr;
    char *const *envp = nullptr;
    int input = -1, output = -1, folder = -1;
    int landlock = -1; ///< a ruleset; -1: this kernel has none
    std::uint64_t seconds = 0, fileLimit = 0, memoryLimit = 0;
    const sock_fprog *filter = nullptr;
};

/// Closes the sandbox around the calling process and executes the program. Says on `output` what failed, and exits 127.
[[noreturn]] void becomeSandboxed(const ChildPlan &plan);
/// The filter: refuses with EPERM what a compiler has no business with.
[[nodiscard]] const sock_fprog *compilerFilter();
/// A Landlock ruleset: reads and executes below the system's folders, everything below `folder`. -1 where Landlock is missing.
[[nodiscard]] int compilerRuleset(int folder, const char *programFolder);

} // namespace kastellan::workload
