// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"

#include <memory>

namespace kastellan::sev {

/// /dev/sev-guest of a guest whose kernel runs at another privilege level than 0: its messages carry that level's key, and the firmware
/// gives it nothing of a more privileged one (SEV-SNP firmware ABI 1.58, section 7: INVALID_PARAM within the response).
class GuestAtLevel final : public EmulatedDevice {
public:
    GuestAtLevel(std::shared_ptr<EmulatedDevice> guest, std::uint32_t level);
    [[nodiscard]] IoctlAnswer ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable) override;

private:
    std::shared_ptr<EmulatedDevice> m_guest;
    std::uint32_t m_level;
};

} // namespace kastellan::sev
