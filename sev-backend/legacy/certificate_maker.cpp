// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/certificate_maker.h"

#include "core/base/digest.h"
#include "sev-backend/legacy/openssl_handles.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace kastellan::sev::legacy {
namespace {

constexpr std::size_t slotSize = 0x208;

[[noreturn]] void cryptoFailed(const char *what)
{
    std::fprintf(stderr, "kastellan: OpenSSL failed: %s: %s\n", what, opensslReason().c_str());
    std::abort();
}

} // namespace

std::array<std::uint8_t, 144> signSha256(const P384PrivateKey &key, ByteView message)
{
    const Sha256 digest = sha256(message);
    const KeyContext context(EVP_PKEY_CTX_new(key.handle(), nullptr));
    std::array<std::uint8_t, 160> der{};
    std::size_t size = der.size();
    if (!context || EVP_PKEY_sign_init(context.get()) != 1
        || EVP_PKEY_sign(context.get(), der.data(), &size, digest.bytes.data(), digest.bytes.size()) != 1)
        cryptoFailed("EVP_PKEY_sign");
    const unsigned char *at = der.data();
    const EcdsaSigPtr signature(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size)));
    std::array<std::uint8_t, 144> result{};
    if (!signature || BN_bn2lebinpad(ECDSA_SIG_get0_r(signature.get()), result.data(), 72) != 72
        || BN_bn2lebinpad(ECDSA_SIG_get0_s(signature.get()), result.data() + 72, 72) != 72)
        cryptoFailed("d2i_ECDSA_SIG");
    return result;
}

Bytes unsignedCertificate(Usage usage, Algorithm algorithm, const P384PrivateKey &key, std::uint8_t apiMajor, std::uint8_t apiMinor)
{
    Bytes certificate(Certificate::size);
    storeLe<std::uint32_t>(certificate, 0, 1);
    certificate[4] = apiMajor;
    certificate[5] = apiMinor;
    storeLe(certificate, 8, std::uint32_t(usage));
    storeLe(certificate, 12, std::uint32_t(algorithm));
    // A certificate has the numbers of a key as an ID block has them: curve, then 72 bytes a coordinate.
    std::ranges::copy(key.publicFirmwareKey().bytes, certificate.begin() + 0x10);
    for (const std::size_t slot : {Certificate::signedSize, Certificate::signedSize + slotSize})
        storeLe(certificate, slot, std::uint32_t(Usage::Invalid));
    return certificate;
}

void signInto(std::span<std::uint8_t> certificate, int slot, Usage signer, const P384PrivateKey &key)
{
    const auto target = certificate.subspan(Certificate::signedSize + static_cast<std::size_t>(slot) * slotSize, slotSize);
    std::ranges::fill(target, std::uint8_t{0});
    storeLe(target, 0, std::uint32_t(signer));
    storeLe(target, 4, std::uint32_t(Algorithm::EcdsaSha256));
    std::ranges::copy(signSha256(key, certificate.first(Certificate::signedSize)), target.begin() + 8);
}

bool holds(const Certificate &certificate, const P384PrivateKey &key)
{
    return certificate.point() && std::ranges::equal(certificate.bytes().subspan(0x10, FirmwareKey::size), key.publicFirmwareKey().bytes);
}

} // namespace kastellan::sev::legacy
