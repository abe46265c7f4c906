// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/policy.h"

#include <cstdio>

namespace kastellan::sev {
namespace {

constexpr FlagBit policyBits[] = {
    {GuestPolicy::Smt, "smt", "the host may use simultaneous multithreading", "the host must not use simultaneous multithreading"},
    {GuestPolicy::MustBeOne, "must-be-one", "reserved, as it has to be", "reserved, and wrongly clear"},
    {GuestPolicy::MigrateMa, "migrate-ma", "a migration agent may move the guest, and so read all of it",
        "no migration agent may be bound to the guest"},
    {GuestPolicy::Debug, "debug", "the host may read and change the memory of the guest", "the host can't debug the guest"},
    {GuestPolicy::SingleSocket, "single-socket", "the guest runs on one socket only", "the guest may run on several sockets"},
    {GuestPolicy::CxlAllow, "cxl-allow", "memory behind CXL devices may be used", "no CXL device may be used"},
    {GuestPolicy::MemAes256Xts, "aes-256-xts", "memory must be encrypted with AES-256-XTS",
        "memory may be encrypted with AES-128-XTS or AES-256-XTS"},
    {GuestPolicy::RaplDisabled, "rapl-disabled", "power metering (RAPL) must be off", "power metering (RAPL) may be on"},
    {GuestPolicy::CiphertextHiding, "ciphertext-hiding", "ciphertext hiding for DRAM must be on", "ciphertext hiding may be off"},
    {GuestPolicy::PageSwapDisabled, "page-swap-disabled", "the host can't swap or move pages of the guest",
        "the host may swap and move pages of the guest"},
};

} // namespace

std::span<const FlagBit> GuestPolicy::bits()
{
    return policyBits;
}

std::optional<std::string> GuestPolicy::invalid() const
{
    if (!has(MustBeOne))
        return "bit 17 is clear, and has to be set";
    if (const std::uint64_t reserved = m_raw >> 26; reserved != 0)
        for (unsigned bit = 26; bit < 64; ++bit)
            if ((m_raw >> bit) & 1)
                return "the reserved bit " + std::to_string(bit) + " is set";
    return {};
}

std::string flagText(std::uint64_t word, std::span<const FlagBit> bits)
{
    char hex[20];
    std::snprintf(hex, sizeof hex, "0x%llx", static_cast<unsigned long long>(word));
    std::string text = hex;
    std::string names;
    for (const auto &bit : bits)
        if ((word >> bit.bit) & 1) {
            if (!names.empty())
                names += ", ";
            names += bit.name;
        }
    return names.empty() ? text : text + " (" + names + ")";
}

std::string GuestPolicy::text() const
{
    return flagText(m_raw, policyBits);
}

} // namespace kastellan::sev
