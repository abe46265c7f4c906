// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/registers.h"

namespace kastellan::sev {
namespace {

namespace at = register_number;

constexpr std::uint64_t bit(unsigned number)
{
    return std::uint64_t{1} << number;
}

constexpr std::uint64_t memory = bit(40); ///< that the table covers
constexpr std::uint64_t rmpHead = 0x4000, rmpEntry = 16, rmpStart = 0x80'0000'0000;
constexpr std::uint64_t rmpSize = rmpHead + memory / 4096 * rmpEntry;

/// SYSCFG as firmware leaves it: MtrrFixDramEn, MtrrVarDramEn, MtrrTom2En and Tom2ForceMemTypeWB.
constexpr std::uint64_t usualSyscfg = bit(18) | bit(20) | bit(21) | bit(22);
constexpr std::uint64_t smee = bit(23), snpEnabled = bit(24), vmplEnabled = bit(25);

} // namespace

std::optional<std::uint64_t> hostRegister(const Profile &profile, std::uint32_t index)
{
    switch (index) {
    case at::efer:
        return bit(0) | bit(8) | bit(10) | bit(11) | bit(12); // SCE, LME, LMA, NXE, SVME
    case at::syscfg:
        return usualSyscfg | smee | (profile.hasSnp ? snpEnabled | vmplEnabled : 0);
    case at::hwcr:
        return bit(24) | bit(4); // TscFreqSel, INVDWBINVD
    case at::vmCr: // SVM is not disabled
        return 0;
    case at::sevStatus: // this is no guest
        return 0;
    case at::rmpBase:
        return profile.hasSnp ? std::optional(rmpStart) : std::nullopt;
    case at::rmpEnd:
        return profile.hasSnp ? std::optional(rmpStart + rmpSize - 1) : std::nullopt;
    case at::rmpConfig: // one table, not in segments
        return profile.product == Product::Turin ? std::optional<std::uint64_t>(0) : std::nullopt;
    default:
        return std::nullopt;
    }
}

std::optional<std::uint64_t> guestRegister(const Profile &profile, std::uint32_t index)
{
    switch (index) {
    case at::efer:
        return bit(0) | bit(8) | bit(10) | bit(11);
    case at::ghcb: // the last thing said over it: the hypervisor's features
        return 0x0000'0000'0000'3081;
    case at::sevStatus: // SEV, SEV-ES, SEV-SNP and nothing more
        return bit(0) | bit(1) | (profile.hasSnp ? bit(2) : 0);
    default:
        return std::nullopt;
    }
}

} // namespace kastellan::sev
