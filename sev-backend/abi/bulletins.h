// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/product.h"
#include "sev-backend/abi/tcb.h"

#include <span>

namespace kastellan::sev {

/// A security bulletin of AMD and the level of the firmware that has it mended. Only rows whose id and number are certain.
struct Bulletin {
    std::string_view id; ///< "AMD-SB-3019"
    std::string_view cve;
    std::string_view about;
    Product product;
    TcbPart part;
    std::uint8_t minimum;
    std::string_view source; ///< where the number was found
};

/// The day on which the table was last looked over. Later bulletins are not in it.
inline constexpr std::string_view bulletinsDate = "2026-11-23";
[[nodiscard]] std::span<const Bulletin> bulletins();

} // namespace kastellan::sev
