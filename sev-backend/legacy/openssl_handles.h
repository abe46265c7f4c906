// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/legacy/certificate.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <memory>

namespace kastellan::sev::legacy {

template <auto Function>
struct HandleFree {
    template <typename T>
    void operator()(T *pointer) const
    {
        Function(pointer);
    }
};
using Number = std::unique_ptr<BIGNUM, HandleFree<BN_free>>;
using Key = std::unique_ptr<EVP_PKEY, HandleFree<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, HandleFree<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, HandleFree<EVP_MD_CTX_free>>;

/// A point as an OpenSSL public key; nothing when it is not on its curve.
[[nodiscard]] Key publicKey(const EcPoint &point);
/// An RSA public key from little-endian numbers.
[[nodiscard]] Key publicKey(ByteView modulus, ByteView exponent);

} // namespace kastellan::sev::legacy
