// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/certificates/certificate.h"

typedef struct X509_crl_st X509_CRL;

namespace kastellan::sev {

/// A certificate revocation list (RFC 5280), as AMD's key server issues it: signed by the ARK.
class RevocationList {
public:
    static constexpr std::size_t sizeLimit = 4u << 20;
    /// Exactly one list in DER.
    [[nodiscard]] static Result<RevocationList> fromDer(ByteView der);

    /// Whether it names this certificate as its issuer; no signature is checked.
    [[nodiscard]] bool isBy(const Certificate &issuer) const;
    /// RSASSA-PSS SHA-384 by the issuer's key, and the issuer's name.
    [[nodiscard]] Status signatureBy(const Certificate &issuer) const;
    [[nodiscard]] std::int64_t thisUpdate() const { return m_thisUpdate; }
    /// 0 if the list does not say.
    [[nodiscard]] std::int64_t nextUpdate() const { return m_nextUpdate; }
    [[nodiscard]] bool revokes(const Certificate &certificate) const;
    [[nodiscard]] std::size_t count() const;

private:
    std::shared_ptr<X509_CRL> m_crl;
    std::int64_t m_thisUpdate = 0, m_nextUpdate = 0;
};

} // namespace kastellan::sev
