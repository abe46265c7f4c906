// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/bulletins.h"

namespace kastellan::sev {

std::span<const Bulletin> bulletins()
{
    static constexpr Bulletin table[] = {
        {"AMD-SB-3019", "CVE-2024-56161", "microcode signatures could be forged, so that a host could change what its processors do",
            Product::Milan, TcbPart::Snp, 0x18, "microsoft/CCF#6812"},
        {"AMD-SB-3019", "CVE-2024-56161", "microcode signatures could be forged, so that a host could change what its processors do",
            Product::Genoa, TcbPart::Snp, 0x17, "microsoft/CCF#6812"},
    };
    return table;
}

} // namespace kastellan::sev
