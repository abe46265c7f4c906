// SPDX-License-Identifier: Apache-2.0
#include "core/session/identity.h"

#include "core/base/digest.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

namespace kastellan::session {
namespace {

std::unexpected<Error> opensslFailed(std::string what)
{
    return fail(ErrorKind::Internal, std::move(what), "OpenSSL", opensslReason());
}

// The dates are wide open: a keep may have no clock, and nobody judges this certificate.
Result<CertificateHandle> selfSigned(EVP_PKEY *key)
{
    CertificateHandle certificate(X509_new());
    std::array<std::uint8_t, 16> serial{};
    randomBytes(serial);
    serial[0] &= 0x7f;
    const std::unique_ptr<BIGNUM, FreeWith<BN_free>> number(BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr));
    X509_NAME *name = certificate ? X509_get_subject_name(certificate.get()) : nullptr;
    const auto *common = reinterpret_cast<const unsigned char *>("kastellan session");
    if (!certificate || !number || X509_set_version(certificate.get(), X509_VERSION_3) != 1
        || !BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate.get()))
        || ASN1_TIME_set_string(X509_getm_notBefore(certificate.get()), "20200101000000Z") != 1
        || ASN1_TIME_set_string(X509_getm_notAfter(certificate.get()), "99991231235959Z") != 1
        || X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common, -1, -1, 0) != 1
        || X509_set_issuer_name(certificate.get(), name) != 1 || X509_set_pubkey(certificate.get(), key) != 1
        || X509_sign(certificate.get(), key, EVP_sha384()) == 0)
        return opensslFailed("make the session's certificate");
    return certificate;
}

Result<Identity> identityOf(KeyHandle key)
{
    KASTELLAN_ASSIGN(CertificateHandle certificate, selfSigned(key.get()));
    KASTELLAN_ASSIGN(const Sha256 spki, spkiDigest(*certificate));
    return Identity{std::move(key), std::move(certificate), spki};
}

} // namespace

Result<Sha256> spkiDigest(const X509 &certificate)
{
    unsigned char *der = nullptr;
    const int size = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(&certificate), &der);
    if (size <= 0)
        return opensslFailed("read a certificate's key");
    const Sha256 digest = sha256(ByteView(der, static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    return digest;
}

Result<Identity> Identity::fresh()
{
    KeyHandle key(EVP_EC_gen("P-384"));
    if (!key)
        return opensslFailed("make a session key");
    return identityOf(std::move(key));
}

Result<Identity> Identity::fromPem(std::string_view pem)
{
    const BioHandle bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    KeyHandle key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char *>("")) : nullptr);
    if (!key)
        return badInput("read the owner key", "PEM", opensslReason(), "Give an unencrypted EC private key.");
    std::array<char, 32> group{};
    std::size_t size = 0;
    if (EVP_PKEY_get_group_name(key.get(), group.data(), group.size(), &size) != 1)
        return badInput("use the owner key", {}, "it is no elliptic curve key", "Make one with: keepctl keys create");
    const std::string_view name(group.data(), size);
    if (name != "secp384r1" && name != "P-384" && name != "prime256v1" && name != "P-256")
        return badInput("use the owner key", {}, "its curve is " + std::string(name), "Use P-384 or P-256.");
    return identityOf(std::move(key));
}

} // namespace kastellan::session
