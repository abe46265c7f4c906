// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/session/openssl.h"

#include <string_view>

namespace kastellan::session {

/// A key with a self-signed certificate around it, as TLS wants one. Nothing but the key means anything: its owner is known by `spki`.
struct Identity {
    KeyHandle key;
    CertificateHandle certificate;
    Sha256 spki; ///< SHA-256 of the DER SubjectPublicKeyInfo

    /// A new P-384 key that exists nowhere else.
    [[nodiscard]] static Result<Identity> fresh();
    /// From a private key in PEM: P-256 or P-384, anything else is an Input error.
    [[nodiscard]] static Result<Identity> fromPem(std::string_view pem);
};

/// SHA-256 of the DER SubjectPublicKeyInfo of a certificate's key.
[[nodiscard]] Result<Sha256> spkiDigest(const X509 &certificate);

} // namespace kastellan::session
