// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/certificate.h"

#include "core/base/digest.h"
#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/certificates/pss.h"
#include "sev-backend/certificates/root_keys.h"
#include "sev-backend/certificates/rsa_key.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cctype>
#include <ctime>

namespace kastellan::sev {
namespace {

constexpr const char *reading = "read a certificate";

std::string nameText(const X509_NAME *name)
{
    const BioPtr bio(BIO_new(BIO_s_mem()));
    if (!bio || X509_NAME_print_ex(bio.get(), name, 0, ASN1_STRFLGS_RFC2253 | XN_FLAG_SEP_CPLUS_SPC | XN_FLAG_FN_SN) < 0)
        return "(unreadable name)";
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string onlyEntry(const X509_NAME *name, int nid)
{
    const int index = X509_NAME_get_index_by_NID(name, nid, -1);
    if (index < 0 || X509_NAME_get_index_by_NID(name, nid, index) >= 0)
        return {};
    unsigned char *text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, index)));
    if (size < 0) {
        ERR_clear_error();
        return {};
    }
    std::string result(reinterpret_cast<char *>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return result;
}

std::optional<std::int64_t> unixTime(const ASN1_TIME *time)
{
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        ERR_clear_error();
        return {};
    }
    return ::timegm(&parts);
}

std::string serialText(const X509 *x509)
{
    const BignumPtr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509), nullptr));
    char *hex = number ? BN_bn2hex(number.get()) : nullptr;
    std::string text = hex ? hex : "?";
    OPENSSL_free(hex);
    text.erase(0, std::min(text.find_first_not_of('0'), text.size() - 1));
    for (char &c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

Bytes rsaNumber(const EVP_PKEY *key, const char *name)
{
    BIGNUM *number = nullptr;
    if (EVP_PKEY_get_bn_param(key, name, &number) != 1) {
        ERR_clear_error();
        return {};
    }
    const BignumPtr owner(number);
    Bytes bytes(static_cast<std::size_t>(BN_num_bytes(number)));
    BN_bn2bin(number, bytes.data());
    return bytes;
}

/// The name of one of AMD's authorities, entry by entry in AMD's order (AMD 57230, tables 4 to 11).
bool setName(X509_NAME *name, std::string_view commonName)
{
    const std::pair<const char *, std::string_view> entries[] = {
        {"OU", "Engineering"}, {"C", "US"}, {"L", "Santa Clara"}, {"ST", "CA"}, {"O", "Advanced Micro Devices"}, {"CN", commonName}};
    return std::ranges::all_of(entries, [name](const auto &entry) {
        const auto *text = reinterpret_cast<const unsigned char *>(entry.second.data());
        return X509_NAME_add_entry_by_txt(name, entry.first, MBSTRING_UTF8, text, static_cast<int>(entry.second.size()), -1, 0) == 1;
    });
}

bool setTime(ASN1_TIME *place, std::int64_t unixSeconds)
{
    return ASN1_TIME_set(place, unixSeconds) != nullptr;
}

Certificate::Constraints constraintsOf(X509 *x509)
{
    Certificate::Constraints constraints;
    const std::uint32_t flags = X509_get_extension_flags(x509); // also fills OpenSSL's cache
    constraints.ca = (flags & EXFLAG_CA) && (flags & EXFLAG_BCONS);
    constraints.unknownCritical = flags & EXFLAG_CRITICAL;
    if (const long length = X509_get_pathlen(x509); length >= 0)
        constraints.pathLength = length;
    constraints.hasKeyUsage = flags & EXFLAG_KUSAGE;
    if (constraints.hasKeyUsage) {
        const std::uint32_t usage = X509_get_key_usage(x509);
        constraints.mayCertSign = usage & KU_KEY_CERT_SIGN;
        constraints.mayCrlSign = usage & KU_CRL_SIGN;
    }
    ERR_clear_error();
    return constraints;
}

} // namespace

std::string timeText(std::int64_t unixSeconds)
{
    const std::time_t time = unixSeconds;
    std::tm parts{};
    char text[64];
    if (!::gmtime_r(&time, &parts) || std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
        return std::to_string(unixSeconds);
    return text;
}

Result<std::shared_ptr<Certificate::Data>> Certificate::read(std::shared_ptr<X509> x509)
{
    const auto data = std::make_shared<Data>();
    data->x509 = x509;
    data->key = X509_get0_pubkey(x509.get());
    if (!data->key)
        return badInput(reading, {}, "its public key can't be read: " + opensslReason());
    data->subject = nameText(X509_get_subject_name(x509.get()));
    data->issuer = nameText(X509_get_issuer_name(x509.get()));
    data->commonName = onlyEntry(X509_get_subject_name(x509.get()), NID_commonName);
    data->organization = onlyEntry(X509_get_subject_name(x509.get()), NID_organizationName);
    data->serial = serialText(x509.get());
    const auto notBefore = unixTime(X509_get0_notBefore(x509.get())), notAfter = unixTime(X509_get0_notAfter(x509.get()));
    if (!notBefore || !notAfter)
        return badInput(reading, {}, "its dates can't be read");
    data->notBefore = *notBefore;
    data->notAfter = *notAfter;
    if (EVP_PKEY_is_a(data->key, "RSA")) {
        data->modulus = rsaNumber(data->key, OSSL_PKEY_PARAM_RSA_N);
        for (const std::uint8_t byte : rsaNumber(data->key, OSSL_PKEY_PARAM_RSA_E))
            data->exponent = data->exponent << 8 | byte;
        data->keyText = "RSA " + std::to_string(EVP_PKEY_get_bits(data->key));
    } else if (EVP_PKEY_is_a(data->key, "EC")) {
        char group[64] = {};
        EVP_PKEY_get_group_name(data->key, group, sizeof group, nullptr);
        data->p384 = std::string_view(group) == "secp384r1";
        data->keyText = data->p384 ? "EC P-384" : std::string("EC ") + group;
    } else {
        const char *type = EVP_PKEY_get0_type_name(data->key);
        data->keyText = type ? type : "unknown";
    }
    return data;
}

Result<Certificate> Certificate::fromDer(ByteView der)
{
    if (der.size() > sizeLimit)
        return badInput(reading, {}, "it has " + std::to_string(der.size()) + " bytes, and a certificate has at most 65536");
    const unsigned char *at = der.data();
    std::shared_ptr<X509> x509(d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
    if (!x509)
        return badInput(reading, {}, "it is not an X.509 certificate in DER: " + opensslReason(), "Give a certificate as DER, or as PEM.");
    if (at != der.data() + der.size())
        return badInput(reading, "offset " + std::to_string(at - der.data()), "bytes follow the certificate");
    unsigned char *again = nullptr;
    const int length = i2d_X509(x509.get(), &again);
    const bool same = length >= 0 && static_cast<std::size_t>(length) == der.size() && std::memcmp(again, der.data(), der.size()) == 0;
    OPENSSL_free(again);
    if (!same)
        return badInput(reading, {}, "its encoding is not DER");

    KASTELLAN_ASSIGN(const std::shared_ptr<Data> data, read(x509));
    data->der = toBytes(der);
    data->fingerprint = sha256(der);
    data->constraints = constraintsOf(x509.get());
    ERR_clear_error();
    return Certificate(data);
}

Result<Certificate> Certificate::builtIn(const RootKey &row)
{
    const std::shared_ptr<X509> x509(X509_new(), X509_free);
    const auto modulus = fromHex(row.modulus);
    const BignumPtr n(modulus ? BN_bin2bn(modulus->data(), static_cast<int>(modulus->size()), nullptr) : nullptr), e(BN_new());
    const bool numbers = n && e && BN_set_word(e.get(), row.exponent) == 1;
    const KeyPtr key = numbers ? rsaPublicKey(n.get(), e.get()) : nullptr;
    const bool root = row.role == "ARK";
    if (!x509 || !key || !setName(X509_get_subject_name(x509.get()), row.commonName)
        || !setName(X509_get_issuer_name(x509.get()), "ARK-" + std::string(row.product))
        || ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509.get()), row.serial) != 1
        || !setTime(X509_getm_notBefore(x509.get()), row.notBefore) || !setTime(X509_getm_notAfter(x509.get()), row.notAfter)
        || X509_set_pubkey(x509.get(), key.get()) != 1)
        return badInput("build an authority in", std::string(row.commonName), opensslReason());
    KASTELLAN_ASSIGN(const std::shared_ptr<Data> data, read(x509));
    const auto fingerprint = fromHex(row.sha256);
    if (!fingerprint || fingerprint->size() != data->fingerprint.bytes.size())
        return badInput("build an authority in", std::string(row.commonName), "its row has no fingerprint");
    std::ranges::copy(*fingerprint, data->fingerprint.bytes.begin());
    data->builtIn = true;
    data->constraints = {.ca = true, .pathLength = {}, .hasKeyUsage = true, .mayCertSign = true, .mayCrlSign = root};
    if (!root)
        data->constraints.pathLength = 0;
    return Certificate(data);
}

Result<std::vector<Certificate>> Certificate::fromPem(std::string_view pem)
{
    if (pem.size() > 16 * sizeLimit)
        return badInput("read certificates", {}, "the text has over a megabyte");
    const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::vector<Certificate> certificates;
    for (;;) {
        char *label = nullptr, *header = nullptr;
        unsigned char *data = nullptr;
        long length = 0;
        if (!bio || PEM_read_bio(bio.get(), &label, &header, &data, &length) != 1) {
            const unsigned long code = ERR_peek_last_error();
            ERR_clear_error();
            if (code != 0 && ERR_GET_REASON(code) != PEM_R_NO_START_LINE)
                return badInput("read certificates", {}, "a PEM block is broken");
            break;
        }
        const bool isCertificate = std::string_view(label) == "CERTIFICATE";
        const Bytes der(data, data + length);
        OPENSSL_free(label);
        OPENSSL_free(header);
        OPENSSL_free(data);
        if (!isCertificate)
            continue;
        if (certificates.size() == 16)
            return badInput("read certificates", {}, "there are more than 16");
        KASTELLAN_ASSIGN(Certificate certificate, fromDer(der));
        certificates.push_back(std::move(certificate));
    }
    if (certificates.empty())
        return badInput(
            "read certificates", {}, "there is none in the text", "Give PEM blocks that begin with -----BEGIN CERTIFICATE-----.");
    return certificates;
}

std::string Certificate::subjectEntry(const char *shortName) const
{
    const int nid = OBJ_sn2nid(shortName);
    return nid == NID_undef ? std::string() : onlyEntry(X509_get_subject_name(handle()), nid);
}

bool Certificate::namesIssuer(const Certificate &issuer) const
{
    return X509_NAME_cmp(X509_get_issuer_name(handle()), X509_get_subject_name(issuer.handle())) == 0;
}

Status Certificate::signatureBy(const Certificate &issuer) const
{
    const std::string what = "verify the signature of " + (commonName().empty() ? subject() : commonName());
    if (isBuiltIn()) { // pinned as it is; AMD's root of the same product is the one above it
        if (issuer.organization() == organization() && namesIssuer(issuer) && findRootKey("ARK", issuer.rsaModulus(), issuer.rsaExponent()))
            return {};
        return badInput(what, {}, "the key of " + issuer.subject() + " did not make it");
    }
    const X509_ALGOR *outer = nullptr;
    X509_get0_signature(nullptr, &outer, handle());
    if (auto status = checkPssSha384(outer); !status)
        return badInput(what, {}, status.error().why);
    if (issuer.rsaModulus().empty())
        return badInput(what, {}, "the key of " + issuer.subject() + " is not an RSA key");
    // Also holds the algorithm inside the certificate to the one outside.
    if (X509_verify(handle(), issuer.key()) != 1) {
        ERR_clear_error();
        return badInput(what, {}, "the key of " + issuer.subject() + " did not make it");
    }
    return {};
}

} // namespace kastellan::sev
