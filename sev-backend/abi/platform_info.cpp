// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/platform_info.h"

namespace kastellan::sev {
namespace {

constexpr FlagBit platformBits[] = {
    {PlatformInfo::SmtEnabled, "smt", "simultaneous multithreading is on", "simultaneous multithreading is off"},
    {PlatformInfo::TsmeEnabled, "tsme", "all memory is encrypted transparently (TSME)", "transparent memory encryption (TSME) is off"},
    {PlatformInfo::EccEnabled, "ecc", "memory has error correction", "memory has no error correction"},
    {PlatformInfo::RaplDisabled, "rapl-disabled", "power metering (RAPL) is off", "power metering (RAPL) is on"},
    {PlatformInfo::CiphertextHiding, "ciphertext-hiding", "ciphertext hiding for DRAM is on", "ciphertext hiding for DRAM is off"},
    {PlatformInfo::AliasCheckComplete, "alias-check", "no memory addresses alias each other: checked since the last reset",
        "memory was not checked for addresses that alias each other"},
    {PlatformInfo::TioEnabled, "tio", "trusted input and output (SEV-TIO) is on", "SEV-TIO is off"},
};

} // namespace

std::span<const FlagBit> PlatformInfo::bits()
{
    return platformBits;
}

std::optional<unsigned> PlatformInfo::reservedBit() const
{
    std::uint64_t known = 0;
    for (const auto &bit : platformBits)
        known |= std::uint64_t{1} << bit.bit;
    for (unsigned bit = 0; bit < 64; ++bit)
        if (((m_raw & ~known) >> bit) & 1)
            return bit;
    return {};
}

std::string PlatformInfo::text() const
{
    return flagText(m_raw, platformBits);
}

} // namespace kastellan::sev
