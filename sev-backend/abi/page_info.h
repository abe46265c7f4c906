// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string_view>

namespace kastellan::sev {

inline constexpr std::size_t pageSize = 4096;
/// The address under which the firmware measures every VMSA, wherever it lies.
inline constexpr std::uint64_t vmsaGpa = 0xFFFFFFFFF000;

/// Page types of SNP_LAUNCH_UPDATE (SEV-SNP firmware ABI 1.58, section 8.17).
enum class PageType : std::uint8_t { Normal = 1, Vmsa = 2, Zero = 3, Unmeasured = 4, Secrets = 5, Cpuid = 6 };
[[nodiscard]] constexpr std::string_view name(PageType type)
{
    switch (type) {
    case PageType::Normal:
        return "NORMAL";
    case PageType::Vmsa:
        return "VMSA";
    case PageType::Zero:
        return "ZERO";
    case PageType::Unmeasured:
        return "UNMEASURED";
    case PageType::Secrets:
        return "SECRETS";
    case PageType::Cpuid:
        return "CPUID";
    }
    return "unknown";
}
/// Whether the contents of a page are part of the launch digest, or its address alone.
[[nodiscard]] constexpr bool contentsMeasured(PageType type)
{
    return type == PageType::Normal || type == PageType::Vmsa;
}

} // namespace kastellan::sev
