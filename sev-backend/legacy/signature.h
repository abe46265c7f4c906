// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev::legacy {

/// ECDSA over `message`; the signature is r then s, 72 bytes each, little-endian, zeros after (sev-formats 2.1). The hash follows the
/// algorithm.
[[nodiscard]] bool verifyEcdsa(const EcPoint &key, Algorithm algorithm, ByteView message, ByteView signature);
/// RSA-PSS with MGF1 and a salt as long as the digest: SHA-256 for 2048 bits, SHA-384 for 4096. Numbers and signature little-endian.
[[nodiscard]] bool verifyRsaPss(ByteView modulus, ByteView exponent, ByteView message, ByteView signature);

} // namespace kastellan::sev::legacy
