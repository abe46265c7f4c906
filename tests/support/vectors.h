// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QtTest/QTest>

#include <filesystem>

namespace kastellan {

/// The folder of published test vectors: $KASTELLAN_VECTORS. They are never part of the project.
[[nodiscard]] std::filesystem::path vectors();
[[nodiscard]] bool haveVectors();

} // namespace kastellan

/// Skips the test function where the vectors are absent; `./dev test --require-vectors` turns that into a failure.
#define KASTELLAN_NEED_VECTORS()                                                                                                                               \
    do {                                                                                                                                                       \
        if (!kastellan::haveVectors()) {                                                                                                                       \
            QVERIFY2(!qEnvironmentVariableIsSet("KASTELLAN_REQUIRE_VECTORS"), "KASTELLAN_VECTORS names no folder with the test vectors");                      \
            QSKIP("KASTELLAN_VECTORS names no folder with the test vectors");                                                                                  \
        }                                                                                                                                                      \
    } while (false)
