// SPDX-License-Identifier: Apache-2.0
// The owner's certificate authority (OCA) of a platform: who holds its key owns the platform (SEV API 0.24, sections 2.1 and 5.8).
#pragma once

#include "sev-backend/certificates/p384.h"
#include "sev-backend/legacy/certificate.h"

namespace kastellan::sev {

/// The private key of an OCA, on P-384. Copies share it.
class OcaKey {
public:
    [[nodiscard]] static OcaKey make();
    /// PEM or DER, PKCS #8 or traditional, not encrypted. `name` is for messages.
    [[nodiscard]] static Result<OcaKey> read(ByteView file, std::string_view name);
    /// PKCS #8. The caller keeps it secret and wipes it.
    [[nodiscard]] Result<Bytes> toPem() const;
    [[nodiscard]] Result<Bytes> toDer() const;

    /// The self-signed certificate that belongs to the key: 2084 bytes, ECDSA with SHA-256.
    [[nodiscard]] Bytes certificate() const;
    /// Whether it is the key of this certificate.
    [[nodiscard]] bool belongsTo(const legacy::Certificate &oca) const;
    [[nodiscard]] const P384PrivateKey &key() const { return m_key; }

private:
    explicit OcaKey(P384PrivateKey key)
        : m_key(std::move(key))
    {
    }
    P384PrivateKey m_key;
};

/// An OCA's certificate of 2084 bytes, signed by itself. Anything else is an Input error.
[[nodiscard]] Result<legacy::Certificate> readOca(ByteView file, std::string_view name);
/// A PEK certificate without signatures, as PEK_CSR makes it. A signed one is an Input error.
[[nodiscard]] Result<legacy::Certificate> readCsr(ByteView file, std::string_view name);
/// A PEK certificate that this OCA signed.
[[nodiscard]] Result<legacy::Certificate> readSignedPek(ByteView file, std::string_view name, const legacy::Certificate &oca);
/// The CSR with the OCA's signature in its first slot.
[[nodiscard]] Result<Bytes> signCsr(const legacy::Certificate &csr, const legacy::Certificate &oca, const OcaKey &key);

/// Wipes what a key was in.
void wipe(Bytes &secret);

} // namespace kastellan::sev
