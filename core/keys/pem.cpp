// SPDX-License-Identifier: Apache-2.0
#include "core/keys/pem.h"

#include "core/base/digest.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace kastellan::keys {
namespace {

struct FreeBio {
    void operator()(BIO *bio) const { BIO_free_all(bio); }
};
using Bio = std::unique_ptr<BIO, FreeBio>;

/// OpenSSL would otherwise ask on the terminal.
int noPassphrase(char *, int, int, void *)
{
    return -1;
}

std::string textOf(const Bio &bio)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &data);
    return size > 0 ? std::string(data, static_cast<std::size_t>(size)) : std::string();
}

} // namespace

std::string opensslWhy()
{
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    if (!code)
        return "OpenSSL does not say why";
    const char *reason = ERR_reason_error_string(code);
    return reason ? reason : "OpenSSL error " + std::to_string(code);
}

Result<Key> generate(std::string_view use)
{
    Key key;
    if (use == "record")
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    else if (use == "owner")
        key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384"));
    else
        return badInput("make a key", std::string(use), "there is no such use of a key", "Use 'owner' or 'record'.");
    if (!key)
        return environment("make a key", {}, opensslWhy());
    return key;
}

Result<Key> parsePem(std::string_view pem, std::string_view where)
{
    ERR_clear_error();
    const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    Key key;
    if (bio && pem.find("PRIVATE KEY-----") != std::string_view::npos)
        key.reset(PEM_read_bio_PrivateKey(bio.get(), nullptr, noPassphrase, nullptr));
    else if (bio)
        key.reset(PEM_read_bio_PUBKEY(bio.get(), nullptr, noPassphrase, nullptr));
    if (!key) {
        const std::string why = opensslWhy();
        return badInput("read a key", std::string(where), "it is not a PEM key that can be used (" + why + ")",
            "Give a key in PEM form without a passphrase.");
    }
    return key;
}

Result<std::string> toPrivatePem(const Key &key)
{
    // The memory of this kind of BIO is wiped when it is freed.
    const Bio bio(BIO_new(BIO_s_secmem()));
    if (!bio || PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return fail(ErrorKind::Internal, "write a private key", {}, opensslWhy());
    return textOf(bio);
}

Result<std::string> toPublicPem(const Key &key)
{
    const Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_PUBKEY(bio.get(), key.get()) != 1)
        return fail(ErrorKind::Internal, "write a public key", {}, opensslWhy());
    return textOf(bio);
}

Result<Sha256> fingerprint(const Key &key)
{
    unsigned char *der = nullptr;
    const int size = i2d_PUBKEY(key.get(), &der);
    if (size <= 0)
        return fail(ErrorKind::Internal, "encode a public key", {}, opensslWhy());
    const Sha256 digest = sha256(ByteView(der, static_cast<std::size_t>(size)));
    OPENSSL_free(der);
    return digest;
}

std::string useOf(const Key &key)
{
    if (EVP_PKEY_is_a(key.get(), "ED25519"))
        return "record";
    char group[32] = {};
    if (EVP_PKEY_is_a(key.get(), "EC") && EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr) == 1
        && std::string_view(group) == "secp384r1")
        return "owner";
    return {};
}

} // namespace kastellan::keys
