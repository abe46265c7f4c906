// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace kastellan::sev {

/// SHA-384 (FIPS 180-4) of `lanes` pages of 4096 bytes at once, side by side in the lanes of vector registers: the pages
/// follow each other in memory, the digests are 48 bytes each. Only where the processor has what the name says.
void sha384FourPages(const std::uint8_t *pages, std::uint8_t *digests); ///< needs AVX2
void sha384EightPages(const std::uint8_t *pages, std::uint8_t *digests); ///< needs AVX-512 F

} // namespace kastellan::sev
