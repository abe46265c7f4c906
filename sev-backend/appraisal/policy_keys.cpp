// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/abi/id_block.h"
#include "sev-backend/appraisal/policy.h"
#include "sev-backend/certificates/certificate.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/core_names.h>
#include <openssl/pem.h>

#include <algorithm>

namespace kastellan::sev {
namespace {

constexpr const char *reading = "read an ID key or author key";

/// SHA-384 of the key in the firmware's form (SEV-SNP firmware ABI 1.58, section 8.18).
Result<KeyDigest> digestOf(const EVP_PKEY *key)
{
    char group[64] = {};
    if (!EVP_PKEY_is_a(key, "EC") || EVP_PKEY_get_group_name(key, group, sizeof group, nullptr) != 1
        || std::string_view(group) != "secp384r1")
        return badInput(reading, {}, "it is not a key on P-384", "Give an EC key on P-384: the firmware takes no other.");
    FirmwareKey form;
    storeLe<std::uint32_t>(form.bytes, 0, 2); // P-384
    for (const auto &[name, offset] :
        {std::pair{OSSL_PKEY_PARAM_EC_PUB_X, std::size_t{4}}, {OSSL_PKEY_PARAM_EC_PUB_Y, std::size_t{0x4c}}}) {
        BIGNUM *number = nullptr;
        const bool good = EVP_PKEY_get_bn_param(key, name, &number) == 1;
        const BignumPtr owner(number);
        if (!good || BN_bn2lebinpad(number, form.bytes.data() + offset, 72) != 72)
            return badInput(reading, {}, "its public half can't be read: " + opensslReason());
    }
    return KeyDigest{sha384(form.bytes).bytes};
}

/// Never asks for a passphrase.
int noPassphrase(char *, int, int, void *)
{
    return -1;
}

} // namespace

Result<KeyDigest> keyDigestOfCertificate(ByteView der)
{
    KASTELLAN_ASSIGN(const Certificate certificate, Certificate::fromDer(der));
    return digestOf(certificate.key());
}

Result<KeyDigest> keyDigestFrom(std::string_view text)
{
    if (text.find("-----BEGIN ") == std::string_view::npos) {
        const auto bytes = fromHex(text);
        if (!bytes || bytes->size() != KeyDigest::size)
            return badInput(reading, {},
                bytes ? "it has " + std::to_string(bytes->size()) + " bytes, and a digest has 48" : "it is neither hex nor PEM",
                "Give the SHA-384 of the key in 96 hex digits, or the key or its certificate as PEM.");
        return KeyDigest::from(*bytes, "key digest");
    }
    if (text.size() > 65536)
        return badInput(reading, {}, "it has over 64 KiB");
    if (text.find("-----BEGIN CERTIFICATE-----") != std::string_view::npos) {
        KASTELLAN_ASSIGN(const std::vector<Certificate> certificates, Certificate::fromPem(text));
        if (certificates.size() != 1)
            return badInput(reading, {}, "there are " + std::to_string(certificates.size()) + " certificates in it, and one is needed");
        return digestOf(certificates.front().key());
    }
    const auto bio = [text] { return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); };
    KeyPtr key(PEM_read_bio_PUBKEY(bio().get(), nullptr, noPassphrase, nullptr));
    if (!key)
        key.reset(PEM_read_bio_PrivateKey(bio().get(), nullptr, noPassphrase, nullptr));
    if (!key)
        return badInput(reading, {}, "the PEM holds no key that can be read: " + opensslReason());
    ERR_clear_error();
    return digestOf(key.get());
}

} // namespace kastellan::sev
