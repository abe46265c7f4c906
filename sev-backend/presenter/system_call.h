// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <array>
#include <cstdint>

#include <sys/types.h>

namespace kastellan::sev {

/// A system call that another program has made and that waits for its answer.
struct SystemCall {
    int number = 0; ///< of this processor's own calling convention
    std::array<std::uint64_t, 6> arguments{};
    pid_t thread = 0;

    /// An argument that is an int: the upper half of its register means nothing.
    [[nodiscard]] int number32(std::size_t index) const { return static_cast<int>(static_cast<std::uint32_t>(arguments[index])); }
};

/// What the call yields.
struct CallAnswer {
    enum class Kind {
        Continue, ///< the kernel carries it out as if nobody had asked
        Error, ///< -1, and `value` is the errno
        Value, ///< `value`
        Descriptor, ///< `descriptor` becomes one of the program's
    };
    Kind kind = Kind::Continue;
    std::int64_t value = 0;
    Fd descriptor;
    bool closeOnExec = false;

    [[nodiscard]] static CallAnswer error(int number) { return {Kind::Error, number, Fd(), false}; }
    [[nodiscard]] static CallAnswer result(std::int64_t value) { return {Kind::Value, value, Fd(), false}; }
    [[nodiscard]] static CallAnswer open(Fd descriptor, bool closeOnExec)
    {
        return {Kind::Descriptor, 0, std::move(descriptor), closeOnExec};
    }
};

} // namespace kastellan::sev
