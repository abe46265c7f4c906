// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kastellan::sev {

/// The product lines that a report, a certificate or a processor can name. Siena and Bergamo answer to Genoa: the same
/// layouts and the same certificate authority.
enum class Product : std::uint8_t { Unknown, Milan, Genoa, Turin, Venice };

/// "Milan", "Genoa", "Turin", "Venice"; for Unknown "unknown product".
[[nodiscard]] std::string_view name(Product product);

/// How the eight bytes of a TCB version are laid out (SEV-SNP firmware ABI 1.58, TCB_VERSION).
enum class TcbLayout : std::uint8_t { Milan, Turin };
[[nodiscard]] TcbLayout layoutOf(Product product);

/// How many bytes of CHIP_ID, and of a VCEK's hardware id, name the chip: 64, and 8 from Turin on.
[[nodiscard]] std::size_t chipIdSize(Product product);

/// From CPUID Fn0000_0001: combined family (base plus extended) and model.
[[nodiscard]] Product productFromCpuid(unsigned family, unsigned model);
/// From a certificate's words: "Milan-B0", "Genoa", "ARK-Turin", "SEV-Milan", "SEV-VLEK-Genoa".
[[nodiscard]] Product productFromText(std::string_view text);

} // namespace kastellan::sev
