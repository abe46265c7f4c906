// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <span>

namespace kastellan::runner {

/// A system call that a process may make; with `argument` >= 0 only if none of the bits of `mask` are set in that argument (its low word).
struct Allowed {
    std::int64_t number;
    int argument = -1;
    std::uint32_t mask = 0;
};

/// Allows these system calls and answers every other with EPERM; calls of another architecture end the process. Needs no_new_privs. Filters
/// add up: a later one can only take away.
[[nodiscard]] Status allowOnly(std::span<const Allowed> calls);

} // namespace kastellan::runner
