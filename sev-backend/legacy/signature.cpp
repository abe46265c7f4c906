// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/signature.h"

#include "sev-backend/certificates/rsa_key.h"
#include "sev-backend/legacy/openssl_handles.h"

#include <openssl/rsa.h>

#include <algorithm>
#include <memory>

namespace kastellan::sev::legacy {
namespace {

using Builder = OpensslPtr<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free>;
using Params = OpensslPtr<OSSL_PARAM, OSSL_PARAM_free>;
using Signature = EcdsaSigPtr;

Number numberFrom(ByteView littleEndian)
{
    return Number(BN_lebin2bn(littleEndian.data(), static_cast<int>(littleEndian.size()), nullptr));
}

Key ecKeyFrom(OSSL_PARAM_BLD *builder)
{
    const Params params(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
    EVP_PKEY *key = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1
        || EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) != 1)
        return nullptr;
    return Key(key);
}

} // namespace

Key publicKey(const EcPoint &point)
{
    const std::ptrdiff_t size = point.curve == 1 ? 32 : 48;
    const auto tailIsZero = [&](const auto &coordinate) {
        return std::all_of(coordinate.begin() + size, coordinate.end(), [](auto byte) { return byte == 0; });
    };
    if (!tailIsZero(point.x) || !tailIsZero(point.y))
        return nullptr;
    Bytes encoded(static_cast<std::size_t>(1 + 2 * size));
    encoded[0] = 4; // uncompressed
    std::reverse_copy(point.x.begin(), point.x.begin() + size, encoded.begin() + 1);
    std::reverse_copy(point.y.begin(), point.y.begin() + size, encoded.begin() + 1 + size);
    const Builder builder(OSSL_PARAM_BLD_new());
    if (!builder || OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, point.curve == 1 ? "P-256" : "P-384", 0) != 1
        || OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, encoded.data(), encoded.size()) != 1)
        return nullptr;
    return ecKeyFrom(builder.get());
}

Key publicKey(ByteView modulus, ByteView exponent)
{
    const Number n = numberFrom(modulus), e = numberFrom(exponent);
    return rsaPublicKey(n.get(), e.get());
}

bool verifyEcdsa(const EcPoint &point, Algorithm algorithm, ByteView message, ByteView signature)
{
    if (signature.size() < 144)
        return false;
    const Key key = publicKey(point);
    const Signature parsed(ECDSA_SIG_new());
    Number r = numberFrom(signature.first(72)), s = numberFrom(signature.subspan(72, 72));
    if (!key || !parsed || !r || !s || ECDSA_SIG_set0(parsed.get(), r.get(), s.get()) != 1)
        return false;
    r.release(), s.release(); // the signature owns them now
    unsigned char *der = nullptr;
    const int length = i2d_ECDSA_SIG(parsed.get(), &der);
    const std::unique_ptr<unsigned char, decltype([](unsigned char *memory) { OPENSSL_free(memory); })> owner(der);
    const bool sha384 = algorithm == Algorithm::EcdsaSha384 || algorithm == Algorithm::EcdhSha384;
    const DigestContext context(EVP_MD_CTX_new());
    return length > 0 && context
        && EVP_DigestVerifyInit_ex(context.get(), nullptr, sha384 ? "SHA384" : "SHA256", nullptr, nullptr, key.get(), nullptr) == 1
        && EVP_DigestVerify(context.get(), der, static_cast<std::size_t>(length), message.data(), message.size()) == 1;
}

bool verifyRsaPss(ByteView modulus, ByteView exponent, ByteView message, ByteView signature)
{
    const Key key = publicKey(modulus, exponent);
    if (!key)
        return false;
    Bytes bigEndian(signature.rbegin(), signature.rend());
    const DigestContext context(EVP_MD_CTX_new());
    EVP_PKEY_CTX *keyContext = nullptr; // owned by the digest context
    return context
        && EVP_DigestVerifyInit_ex(
               context.get(), &keyContext, modulus.size() == 256 ? "SHA256" : "SHA384", nullptr, nullptr, key.get(), nullptr)
        == 1
        && EVP_PKEY_CTX_set_rsa_padding(keyContext, RSA_PKCS1_PSS_PADDING) == 1
        && EVP_PKEY_CTX_set_rsa_pss_saltlen(keyContext, RSA_PSS_SALTLEN_DIGEST) == 1
        && EVP_DigestVerify(context.get(), bigEndian.data(), bigEndian.size(), message.data(), message.size()) == 1;
}

} // namespace kastellan::sev::legacy
