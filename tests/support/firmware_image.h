// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>
#include <utility>
#include <vector>

namespace kastellan::test {

/// A made-up OVMF image: pages with a pattern, and at its end the table of GUIDs that says what it reserves.
struct FirmwareImage {
    std::size_t pages = 2;
    std::uint8_t pattern = 0x5a; ///< of the other bytes
    std::optional<std::uint32_t> reset = 0x80b004; ///< where further processors begin
    std::optional<std::pair<std::uint32_t, std::uint32_t>> hashTable = std::pair{0x810c00u, 0x400u}; ///< gpa and size
    std::optional<std::uint32_t> svsm = {}; ///< launch offset
    struct Section {
        std::uint32_t gpa, size, type;
    };
    std::vector<Section> sections{{0x800000, 0x2000, 1}, {0x80d000, 0x1000, 2}, {0x80e000, 0x1000, 3}, {0x810000, 0x1000, 0x10}};
    bool metadata = true;

    [[nodiscard]] Bytes bytes() const;
};

} // namespace kastellan::test
