// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/machine/id_signing.h"

#include "core/base/digest.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/core_names.h>
#include <openssl/decoder.h>

#include <algorithm>

namespace kastellan::sev {

namespace {

using Decoder = std::unique_ptr<OSSL_DECODER_CTX, decltype([](OSSL_DECODER_CTX *decoder) { OSSL_DECODER_CTX_free(decoder); })>;
using AnyKey = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY *key) { EVP_PKEY_free(key); })>;

struct Passphrase {
    std::string_view text;
    bool asked = false;
};

int givePassphrase(char *buffer, std::size_t size, std::size_t *length, const OSSL_PARAM *, void *given)
{
    auto &passphrase = *static_cast<Passphrase *>(given);
    passphrase.asked = true;
    if (passphrase.text.empty() || passphrase.text.size() > size)
        return 0;
    *length = passphrase.text.copy(buffer, size);
    return 1;
}

Result<AnyKey> readKey(ByteView file, std::string_view text, std::string_view name, int selection)
{
    const std::string what = "read a key";
    EVP_PKEY *key = nullptr;
    Passphrase passphrase{text};
    const Decoder decoder(OSSL_DECODER_CTX_new_for_pkey(&key, nullptr, nullptr, nullptr, selection, nullptr, nullptr));
    const unsigned char *at = file.data();
    std::size_t left = file.size();
    const bool good = decoder && OSSL_DECODER_CTX_set_passphrase_cb(decoder.get(), givePassphrase, &passphrase) == 1
        && OSSL_DECODER_from_data(decoder.get(), &at, &left) == 1;
    AnyKey owner(key);
    ERR_clear_error();
    if (!good || !owner) {
        if (passphrase.asked && text.empty())
            return badInput(what, std::string(name), "the key is encrypted", "Give the file with its passphrase.");
        if (passphrase.asked)
            return badInput(what, std::string(name), "the key is encrypted, and this is not its passphrase");
        return badInput(what, std::string(name), "it is no key in PEM or DER",
            "Make one with: openssl ecparam -name secp384r1 -genkey -noout -out id.pem");
    }
    char group[64] = {};
    EVP_PKEY_get_group_name(owner.get(), group, sizeof group, nullptr);
    ERR_clear_error();
    if (std::string_view(group) != "secp384r1")
        return badInput(what, std::string(name),
            std::string("it is a key of the kind ")
                + (EVP_PKEY_get0_type_name(owner.get()) ? EVP_PKEY_get0_type_name(owner.get()) : "unknown")
                + (*group ? std::string(" on ") + group : std::string()) + ", and the firmware takes keys on P-384 only",
            "Make one with: openssl ecparam -name secp384r1 -genkey -noout -out id.pem");
    return owner;
}

bool verifies(const FirmwareKey &key, ByteView message, ByteView signature)
{
    const auto parsed = P384Key::fromFirmware(key.view());
    return parsed && parsed->verifies(message, signature.first(72), signature.subspan(72, 72));
}

} // namespace

Result<P384PrivateKey> readSigningKey(ByteView file, std::string_view passphrase, std::string_view name)
{
    KASTELLAN_ASSIGN(const AnyKey key, readKey(file, passphrase, name, EVP_PKEY_KEYPAIR));
    unsigned char *data = nullptr;
    const int size = i2d_PrivateKey(key.get(), &data);
    if (size <= 0) {
        ERR_clear_error();
        return badInput("read a key", std::string(name), "it is a public key, and a private one is needed to sign");
    }
    auto read = P384PrivateKey::fromDer(ByteView(data, static_cast<std::size_t>(size)));
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    return read;
}

Result<FirmwareKey> readFirmwareKey(ByteView file, std::string_view passphrase, std::string_view name)
{
    if (file.size() == FirmwareKey::size && P384Key::fromFirmware(file))
        return FirmwareKey::from(file, name);
    KASTELLAN_ASSIGN(const AnyKey key, readKey(file, passphrase, name, 0));
    FirmwareKey made;
    storeLe<std::uint32_t>(made.bytes, 0, 2);
    for (const auto &[part, offset] : {std::pair{OSSL_PKEY_PARAM_EC_PUB_X, std::size_t{4}}, {OSSL_PKEY_PARAM_EC_PUB_Y, std::size_t{76}}}) {
        BIGNUM *number = nullptr;
        if (EVP_PKEY_get_bn_param(key.get(), part, &number) != 1) {
            ERR_clear_error();
            return badInput("read a key", std::string(name), "it has no public half");
        }
        const BignumPtr owner(number);
        BN_bn2lebinpad(number, made.bytes.data() + offset, 48);
    }
    return made;
}

Sha384 keyDigest(const FirmwareKey &key)
{
    return sha384(key.view());
}

Bytes authenticate(const IdBlock &block, const P384PrivateKey &idKey, const P384PrivateKey *authorKey)
{
    Bytes auth(IdAuthView::size);
    const auto put = [&](std::size_t offset, ByteView bytes) {
        std::ranges::copy(bytes, auth.begin() + static_cast<std::ptrdiff_t>(offset));
    };
    const FirmwareKey key = idKey.publicFirmwareKey();
    storeLe<std::uint32_t>(auth, 0x000, IdAuthView::ecdsaP384Sha384);
    put(0x040, idKey.sign(block.encode()).view());
    put(0x240, key.view());
    if (authorKey) {
        storeLe<std::uint32_t>(auth, 0x004, IdAuthView::ecdsaP384Sha384);
        put(0x680, authorKey->sign(key.view()).view());
        put(0x880, authorKey->publicFirmwareKey().view());
    }
    return auth;
}

Status verifyIdAuth(ByteView block, ByteView auth, bool authorKey)
{
    constexpr const char *what = "verify an ID block";
    KASTELLAN_TRY(IdBlock::decode(block));
    KASTELLAN_ASSIGN(const IdAuthView view, IdAuthView::from(auth));
    KASTELLAN_ASSIGN(const FirmwareKey key, FirmwareKey::from(view.idKey(), "the ID key"));
    if (view.idKeyAlgorithm() != IdAuthView::ecdsaP384Sha384 || !verifies(key, block, view.blockSignature()))
        return fail(ErrorKind::Negative, what, "offset 0x40", "the ID key's signature of the block is wrong");
    if (!authorKey)
        return {};
    KASTELLAN_ASSIGN(const FirmwareKey author, FirmwareKey::from(view.authorKey(), "the author key"));
    if (view.authorKeyAlgorithm() != IdAuthView::ecdsaP384Sha384 || !verifies(author, key.view(), view.idKeySignature()))
        return fail(ErrorKind::Negative, what, "offset 0x680", "the author key's signature of the ID key is wrong");
    return {};
}

} // namespace kastellan::sev
