// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/fd.h"

#include <expected>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <csignal>
#include <linux/filter.h>
#include <sys/types.h>

namespace kastellan::sev {

/// How a program is started.
struct SpawnRequest {
    std::vector<std::string> program; ///< with its arguments; searched for in PATH
    std::vector<sock_filter> filter; ///< empty: none
    std::vector<std::pair<std::string, std::string>> environment; ///< in place of what is there
    sigset_t signals{}; ///< which it has blocked
};

/// A program that runs.
struct Spawned {
    pid_t id = 0;
    Fd process; ///< a pidfd
    Fd listener; ///< of the filter
};

/// How far a program came that does not run.
struct SpawnFailure {
    enum class Stage : int { Start, Filter, Exec } stage = Stage::Start;
    int error = 0; ///< errno
};

/// Starts it in the foreground: the terminal and its signals are the program's as much as ours. It ends when the calling thread does.
[[nodiscard]] std::expected<Spawned, SpawnFailure> spawn(const SpawnRequest &request);

} // namespace kastellan::sev
