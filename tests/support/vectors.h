// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string_view>

namespace kastellan::test {

/// Whether KASTELLAN_VECTORS names a folder that is there.
[[nodiscard]] bool haveVectors();
/// A file below KASTELLAN_VECTORS. Ends the program if it can't be read: the folder is there, so it has to be whole.
[[nodiscard]] Bytes vector(std::string_view path);

} // namespace kastellan::test

/// Skips a Qt Test function where the vectors are absent. ./dev test counts these; --require-vectors makes them failures.
#define KASTELLAN_NEED_VECTORS()                                                                                                           \
    do {                                                                                                                                   \
        if (!::kastellan::test::haveVectors())                                                                                             \
            QSKIP("KASTELLAN_VECTORS names no folder with the test vectors");                                                              \
    } while (false)
