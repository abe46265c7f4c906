// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/certificate.h"

#include "core/base/digest.h"
#include "sev-backend/legacy/signature.h"

#include <algorithm>
#include <cstdio>

namespace kastellan::sev::legacy {
namespace {

std::string hex(std::uint32_t value)
{
    char text[16];
    std::snprintf(text, sizeof text, "0x%x", value);
    return text;
}

bool isKnown(Usage usage)
{
    switch (usage) {
    case Usage::Ark:
    case Usage::Ask:
    case Usage::Invalid:
    case Usage::Oca:
    case Usage::Pek:
    case Usage::Pdh:
    case Usage::Cek:
        return true;
    }
    return false;
}

constexpr std::size_t slotSize = 0x208;

} // namespace

std::string nameOf(Usage usage)
{
    switch (usage) {
    case Usage::Ark:
        return "ARK";
    case Usage::Ask:
        return "ASK";
    case Usage::Invalid:
        return "none";
    case Usage::Oca:
        return "OCA";
    case Usage::Pek:
        return "PEK";
    case Usage::Pdh:
        return "PDH";
    case Usage::Cek:
        return "CEK";
    }
    return "usage " + hex(std::uint32_t(usage));
}

std::string nameOf(Algorithm algorithm)
{
    switch (algorithm) {
    case Algorithm::None:
        return "none";
    case Algorithm::RsaSha256:
        return "RSA with SHA-256";
    case Algorithm::EcdsaSha256:
        return "ECDSA with SHA-256";
    case Algorithm::EcdhSha256:
        return "ECDH with SHA-256";
    case Algorithm::RsaSha384:
        return "RSA with SHA-384";
    case Algorithm::EcdsaSha384:
        return "ECDSA with SHA-384";
    case Algorithm::EcdhSha384:
        return "ECDH with SHA-384";
    }
    return "algorithm " + hex(std::uint32_t(algorithm));
}

Result<Certificate> Certificate::parse(ByteView bytes, std::string_view name)
{
    const std::string what = "read a SEV certificate";
    if (bytes.size() != size)
        return badInput(what, std::string(name), "it has " + std::to_string(bytes.size()) + " bytes, and a SEV certificate has 2084");
    if (const auto version = loadLe<std::uint32_t>(bytes, 0); version != 1)
        return badInput(
            what, std::string(name) + ", offset 0x0", "its version is " + std::to_string(version) + ", and only version 1 exists");
    Certificate certificate;
    certificate.m_bytes = toBytes(bytes);
    if (!isKnown(certificate.usage()))
        return badInput(
            what, std::string(name) + ", offset 0x8", "its key usage " + hex(std::uint32_t(certificate.usage())) + " is not known");
    switch (certificate.algorithm()) {
    case Algorithm::RsaSha256:
    case Algorithm::RsaSha384:
        break;
    case Algorithm::EcdsaSha256:
    case Algorithm::EcdhSha256:
    case Algorithm::EcdsaSha384:
    case Algorithm::EcdhSha384:
        if (const auto curve = loadLe<std::uint32_t>(bytes, 0x10); curve != 1 && curve != 2)
            return badInput(
                what, std::string(name) + ", offset 0x10", "its curve " + std::to_string(curve) + " is neither P-256 (1) nor P-384 (2)");
        break;
    default:
        return badInput(
            what, std::string(name) + ", offset 0xc", "its key algorithm " + hex(std::uint32_t(certificate.algorithm())) + " is not known");
    }
    return certificate;
}

std::optional<EcPoint> Certificate::point() const
{
    if (algorithm() == Algorithm::RsaSha256 || algorithm() == Algorithm::RsaSha384)
        return std::nullopt;
    EcPoint point;
    point.curve = loadLe<std::uint32_t>(m_bytes, 0x10);
    std::copy_n(m_bytes.begin() + 0x14, 72, point.x.begin());
    std::copy_n(m_bytes.begin() + 0x5c, 72, point.y.begin());
    return point;
}

Slot Certificate::slot(int number) const
{
    const std::size_t base = signedSize + static_cast<std::size_t>(number) * slotSize;
    Slot slot{Usage(loadLe<std::uint32_t>(m_bytes, base)), Algorithm(loadLe<std::uint32_t>(m_bytes, base + 4)), {}};
    std::copy_n(m_bytes.begin() + static_cast<std::ptrdiff_t>(base + 8), 512, slot.signature.begin());
    return slot;
}

Sha256 Certificate::fingerprint() const
{
    return sha256(bytes());
}

Result<CaCertificate> CaCertificate::parse(ByteView bytes, std::string_view name)
{
    const std::string what = "read an AMD CA certificate";
    if (bytes.size() < 0x40)
        return badInput(what, std::string(name), "it has " + std::to_string(bytes.size()) + " bytes, fewer than its header");
    if (const auto version = loadLe<std::uint32_t>(bytes, 0); version != 1)
        return badInput(
            what, std::string(name) + ", offset 0x0", "its version is " + std::to_string(version) + ", and only version 1 exists");
    const auto usage = Usage(loadLe<std::uint32_t>(bytes, 0x24));
    if (usage != Usage::Ark && usage != Usage::Ask)
        return badInput(
            what, std::string(name) + ", offset 0x24", "its key usage " + hex(std::uint32_t(usage)) + " is neither ARK nor ASK");
    const auto exponentBits = loadLe<std::uint32_t>(bytes, 0x38);
    const auto modulusBits = loadLe<std::uint32_t>(bytes, 0x3c);
    if ((modulusBits != 2048 && modulusBits != 4096) || exponentBits != modulusBits)
        return badInput(what, std::string(name) + ", offset 0x38",
            "its key has " + std::to_string(modulusBits) + " bits, and 2048 or 4096 are allowed");
    const std::size_t modulus = modulusBits / 8, total = 0x40 + 3 * modulus;
    if (bytes.size() < total) {
        const bool signatureOnly = bytes.size() == 0x40 + 2 * modulus;
        return badInput(what, std::string(name),
            "it ends after " + std::to_string(bytes.size()) + " of " + std::to_string(total) + " bytes"
                + (signatureOnly ? ": the signature is missing, as in the Naples ARK that AMD once published" : ""),
            "Download the ask_ark file of the product from AMD again.");
    }
    CaCertificate certificate;
    certificate.m_bytes = toBytes(bytes.first(total));
    certificate.m_modulus = modulus;
    return certificate;
}

bool signedBy(const Certificate &subject, const Certificate &issuer)
{
    for (int number : {0, 1}) {
        const Slot slot = subject.slot(number);
        if (slot.usage == Usage::Invalid || slot.usage != issuer.usage() || slot.algorithm != issuer.algorithm())
            continue;
        if (const auto point = issuer.point())
            return verifyEcdsa(*point, slot.algorithm, subject.signedBytes(), slot.signature);
    }
    return false;
}

bool signedBy(const Certificate &subject, const CaCertificate &issuer)
{
    const Algorithm algorithm = issuer.modulusBytes() == 256 ? Algorithm::RsaSha256 : Algorithm::RsaSha384;
    for (int number : {0, 1}) {
        const Slot slot = subject.slot(number);
        if (slot.usage == issuer.usage() && slot.algorithm == algorithm)
            return verifyRsaPss(
                issuer.modulus(), issuer.exponent(), subject.signedBytes(), ByteView(slot.signature).first(issuer.modulusBytes()));
    }
    return false;
}

bool signedBy(const CaCertificate &subject, const CaCertificate &issuer)
{
    return std::ranges::equal(subject.certifyingId(), issuer.keyId()) && subject.modulusBytes() == issuer.modulusBytes()
        && verifyRsaPss(issuer.modulus(), issuer.exponent(), subject.signedBytes(), subject.signature());
}

std::optional<std::string_view> productOfArk(const CaCertificate &ark)
{
    // Key ids as AMD's ask_ark files hold them (sev-formats 2.2).
    static constexpr std::pair<std::string_view, std::string_view> known[] = {
        {"1bb987c359494606b174945601c9ea5b", "Naples"},
        {"e6002122fb58419399d15fee7b131351", "Rome"},
        {"94c38e4177d0479292a7ae671d083fb6", "Milan"},
        {"9f9d4a8fe761456599f6946c4c010f3a", "Genoa"},
        {"d05c3a8bde484904b49552422ceb3942", "Turin"},
    };
    const std::string id = toHex(ark.keyId());
    for (const auto &[key, product] : known)
        if (key == id)
            return product;
    return std::nullopt;
}

} // namespace kastellan::sev::legacy
