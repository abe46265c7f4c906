// SPDX-License-Identifier: Apache-2.0
// Keys as OpenSSL holds them, and their PEM forms. Private to core/keys.
#pragma once

#include "core/base/bytes.h"

#include <memory>

#include <openssl/evp.h>

namespace kastellan::keys {

struct FreeKey {
    void operator()(EVP_PKEY *key) const { EVP_PKEY_free(key); }
};
using Key = std::unique_ptr<EVP_PKEY, FreeKey>;

/// A fresh key pair: "record" is Ed25519 (RFC 8032), "owner" is P-384 (FIPS 186-5).
[[nodiscard]] Result<Key> generate(std::string_view use);
/// A private or public key from PEM; never asks for a passphrase. `where` is for messages.
[[nodiscard]] Result<Key> parsePem(std::string_view pem, std::string_view where);
/// PKCS#8 PEM without a passphrase. Wipe after use.
[[nodiscard]] Result<std::string> toPrivatePem(const Key &key);
/// SubjectPublicKeyInfo PEM (RFC 5280 4.1.2.7).
[[nodiscard]] Result<std::string> toPublicPem(const Key &key);
/// SHA-256 of the DER SubjectPublicKeyInfo.
[[nodiscard]] Result<Sha256> fingerprint(const Key &key);
/// What this kind of key is for: "record", "owner", or empty.
[[nodiscard]] std::string useOf(const Key &key);
/// The newest error of OpenSSL in words; clears its queue.
[[nodiscard]] std::string opensslWhy();

} // namespace kastellan::keys
