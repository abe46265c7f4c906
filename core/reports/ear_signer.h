// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <memory>

typedef struct evp_pkey_st EVP_PKEY;

namespace kastellan {

/// A private key that signs tokens as JOSE and COSE want it: raw numbers, not DER.
class EarSigner {
public:
    /// P-384 or Ed25519 in PEM, without a passphrase; another key is an Input error.
    [[nodiscard]] static Result<EarSigner> from(std::string_view pem);
    [[nodiscard]] std::string_view joseAlgorithm() const { return m_edwards ? "EdDSA" : "ES384"; } ///< RFC 7518, RFC 8037
    [[nodiscard]] int coseAlgorithm() const { return m_edwards ? -8 : -35; } ///< RFC 9053
    /// Hex SHA-256 of the DER SubjectPublicKeyInfo, as `keepctl keys show` prints it.
    [[nodiscard]] const std::string &keyId() const { return m_keyId; }
    /// r and s of 48 bytes each, big-endian; or 64 bytes of Ed25519.
    [[nodiscard]] Result<Bytes> sign(ByteView message) const;

private:
    EarSigner(std::shared_ptr<EVP_PKEY> key, bool edwards, std::string keyId)
        : m_key(std::move(key))
        , m_edwards(edwards)
        , m_keyId(std::move(keyId))
    {
    }
    std::shared_ptr<EVP_PKEY> m_key;
    bool m_edwards;
    std::string m_keyId;
};

/// Base64url without padding (RFC 4648, section 5).
[[nodiscard]] std::string base64Url(ByteView bytes);

} // namespace kastellan
