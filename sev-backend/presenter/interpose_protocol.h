// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace kastellan::sev {

/// What the interposed library sends for a system call of its program, one packet on a connection of its own; numbers of this machine.
struct InterposeRequest {
    static constexpr std::uint32_t expected = 0x3150'534b; // "KSP1"
    std::uint32_t magic = expected;
    std::int32_t number = 0;
    std::int32_t thread = 0;
    std::int32_t reserved = 0;
    std::uint64_t arguments[6] = {};
};

/// The answer: the kinds of CallAnswer. A descriptor comes with it as ancillary data.
struct InterposeReply {
    enum Kind : std::uint32_t { Continue, Error, Value, Descriptor };
    std::uint32_t kind = Continue;
    std::uint32_t reserved = 0;
    std::int64_t value = 0;
};

} // namespace kastellan::sev
