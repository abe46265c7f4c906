// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/legacy/certificate.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

namespace kastellan::sev::legacy {

using Number = BignumPtr;
using Key = KeyPtr;
using KeyContext = KeyContextPtr;
using DigestContext = DigestContextPtr;

/// A point as an OpenSSL public key; nothing when it is not on its curve.
[[nodiscard]] Key publicKey(const EcPoint &point);
/// An RSA public key from little-endian numbers.
[[nodiscard]] Key publicKey(ByteView modulus, ByteView exponent);

} // namespace kastellan::sev::legacy
