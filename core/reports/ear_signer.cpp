// SPDX-License-Identifier: Apache-2.0
#include "core/reports/ear_signer.h"

#include "core/base/free_with.h"
#include "core/keys/keys.h"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

namespace kastellan {
namespace {

constexpr const char *signing = "sign an attestation result";
constexpr int coordinate = 48;

int noPassphrase(char *, int, int, void *)
{
    return -1;
}

} // namespace

Result<EarSigner> EarSigner::from(std::string_view pem)
{
    const std::unique_ptr<BIO, FreeWith<BIO_free_all>> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    std::shared_ptr<EVP_PKEY> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassphrase, nullptr), EVP_PKEY_free);
    ERR_clear_error();
    if (!key)
        return badInput(signing, {}, "the key can't be read", "Give a private key in PEM without a passphrase.");
    char group[64] = {};
    const bool edwards = EVP_PKEY_is_a(key.get(), "ED25519");
    const bool p384 = EVP_PKEY_is_a(key.get(), "EC") && EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) == 1
        && std::string_view(group) == "secp384r1";
    if (!edwards && !p384)
        return badInput(signing, {}, "the key is neither on P-384 nor Ed25519", "Make one: keepctl keys create NAME.");
    KASTELLAN_ASSIGN(const Sha256 digest, keys::spkiDigest(pem));
    return EarSigner(std::move(key), edwards, toHex(digest.view()));
}

Result<Bytes> EarSigner::sign(ByteView message) const
{
    const std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>> context(EVP_MD_CTX_new());
    std::size_t size = 0;
    Bytes signature;
    const bool started = context
        && EVP_DigestSignInit(context.get(), nullptr, m_edwards ? nullptr : EVP_sha384(), nullptr, m_key.get()) == 1
        && EVP_DigestSign(context.get(), nullptr, &size, message.data(), message.size()) == 1;
    if (started)
        signature.resize(size);
    if (!started || EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1) {
        ERR_clear_error();
        return fail(ErrorKind::Internal, signing, {}, "OpenSSL could not sign");
    }
    signature.resize(size);
    if (m_edwards)
        return signature;
    const unsigned char *at = signature.data();
    const std::unique_ptr<ECDSA_SIG, FreeWith<ECDSA_SIG_free>> parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    Bytes raw(2 * coordinate);
    if (!parts || BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), raw.data(), coordinate) != coordinate
        || BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), raw.data() + coordinate, coordinate) != coordinate)
        return fail(ErrorKind::Internal, signing, {}, "the signature of OpenSSL can't be read");
    return raw;
}

std::string base64Url(ByteView bytes)
{
    std::string text = toBase64(bytes);
    for (char &c : text)
        c = c == '+' ? '-' : c == '/' ? '_' : c;
    text.resize(std::min(text.find('='), text.size()));
    return text;
}

} // namespace kastellan
