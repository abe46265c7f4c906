// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/abi/policy.h"

namespace kastellan::sev {

/// PLATFORM_INFO of a report: how the machine is set up (SEV-SNP firmware ABI 1.58, section 7.3).
class PlatformInfo {
public:
    enum Bit : unsigned {
        SmtEnabled = 0,
        TsmeEnabled = 1,
        EccEnabled = 2,
        RaplDisabled = 3,
        CiphertextHiding = 4,
        AliasCheckComplete = 5,
        TioEnabled = 7,
    };
    constexpr PlatformInfo() = default;
    constexpr explicit PlatformInfo(std::uint64_t raw)
        : m_raw(raw)
    {
    }
    [[nodiscard]] constexpr std::uint64_t raw() const { return m_raw; }
    [[nodiscard]] constexpr bool has(Bit bit) const { return (m_raw >> bit) & 1; }
    /// The lowest set bit that has no meaning (6, and all from 8 up); nothing if there is none.
    [[nodiscard]] std::optional<unsigned> reservedBit() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] static std::span<const FlagBit> bits();

private:
    std::uint64_t m_raw = 0;
};

} // namespace kastellan::sev
