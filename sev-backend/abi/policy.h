// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kastellan::sev {

/// One bit of a flag word, for showing and for options.
struct FlagBit {
    unsigned bit;
    std::string_view name; ///< short and stable: "debug"
    std::string_view set; ///< what it means when set
    std::string_view clear; ///< what it means when clear
};

/// The SNP guest policy (SEV-SNP firmware ABI 1.58, section 4.3): what the firmware holds host and guest to.
class GuestPolicy {
public:
    enum Bit : unsigned {
        Smt = 16,
        MustBeOne = 17,
        MigrateMa = 18,
        Debug = 19,
        SingleSocket = 20,
        CxlAllow = 21,
        MemAes256Xts = 22,
        RaplDisabled = 23,
        CiphertextHiding = 24,
        PageSwapDisabled = 25,
    };
    /// Simultaneous multithreading allowed, nothing else; any firmware version.
    static constexpr std::uint64_t standard = 0x30000;

    constexpr GuestPolicy() = default;
    constexpr explicit GuestPolicy(std::uint64_t raw)
        : m_raw(raw)
    {
    }
    [[nodiscard]] constexpr std::uint64_t raw() const { return m_raw; }
    [[nodiscard]] constexpr bool has(Bit bit) const { return (m_raw >> bit) & 1; }
    [[nodiscard]] constexpr GuestPolicy with(Bit bit, bool on = true) const
    {
        const std::uint64_t mask = std::uint64_t{1} << bit;
        return GuestPolicy(on ? m_raw | mask : m_raw & ~mask);
    }
    [[nodiscard]] constexpr unsigned abiMinor() const { return m_raw & 0xff; }
    [[nodiscard]] constexpr unsigned abiMajor() const { return (m_raw >> 8) & 0xff; }
    /// Why the word is not a policy at all (bit 17 clear, a reserved bit set); nothing when it is one.
    [[nodiscard]] std::optional<std::string> invalid() const;
    /// "0x30000: simultaneous multithreading may be on, …" in short names: "0x30000 (smt)".
    [[nodiscard]] std::string text() const;
    /// All bits that have a meaning.
    [[nodiscard]] static std::span<const FlagBit> bits();
    bool operator==(const GuestPolicy &) const = default;

private:
    std::uint64_t m_raw = standard;
};

/// "0x30000 (smt)": a flag word in hex with the short names of the set bits.
[[nodiscard]] std::string flagText(std::uint64_t word, std::span<const FlagBit> bits);

} // namespace kastellan::sev
