// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/certificate.h"

#include <string>
#include <vector>

namespace kastellan::sev {

/// An extension by its object identifier, its value as raw bytes.
struct RawExtension {
    std::string oid;
    Bytes value;
};

/// What a certificate of the emulated platform will say. Its organization is always the emulated one.
struct CertificateRequest {
    std::string commonName;
    std::uint64_t serial = 0;
    std::int64_t notBefore = 0, notAfter = 0; ///< Unix seconds
    EVP_PKEY *key = nullptr; ///< whose certificate it will be
    const Certificate *issuer = nullptr; ///< null: signs itself
    EVP_PKEY *issuerKey = nullptr; ///< RSA
    bool authority = false;
    bool lastAuthority = false; ///< with a path length of 0
    std::vector<RawExtension> extensions;
};
/// Makes and signs it, RSASSA-PSS SHA-384 with a salt of 48 bytes. An Internal error if OpenSSL fails.
[[nodiscard]] Result<Certificate> makeCertificate(const CertificateRequest &request);

/// A revocation list signed by the issuer, naming these serials.
[[nodiscard]] Result<Bytes> makeRevocationList(const Certificate &issuer, EVP_PKEY *issuerKey, const std::vector<std::uint64_t> &serials,
    std::int64_t thisUpdate, std::int64_t nextUpdate);

} // namespace kastellan::sev
