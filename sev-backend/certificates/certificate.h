// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <memory>
#include <optional>

typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace kastellan::sev {

struct RootKey;

/// One X.509 certificate, read once and never changed; copies share it. Safe to use from several threads.
class Certificate {
public:
    static constexpr std::size_t sizeLimit = std::size_t{64} << 10;
    /// Exactly one certificate in DER; anything else (left-over bytes, BER, over 64 KiB, a key that can't be read) is an
    /// Input error.
    [[nodiscard]] static Result<Certificate> fromDer(ByteView der);
    /// All certificates of a PEM text, in its order; none, or more than 16, is an Input error.
    [[nodiscard]] static Result<std::vector<Certificate>> fromPem(std::string_view pem);

    /// The authority of a row that has an X.509 certificate: its names, numbers, dates, key and fingerprint, as they are built in, without
    /// the certificate's bytes.
    [[nodiscard]] static Result<Certificate> builtIn(const RootKey &row);
    /// Whether it is such an authority. `der()` is empty then; what signed it is not checked, for its key itself is pinned.
    [[nodiscard]] bool isBuiltIn() const { return m_data->builtIn; }

    /// The bytes as they came.
    [[nodiscard]] const Bytes &der() const { return m_data->der; }
    [[nodiscard]] const Sha256 &fingerprint() const { return m_data->fingerprint; }
    /// Names in one line, RFC 2253 with control characters escaped.
    [[nodiscard]] const std::string &subject() const { return m_data->subject; }
    [[nodiscard]] const std::string &issuer() const { return m_data->issuer; }
    /// Of the subject; empty unless there is exactly one.
    [[nodiscard]] const std::string &commonName() const { return m_data->commonName; }
    [[nodiscard]] const std::string &organization() const { return m_data->organization; }
    /// An entry of the subject by its short name ("O", "OU", "C", "L", "ST"); empty unless there is exactly one.
    [[nodiscard]] std::string subjectEntry(const char *shortName) const;
    /// Whether the issuer's name is the other's subject, compared as DER.
    [[nodiscard]] bool namesIssuer(const Certificate &issuer) const;
    /// Hex, without leading zeros; "0" for the zero of a VCEK.
    [[nodiscard]] const std::string &serial() const { return m_data->serial; }
    [[nodiscard]] std::int64_t notBefore() const { return m_data->notBefore; } ///< Unix seconds
    [[nodiscard]] std::int64_t notAfter() const { return m_data->notAfter; }
    /// "RSA 4096", "EC P-384".
    [[nodiscard]] const std::string &keyText() const { return m_data->keyText; }
    /// The RSA modulus, big-endian, and the exponent; empty and 0 for another kind of key.
    [[nodiscard]] const Bytes &rsaModulus() const { return m_data->modulus; }
    [[nodiscard]] std::uint64_t rsaExponent() const { return m_data->exponent; }
    [[nodiscard]] bool isP384() const { return m_data->p384; }

    struct Constraints {
        bool ca = false; ///< basicConstraints CA
        std::optional<long> pathLength;
        bool hasKeyUsage = false;
        bool mayCertSign = false, mayCrlSign = false;
        bool unknownCritical = false; ///< a critical extension that nothing here understands
    };
    [[nodiscard]] const Constraints &constraints() const { return m_data->constraints; }

    /// Whether the issuer's RSA key signed this one, RSASSA-PSS SHA-384 exactly. Signature alone; no names, no dates.
    [[nodiscard]] Status signatureBy(const Certificate &issuer) const;

    /// For the other files of this room.
    [[nodiscard]] X509 *handle() const { return m_data->x509.get(); }
    [[nodiscard]] EVP_PKEY *key() const { return m_data->key; }

private:
    struct Data {
        std::shared_ptr<X509> x509;
        EVP_PKEY *key = nullptr; // owned by x509
        Bytes der, modulus;
        Sha256 fingerprint;
        std::string subject, issuer, commonName, organization, serial, keyText;
        std::int64_t notBefore = 0, notAfter = 0;
        std::uint64_t exponent = 0;
        bool p384 = false, builtIn = false;
        Constraints constraints;
    };
    /// All but bytes, fingerprint and constraints.
    [[nodiscard]] static Result<std::shared_ptr<Data>> read(std::shared_ptr<X509> x509);
    explicit Certificate(std::shared_ptr<const Data> data)
        : m_data(std::move(data))
    {
    }
    std::shared_ptr<const Data> m_data;
};

/// "2026-11-23 11:39:16 UTC".
[[nodiscard]] std::string timeText(std::int64_t unixSeconds);

} // namespace kastellan::sev
