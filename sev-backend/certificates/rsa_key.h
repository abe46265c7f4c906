// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/openssl_handles.h"

namespace kastellan::sev {

/// An RSA public key from its numbers; null when OpenSSL refuses them.
[[nodiscard]] KeyPtr rsaPublicKey(const BIGNUM *modulus, const BIGNUM *exponent);

} // namespace kastellan::sev
