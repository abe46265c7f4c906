// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>

namespace kastellan::sev {

enum class ProgramKind {
    Dynamic, ///< ELF for x86-64 that a loader of shared libraries starts
    Static, ///< ELF without one
    Foreign, ///< ELF for another processor, or 32-bit
    Script, ///< "#!": what runs it decides
    Other,
};
/// What kind of program begins with these bytes. A table of segments that does not lie within them counts as Other.
[[nodiscard]] ProgramKind programKind(ByteView beginning);

/// An Input error when an interposed library cannot reach the program (searched for in PATH as a shell does): it is static.
/// One that is not found or not readable is left to who runs it.
[[nodiscard]] Status requireDynamic(const std::string &program);

} // namespace kastellan::sev
