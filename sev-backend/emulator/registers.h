// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/profile.h"

#include <optional>

namespace kastellan::sev {

/// Model-specific registers of SEV, by their numbers (AMD64 APM volume 2, appendix A; sev-formats 2.16).
namespace register_number {
inline constexpr std::uint32_t efer = 0xc0000080, syscfg = 0xc0010010, hwcr = 0xc0010015, vmCr = 0xc0010114, ghcb = 0xc0010130,
                               sevStatus = 0xc0010131, rmpBase = 0xc0010132, rmpEnd = 0xc0010133, rmpConfig = 0xc0010136;
}

/// What a host with this processor holds in a register: memory encryption on, and with SNP the table of page owners for one TiB of memory.
/// Nothing: such a register is not emulated, or this processor does not have it.
[[nodiscard]] std::optional<std::uint64_t> hostRegister(const Profile &profile, std::uint32_t index);
/// What a guest under SNP on this processor holds in it.
[[nodiscard]] std::optional<std::uint64_t> guestRegister(const Profile &profile, std::uint32_t index);

} // namespace kastellan::sev
