// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/certificate_maker.h"

#include "sev-backend/certificates/chain.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/rsa.h>

namespace kastellan::sev {
namespace {

std::unexpected<Error> opensslFailed(const char *what)
{
    return fail(ErrorKind::Internal, "make a certificate of the emulated platform", {}, std::string(what) + ": " + opensslReason());
}

bool addName(X509_NAME *name, const char *field, std::string_view text)
{
    return X509_NAME_add_entry_by_txt(
               name, field, MBSTRING_UTF8, reinterpret_cast<const unsigned char *>(text.data()), static_cast<int>(text.size()), -1, 0)
        == 1;
}

bool addStandardExtension(X509 *certificate, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const ExtensionPtr extension(X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool addRawExtension(X509 *certificate, const RawExtension &raw)
{
    const ObjectPtr object(OBJ_txt2obj(raw.oid.c_str(), 1));
    const OpensslPtr<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free> data(ASN1_OCTET_STRING_new());
    if (!object || !data || ASN1_OCTET_STRING_set(data.get(), raw.value.data(), static_cast<int>(raw.value.size())) != 1)
        return false;
    const ExtensionPtr extension(X509_EXTENSION_create_by_OBJ(nullptr, object.get(), 0, data.get()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// A context that signs as AMD's authorities do.
DigestContextPtr pssContext(EVP_PKEY *key)
{
    DigestContextPtr context(EVP_MD_CTX_new());
    EVP_PKEY_CTX *parameters = nullptr;
    if (!context || EVP_DigestSignInit(context.get(), &parameters, EVP_sha384(), nullptr, key) != 1
        || EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) != 1 || EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, 48) != 1
        || EVP_PKEY_CTX_set_rsa_mgf1_md(parameters, EVP_sha384()) != 1)
        return {};
    return context;
}

} // namespace

Result<Certificate> makeCertificate(const CertificateRequest &request)
{
    const CertificatePtr certificate(X509_new());
    X509 *x509 = certificate.get();
    if (!x509 || X509_set_version(x509, X509_VERSION_3) != 1 || ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), request.serial) != 1
        || !ASN1_TIME_set(X509_getm_notBefore(x509), request.notBefore) || !ASN1_TIME_set(X509_getm_notAfter(x509), request.notAfter)
        || X509_set_pubkey(x509, request.key) != 1)
        return opensslFailed("X509_new");
    X509_NAME *subject = X509_get_subject_name(x509);
    if (!addName(subject, "O", emulatedOrganization) || !addName(subject, "OU", "Emulated: proves nothing about hardware")
        || !addName(subject, "CN", request.commonName))
        return opensslFailed("X509_NAME_add_entry_by_txt");
    X509 *issuer = request.issuer ? request.issuer->handle() : x509;
    if (X509_set_issuer_name(x509, X509_get_subject_name(issuer)) != 1)
        return opensslFailed("X509_set_issuer_name");
    if (request.authority) {
        const char *constraints = request.lastAuthority ? "critical,CA:TRUE,pathlen:0" : "critical,CA:TRUE";
        if (!addStandardExtension(x509, issuer, NID_basic_constraints, constraints)
            || !addStandardExtension(x509, issuer, NID_key_usage, "critical,keyCertSign,cRLSign")
            || !addStandardExtension(x509, issuer, NID_subject_key_identifier, "hash")
            || !addStandardExtension(x509, issuer, NID_authority_key_identifier, "keyid:always"))
            return opensslFailed("X509V3_EXT_nconf_nid");
    }
    for (const auto &extension : request.extensions)
        if (!addRawExtension(x509, extension))
            return opensslFailed("X509_add_ext");
    const DigestContextPtr context = pssContext(request.issuerKey);
    if (!context || X509_sign_ctx(x509, context.get()) <= 0)
        return opensslFailed("X509_sign_ctx");
    unsigned char *data = nullptr;
    const int size = i2d_X509(x509, &data);
    if (size <= 0)
        return opensslFailed("i2d_X509");
    const Bytes der(data, data + size);
    OPENSSL_free(data);
    return Certificate::fromDer(der);
}

Result<Bytes> makeRevocationList(const Certificate &issuer, EVP_PKEY *issuerKey, const std::vector<std::uint64_t> &serials,
    std::int64_t thisUpdate, std::int64_t nextUpdate)
{
    using TimePtr = OpensslPtr<ASN1_TIME, ASN1_TIME_free>;
    const CrlPtr list(X509_CRL_new());
    const TimePtr from(ASN1_TIME_set(nullptr, thisUpdate)), until(ASN1_TIME_set(nullptr, nextUpdate));
    if (!list || !from || !until || X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) != 1
        || X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(issuer.handle())) != 1
        || X509_CRL_set1_lastUpdate(list.get(), from.get()) != 1 || X509_CRL_set1_nextUpdate(list.get(), until.get()) != 1)
        return opensslFailed("X509_CRL_new");
    for (const std::uint64_t serial : serials) {
        OpensslPtr<X509_REVOKED, X509_REVOKED_free> entry(X509_REVOKED_new());
        const OpensslPtr<ASN1_INTEGER, ASN1_INTEGER_free> number(ASN1_INTEGER_new());
        if (!entry || !number || ASN1_INTEGER_set_uint64(number.get(), serial) != 1
            || X509_REVOKED_set_serialNumber(entry.get(), number.get()) != 1
            || X509_REVOKED_set_revocationDate(entry.get(), from.get()) != 1 || X509_CRL_add0_revoked(list.get(), entry.get()) != 1)
            return opensslFailed("X509_CRL_add0_revoked");
        [[maybe_unused]] const auto *owned = entry.release(); // by the list, from now on
    }
    const DigestContextPtr context = pssContext(issuerKey);
    if (!context || X509_CRL_sort(list.get()) != 1 || X509_CRL_sign_ctx(list.get(), context.get()) <= 0)
        return opensslFailed("X509_CRL_sign_ctx");
    unsigned char *data = nullptr;
    const int size = i2d_X509_CRL(list.get(), &data);
    if (size <= 0)
        return opensslFailed("i2d_X509_CRL");
    Bytes der(data, data + size);
    OPENSSL_free(data);
    return der;
}

} // namespace kastellan::sev
