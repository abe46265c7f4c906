// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace kastellan::sev::legacy {

/// What a key of the legacy SEV chain is for (SEV API specification, section "Certificates"; sev-formats 2.1).
enum class Usage : std::uint32_t { Ark = 0x0000, Ask = 0x0013, Invalid = 0x1000, Oca = 0x1001, Pek = 0x1002, Pdh = 0x1003, Cek = 0x1004 };
/// Signature and key agreement algorithms.
enum class Algorithm : std::uint32_t {
    None = 0,
    RsaSha256 = 1,
    EcdsaSha256 = 2,
    EcdhSha256 = 3,
    RsaSha384 = 0x101,
    EcdsaSha384 = 0x102,
    EcdhSha384 = 0x103
};
[[nodiscard]] std::string nameOf(Usage usage);
[[nodiscard]] std::string nameOf(Algorithm algorithm);

/// An elliptic curve point as these formats hold it: little-endian, 72 bytes a coordinate.
struct EcPoint {
    std::uint32_t curve = 2; ///< 1 P-256, 2 P-384
    std::array<std::uint8_t, 72> x{}, y{};
};

/// One of the two signature slots of a certificate.
struct Slot {
    Usage usage = Usage::Invalid; ///< of the signing key; Invalid: the slot is empty
    Algorithm algorithm = Algorithm::None;
    std::array<std::uint8_t, 512> signature{};
};

/// A legacy SEV certificate (PEK, PDH, CEK, OCA, GODH): 2084 bytes, little-endian. Holds the raw bytes; signatures are checked over them.
class Certificate {
public:
    static constexpr std::size_t size = 2084, signedSize = 0x414;
    /// Any 2084 bytes with version 1, a known usage and a known key algorithm.
    [[nodiscard]] static Result<Certificate> parse(ByteView bytes, std::string_view name);
    [[nodiscard]] ByteView bytes() const { return m_bytes; }
    [[nodiscard]] std::uint8_t apiMajor() const { return m_bytes[4]; }
    [[nodiscard]] std::uint8_t apiMinor() const { return m_bytes[5]; }
    [[nodiscard]] Usage usage() const { return Usage(loadLe<std::uint32_t>(m_bytes, 8)); }
    [[nodiscard]] Algorithm algorithm() const { return Algorithm(loadLe<std::uint32_t>(m_bytes, 12)); }
    /// The key as a point; nothing for an RSA key.
    [[nodiscard]] std::optional<EcPoint> point() const;
    [[nodiscard]] Slot slot(int number) const; ///< 0 or 1
    [[nodiscard]] ByteView signedBytes() const { return bytes().first(signedSize); }
    /// SHA-256 of the whole certificate.
    [[nodiscard]] Sha256 fingerprint() const;

private:
    Bytes m_bytes;
};

/// AMD's certificate authorities in SEV format (ASK, ARK): 832 or 1600 bytes (sev-formats 2.2).
class CaCertificate {
public:
    /// Reads one from the start of `bytes`; `size()` says how many bytes it took.
    [[nodiscard]] static Result<CaCertificate> parse(ByteView bytes, std::string_view name);
    [[nodiscard]] ByteView bytes() const { return m_bytes; }
    [[nodiscard]] std::size_t size() const { return m_bytes.size(); }
    [[nodiscard]] Usage usage() const { return Usage(loadLe<std::uint32_t>(m_bytes, 0x24)); }
    [[nodiscard]] ByteView keyId() const { return bytes().subspan(4, 16); }
    [[nodiscard]] ByteView certifyingId() const { return bytes().subspan(0x14, 16); }
    [[nodiscard]] std::size_t modulusBytes() const { return m_modulus; }
    [[nodiscard]] ByteView exponent() const { return bytes().subspan(0x40, m_modulus); } ///< little-endian
    [[nodiscard]] ByteView modulus() const { return bytes().subspan(0x40 + m_modulus, m_modulus); } ///< little-endian
    [[nodiscard]] ByteView signature() const { return bytes().subspan(0x40 + 2 * m_modulus, m_modulus); }
    [[nodiscard]] ByteView signedBytes() const { return bytes().first(0x40 + 2 * m_modulus); }

private:
    Bytes m_bytes;
    std::size_t m_modulus = 0;
};

/// Whether `issuer` signed `subject` in one of its slots. False for an empty slot or a key that does not fit the slot.
[[nodiscard]] bool signedBy(const Certificate &subject, const Certificate &issuer);
[[nodiscard]] bool signedBy(const Certificate &subject, const CaCertificate &issuer);
[[nodiscard]] bool signedBy(const CaCertificate &subject, const CaCertificate &issuer);
/// The product whose ARK has this key id, "Naples" to "Turin"; nothing for an unknown one.
[[nodiscard]] std::optional<std::string_view> productOfArk(const CaCertificate &ark);

} // namespace kastellan::sev::legacy
