// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "sev-backend/abi/product.h"

#include <span>

namespace kastellan::sev {

/// A public key of one of AMD's certificate authorities, built in so that a chain is pinned without a network.
struct RootKey {
    std::string_view product; ///< "Milan", …; "Naples" and "Rome" exist in the SEV format alone
    std::string_view role; ///< "ARK", "ASK", "ASVK"
    std::uint32_t exponent;
    std::string_view modulus; ///< lower-case hex, big-endian
    std::string_view sha256; ///< of the X.509 certificate's DER; empty where there is none
    std::string_view sevKeyId; ///< of the SEV-format certificate; empty where there is none
    // Of the X.509 certificate, where there is one:
    std::string_view commonName;
    std::uint64_t serial;
    std::int64_t notBefore, notAfter; ///< Unix seconds
};
/// All keys that are built in.
[[nodiscard]] std::span<const RootKey> rootKeys();
/// The row with this RSA key and role, or null. `modulus` is big-endian without leading zeros.
[[nodiscard]] const RootKey *findRootKey(std::string_view role, ByteView modulus, std::uint64_t exponent);

} // namespace kastellan::sev
