// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/legacy_authority.h"

#include "core/base/digest.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/core_names.h>
#include <openssl/rsa.h>

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr const char *making = "make a certificate of the emulated platform";
constexpr std::string_view mark = "EMULATED";
constexpr std::size_t head = 0x40;
using KeyId = std::array<std::uint8_t, 16>;

std::unexpected<Error> opensslFailed(const char *what)
{
    return fail(ErrorKind::Internal, making, {}, std::string(what) + ": " + opensslReason());
}

/// RSASSA-PSS, the signature little-endian.
Result<Bytes> signPss(EVP_PKEY *key, ByteView message)
{
    const DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX *parameters = nullptr; // owned by the context
    const char *digest = EVP_PKEY_get_bits(key) == 2048 ? "SHA256" : "SHA384";
    std::size_t size = 0;
    if (!context || EVP_DigestSignInit_ex(context.get(), &parameters, digest, nullptr, nullptr, key, nullptr) != 1
        || EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1
        || EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST) != 1
        || EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) != 1)
        return opensslFailed("EVP_DigestSign");
    Bytes signature(size);
    if (EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1)
        return opensslFailed("EVP_DigestSign");
    signature.resize(size);
    std::ranges::reverse(signature);
    return signature;
}

Result<Bytes> number(EVP_PKEY *key, const char *name, std::size_t size)
{
    BIGNUM *value = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1)
        return opensslFailed("EVP_PKEY_get_bn_param");
    const BignumPtr owner(value);
    Bytes bytes(size);
    if (BN_bn2lebinpad(value, bytes.data(), static_cast<int>(size)) < 0)
        return opensslFailed("BN_bn2lebinpad");
    return bytes;
}

KeyId keyId(ByteView modulus)
{
    KeyId id{};
    std::ranges::copy(asBytes(mark), id.begin());
    std::ranges::copy(sha256(modulus).view().first(id.size() - mark.size()), id.begin() + mark.size());
    return id;
}

Result<Bytes> authorityCertificate(legacy::Usage usage, EVP_PKEY *key, EVP_PKEY *issuer)
{
    const auto size = static_cast<std::size_t>(EVP_PKEY_get_bits(key)) / 8;
    KASTELLAN_ASSIGN(const Bytes exponent, number(key, OSSL_PKEY_PARAM_RSA_E, size));
    KASTELLAN_ASSIGN(const Bytes modulus, number(key, OSSL_PKEY_PARAM_RSA_N, size));
    KASTELLAN_ASSIGN(const Bytes issuerModulus, number(issuer, OSSL_PKEY_PARAM_RSA_N, size));
    Bytes certificate(head);
    storeLe<std::uint32_t>(certificate, 0, 1);
    std::ranges::copy(keyId(modulus), certificate.begin() + 0x04);
    std::ranges::copy(keyId(issuerModulus), certificate.begin() + 0x14);
    storeLe(certificate, 0x24, std::uint32_t(usage));
    storeLe(certificate, 0x38, static_cast<std::uint32_t>(size * 8));
    storeLe(certificate, 0x3c, static_cast<std::uint32_t>(size * 8));
    certificate.insert(certificate.end(), exponent.begin(), exponent.end());
    certificate.insert(certificate.end(), modulus.begin(), modulus.end());
    KASTELLAN_ASSIGN(const Bytes signature, signPss(issuer, certificate));
    certificate.insert(certificate.end(), signature.begin(), signature.end());
    return certificate;
}

} // namespace

Result<LegacyAuthority> LegacyAuthority::make(const Authority &authority)
{
    KASTELLAN_ASSIGN(const auto arkKey, privateKeyFromDer(authority.arkKey()));
    KASTELLAN_ASSIGN(const auto askKey, privateKeyFromDer(authority.askKey()));
    LegacyAuthority made;
    KASTELLAN_ASSIGN(made.ark, authorityCertificate(legacy::Usage::Ark, arkKey.get(), arkKey.get()));
    KASTELLAN_ASSIGN(made.ask, authorityCertificate(legacy::Usage::Ask, askKey.get(), arkKey.get()));
    return made;
}

Status signCek(std::span<std::uint8_t> cek, const Authority &authority)
{
    KASTELLAN_ASSIGN(const auto key, privateKeyFromDer(authority.askKey()));
    constexpr std::size_t signedSize = legacy::Certificate::signedSize;
    KASTELLAN_ASSIGN(const Bytes signature, signPss(key.get(), ByteView(cek).first(signedSize)));
    const auto algorithm = signature.size() == 256 ? legacy::Algorithm::RsaSha256 : legacy::Algorithm::RsaSha384;
    storeLe(cek, signedSize, std::uint32_t(legacy::Usage::Ask));
    storeLe(cek, signedSize + 4, std::uint32_t(algorithm));
    std::ranges::copy(signature, cek.begin() + signedSize + 8);
    return {};
}

bool isEmulated(const legacy::CaCertificate &authority)
{
    return asText(authority.keyId().first(mark.size())) == mark;
}

} // namespace kastellan::sev
