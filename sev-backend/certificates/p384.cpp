// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/certificates/p384.h"

#include "core/base/digest.h"
#include "sev-backend/certificates/openssl_handles.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace kastellan::sev {
namespace {

constexpr std::size_t coordinate = 48;

[[noreturn]] void cryptoFailed(const char *what)
{
    std::fprintf(stderr, "kastellan: OpenSSL failed: %s: %s\n", what, opensslReason().c_str());
    std::abort();
}

bool isZero(ByteView bytes)
{
    return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

/// Appends a DER INTEGER of a little-endian number of at most 48 bytes.
void appendInteger(Bytes &der, ByteView little)
{
    std::size_t size = coordinate;
    while (size > 1 && little[size - 1] == 0)
        --size;
    const bool pad = little[size - 1] & 0x80;
    der.push_back(0x02);
    der.push_back(static_cast<std::uint8_t>(size + pad));
    if (pad)
        der.push_back(0);
    for (std::size_t i = size; i-- > 0;)
        der.push_back(little[i]);
}

} // namespace

Result<P384Key> P384Key::of(const Certificate &certificate)
{
    if (!certificate.isP384())
        return badInput("use the key of a certificate", certificate.subject(),
            "it is " + certificate.keyText() + ", and reports are signed with a key on P-384");
    EVP_PKEY_up_ref(certificate.key());
    return P384Key(std::shared_ptr<EVP_PKEY>(certificate.key(), EVP_PKEY_free));
}

Result<P384Key> P384Key::fromFirmware(ByteView key)
{
    constexpr const char *what = "read a public key in the firmware's form";
    if (key.size() != 0x404)
        return badInput(what, {}, "it has " + std::to_string(key.size()) + " bytes, and needs 1028");
    if (loadLe<std::uint32_t>(key, 0) != 2)
        return badInput(what, "offset 0", "the curve is " + std::to_string(loadLe<std::uint32_t>(key, 0)) + ", and P-384 is 2");
    if (!isZero(key.subspan(4 + coordinate, 72 - coordinate)) || !isZero(key.subspan(76 + coordinate, 0x404 - 76 - coordinate)))
        return badInput(what, {}, "a byte that has to be zero is not");
    std::array<std::uint8_t, 1 + 2 * coordinate> point{4};
    std::ranges::reverse_copy(key.subspan(4, coordinate), point.begin() + 1);
    std::ranges::reverse_copy(key.subspan(76, coordinate), point.begin() + 1 + coordinate);
    char group[] = "P-384";
    const OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()),
        OSSL_PARAM_construct_end(),
    };
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY *made = nullptr;
    if (!context || EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, const_cast<OSSL_PARAM *>(parameters)) != 1) {
        ERR_clear_error();
        return badInput(what, {}, "it is not a point on P-384");
    }
    return P384Key(std::shared_ptr<EVP_PKEY>(made, EVP_PKEY_free));
}

bool P384Key::verifies(ByteView message, ByteView r, ByteView s) const
{
    if (r.size() != 72 || s.size() != 72 || !isZero(r.subspan(coordinate)) || !isZero(s.subspan(coordinate)))
        return false;
    Bytes der;
    der.reserve(2 * coordinate + 16);
    der.assign(2, 0);
    appendInteger(der, r);
    appendInteger(der, s);
    der[0] = 0x30;
    der[1] = static_cast<std::uint8_t>(der.size() - 2); // two numbers of at most 51 bytes each
    const Sha384 digest = sha384(message);
    const KeyContextPtr context(EVP_PKEY_CTX_new(m_key.get(), nullptr));
    if (!context || EVP_PKEY_verify_init(context.get()) != 1)
        cryptoFailed("EVP_PKEY_verify_init");
    const bool good = EVP_PKEY_verify(context.get(), der.data(), der.size(), digest.bytes.data(), digest.bytes.size()) == 1;
    if (!good)
        ERR_clear_error();
    return good;
}

P384PrivateKey P384PrivateKey::make()
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-384");
    if (!key)
        cryptoFailed("EVP_PKEY_Q_keygen");
    return P384PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

P384PrivateKey P384PrivateKey::derive(ByteView seed)
{
    const OpensslPtr<BN_CTX, BN_CTX_free> numbers(BN_CTX_secure_new());
    const OpensslPtr<EC_GROUP, EC_GROUP_free> group(EC_GROUP_new_by_curve_name(NID_secp384r1));
    const OpensslPtr<BIGNUM, BN_clear_free> scalar(BN_bin2bn(seed.data(), static_cast<int>(seed.size()), nullptr));
    const BignumPtr range(group ? BN_dup(EC_GROUP_get0_order(group.get())) : nullptr);
    const OpensslPtr<EC_POINT, EC_POINT_free> point(group ? EC_POINT_new(group.get()) : nullptr);
    // Into 1 to order - 1: 512 bits make the bias of the remainder too small to matter.
    if (!numbers || !scalar || !range || !point || BN_sub_word(range.get(), 1) != 1
        || BN_mod(scalar.get(), scalar.get(), range.get(), numbers.get()) != 1 || BN_add_word(scalar.get(), 1) != 1
        || EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, numbers.get()) != 1)
        cryptoFailed("EC_POINT_mul");
    std::array<std::uint8_t, 1 + 2 * coordinate> octets{};
    if (EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, octets.data(), octets.size(), numbers.get())
        != octets.size())
        cryptoFailed("EC_POINT_point2oct");
    const OpensslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-384", 0);
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, octets.data(), octets.size());
    OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_PRIV_KEY, scalar.get());
    const OpensslPtr<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder.get()));
    const KeyContextPtr context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY *key = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_KEYPAIR, parameters.get()) != 1)
        cryptoFailed("EVP_PKEY_fromdata");
    return P384PrivateKey(std::shared_ptr<EVP_PKEY>(key, EVP_PKEY_free));
}

Result<P384PrivateKey> P384PrivateKey::fromDer(ByteView der)
{
    const unsigned char *at = der.data();
    std::shared_ptr<EVP_PKEY> key(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(der.size())), EVP_PKEY_free);
    char group[64] = {};
    if (key)
        EVP_PKEY_get_group_name(key.get(), group, sizeof group, nullptr);
    const bool right = std::string_view(group) == "secp384r1";
    // Signing with a number that is none of the curve's fails, which sign() does not expect.
    const KeyContextPtr context(right ? EVP_PKEY_CTX_new(key.get(), nullptr) : nullptr);
    const bool good = context && EVP_PKEY_check(context.get()) == 1;
    ERR_clear_error();
    if (!right)
        return badInput("read a private key", {}, "it is not a key on P-384 in DER");
    if (!good)
        return badInput("read a private key", {}, "its private number and its public point do not belong together");
    return P384PrivateKey(std::move(key));
}

Bytes P384PrivateKey::toDer() const
{
    unsigned char *data = nullptr;
    const int size = i2d_PrivateKey(m_key.get(), &data);
    if (size <= 0)
        cryptoFailed("i2d_PrivateKey");
    Bytes der(data, data + size);
    OPENSSL_clear_free(data, static_cast<std::size_t>(size));
    return der;
}

P384Signature P384PrivateKey::sign(ByteView message) const
{
    const Sha384 digest = sha384(message);
    const KeyContextPtr context(EVP_PKEY_CTX_new(m_key.get(), nullptr));
    std::array<std::uint8_t, 160> der{};
    std::size_t size = der.size();
    if (!context || EVP_PKEY_sign_init(context.get()) != 1
        || EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.bytes.size()) != 1)
        cryptoFailed("EVP_PKEY_sign");
    const unsigned char *at = der.data();
    const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    P384Signature result;
    if (!signature || BN_bn2lebinpad(ECDSA_SIG_get0_r(signature.get()), result.bytes.data(), 72) != 72
        || BN_bn2lebinpad(ECDSA_SIG_get0_s(signature.get()), result.bytes.data() + 72, 72) != 72)
        cryptoFailed("d2i_ECDSA_SIG");
    return result;
}

FirmwareKey P384PrivateKey::publicFirmwareKey() const
{
    FirmwareKey key;
    storeLe<std::uint32_t>(key.bytes, 0, 2);
    const auto put = [&](const char *name, std::size_t offset) {
        BIGNUM *number = nullptr;
        if (EVP_PKEY_get_bn_param(m_key.get(), name, &number) != 1)
            cryptoFailed("EVP_PKEY_get_bn_param");
        const BignumPtr owner(number);
        BN_bn2lebinpad(number, key.bytes.data() + offset, coordinate);
    };
    put(OSSL_PKEY_PARAM_EC_PUB_X, 4);
    put(OSSL_PKEY_PARAM_EC_PUB_Y, 76);
    return key;
}

} // namespace kastellan::sev
