// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/ecdh.h"

#include "sev-backend/legacy/openssl_handles.h"

#include <algorithm>

namespace kastellan::sev::legacy {
namespace {

std::unexpected<Error> refused(std::string_view what)
{
    return fail(ErrorKind::Internal, std::string(what), {}, "OpenSSL refused");
}

} // namespace

void EphemeralKey::Free::operator()(evp_pkey_st *key) const
{
    EVP_PKEY_free(key);
}

Result<EphemeralKey> EphemeralKey::make(std::uint32_t curve)
{
    EphemeralKey key;
    key.m_curve = curve;
    key.m_key.reset(EVP_EC_gen(curve == 1 ? "P-256" : "P-384"));
    if (!key.m_key)
        return refused("make a key");
    return key;
}

Result<Bytes> EphemeralKey::agree(const EcPoint &peer) const
{
    if (peer.curve != m_curve)
        return badInput("agree on a key", {}, "the two keys lie on different curves");
    const Key other = publicKey(peer);
    if (!other)
        return badInput(
            "agree on a key", {}, "the platform's key is not a point of its curve", "Check that the PDH certificate was copied whole.");
    const KeyContext context(EVP_PKEY_CTX_new(m_key.get(), nullptr));
    std::size_t length = 0;
    if (!context || EVP_PKEY_derive_init(context.get()) != 1 || EVP_PKEY_derive_set_peer(context.get(), other.get()) != 1
        || EVP_PKEY_derive(context.get(), nullptr, &length) != 1)
        return refused("agree on a key");
    Bytes z(length);
    if (EVP_PKEY_derive(context.get(), z.data(), &length) != 1)
        return refused("agree on a key");
    z.resize(length);
    return z;
}

Bytes EphemeralKey::godhCertificate(std::uint8_t apiMajor, std::uint8_t apiMinor) const
{
    Bytes certificate(Certificate::size);
    storeLe<std::uint32_t>(certificate, 0, 1);
    certificate[4] = apiMajor;
    certificate[5] = apiMinor;
    storeLe(certificate, 8, std::uint32_t(Usage::Pdh));
    storeLe(certificate, 12, std::uint32_t(m_curve == 1 ? Algorithm::EcdhSha256 : Algorithm::EcdhSha384));
    storeLe(certificate, 0x10, m_curve);
    const auto put = [&](const char *name, std::ptrdiff_t offset) {
        BIGNUM *value = nullptr;
        EVP_PKEY_get_bn_param(m_key.get(), name, &value);
        const Number owner(value);
        BN_bn2lebinpad(value, certificate.data() + offset, 72);
    };
    put(OSSL_PKEY_PARAM_EC_PUB_X, 0x14);
    put(OSSL_PKEY_PARAM_EC_PUB_Y, 0x5c);
    for (std::size_t slot : {std::size_t(0x414), std::size_t(0x61c)})
        storeLe(certificate, slot, std::uint32_t(Usage::Invalid));
    return certificate;
}

} // namespace kastellan::sev::legacy
