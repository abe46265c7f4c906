// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/oca.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/pem.h>

#include <algorithm>

namespace kastellan::sev {
namespace {

using legacy::Algorithm;
using legacy::Usage;

constexpr std::size_t firstSlot = 0x414, secondSlot = 0x61c, coordinateX = 0x14, coordinateY = 0x5c, coordinate = 72;
/// The legacy API that these certificates are written for.
constexpr std::uint8_t apiMajor = 0, apiMinor = 24;

std::unexpected<Error> refused(std::string what)
{
    return fail(ErrorKind::Internal, std::move(what), {}, "OpenSSL refused: " + opensslReason());
}

Bytes coordinateOf(EVP_PKEY *key, const char *name)
{
    BIGNUM *value = nullptr;
    Bytes little(coordinate);
    if (EVP_PKEY_get_bn_param(key, name, &value) != 1)
        return {};
    const BignumPtr owner(value);
    return BN_bn2lebinpad(value, little.data(), static_cast<int>(little.size())) < 0 ? Bytes{} : little;
}

void putSignature(Bytes &certificate, std::size_t slot, Usage signer, ByteView signature)
{
    storeLe(certificate, slot, static_cast<std::uint32_t>(signer));
    storeLe(certificate, slot + 4, static_cast<std::uint32_t>(Algorithm::EcdsaSha256));
    std::ranges::copy(signature, certificate.begin() + static_cast<std::ptrdiff_t>(slot + 8));
}

void emptySlot(Bytes &certificate, std::size_t slot)
{
    storeLe(certificate, slot, static_cast<std::uint32_t>(Usage::Invalid));
}

std::string quoted(Usage usage)
{
    return "'" + legacy::nameOf(usage) + "'";
}

Result<legacy::Certificate> readAs(ByteView file, std::string_view name, Usage usage, const char *what)
{
    KASTELLAN_ASSIGN(legacy::Certificate certificate, legacy::Certificate::parse(file, name));
    if (certificate.usage() != usage)
        return badInput(what, std::string(name), "its key is for " + quoted(certificate.usage()) + ", and " + quoted(usage) + " is needed",
            "Check that this is the file that was meant.");
    return certificate;
}

int noPassphrase(char *, int, int, void *)
{
    return -1;
}

Result<Bytes> contentOf(BIO *memory, const char *what)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    if (size <= 0)
        return refused(what);
    return Bytes(data, data + size);
}

} // namespace

void wipe(Bytes &secret)
{
    if (!secret.empty())
        OPENSSL_cleanse(secret.data(), secret.size());
    secret.clear();
}

Result<OcaKey> OcaKey::make()
{
    std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-384"), EVP_PKEY_free);
    if (!key)
        return refused("make the owner's key");
    return OcaKey(std::move(key));
}

Result<OcaKey> OcaKey::read(ByteView file, std::string_view name)
{
    const char *what = "read the owner's key";
    constexpr std::size_t limit = 64u << 10;
    if (file.empty() || file.size() > limit)
        return badInput(what, std::string(name), "it has " + std::to_string(file.size()) + " bytes: no key has that many");
    const bool pem = asText(file).find("-----BEGIN") != std::string_view::npos;
    if (pem && asText(file).find("ENCRYPTED") != std::string_view::npos)
        return badInput(what, std::string(name), "it is encrypted, and this command asks for no passphrase",
            "Decrypt it to where only you can read it: openssl pkey -in KEY -out PLAIN; and remove that file afterwards.");
    KeyPtr key;
    if (pem) {
        const BioPtr memory(BIO_new_mem_buf(file.data(), static_cast<int>(file.size())));
        key.reset(memory ? PEM_read_bio_PrivateKey(memory.get(), nullptr, noPassphrase, nullptr) : nullptr);
    } else {
        const unsigned char *at = file.data();
        key.reset(d2i_AutoPrivateKey(nullptr, &at, static_cast<long>(file.size())));
        if (key && at != file.data() + file.size())
            key.reset();
    }
    ERR_clear_error();
    if (!key)
        return badInput(what, std::string(name), "it is no private key in PEM or DER",
            "Give the key that 'keepctl host generate-oca', sevctl or openssl wrote.");
    char group[32] = {};
    std::size_t length = 0;
    if (EVP_PKEY_get_group_name(key.get(), group, sizeof group, &length) != 1 || std::string_view(group, length) != "secp384r1")
        return badInput(what, std::string(name), "it is not on the curve P-384, which the firmware asks for",
            "Make one with 'keepctl host generate-oca', or with openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384.");
    return OcaKey(std::shared_ptr<EVP_PKEY>(key.release(), EVP_PKEY_free));
}

Result<Bytes> OcaKey::toPem() const
{
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), m_key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return refused("write the owner's key");
    return contentOf(memory.get(), "write the owner's key");
}

Result<Bytes> OcaKey::toDer() const
{
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || i2d_PKCS8PrivateKey_bio(memory.get(), m_key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return refused("write the owner's key");
    return contentOf(memory.get(), "write the owner's key");
}

Result<Bytes> OcaKey::sign(ByteView message) const
{
    const char *what = "sign with the owner's key";
    const DigestContextPtr context(EVP_MD_CTX_new());
    std::size_t length = 0;
    if (!context || EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, m_key.get(), nullptr) != 1
        || EVP_DigestSign(context.get(), nullptr, &length, message.data(), message.size()) != 1)
        return refused(what);
    Bytes der(length);
    if (EVP_DigestSign(context.get(), der.data(), &length, message.data(), message.size()) != 1)
        return refused(what);
    const unsigned char *at = der.data();
    const EcdsaSigPtr parsed(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
    Bytes signature(2 * coordinate);
    if (!parsed || BN_bn2lebinpad(ECDSA_SIG_get0_r(parsed.get()), signature.data(), coordinate) < 0
        || BN_bn2lebinpad(ECDSA_SIG_get0_s(parsed.get()), signature.data() + coordinate, coordinate) < 0)
        return refused(what);
    return signature;
}

Result<Bytes> OcaKey::certificate() const
{
    const Bytes x = coordinateOf(m_key.get(), OSSL_PKEY_PARAM_EC_PUB_X), y = coordinateOf(m_key.get(), OSSL_PKEY_PARAM_EC_PUB_Y);
    if (x.empty() || y.empty())
        return refused("make the owner's certificate");
    Bytes certificate(legacy::Certificate::size);
    storeLe<std::uint32_t>(certificate, 0, 1);
    certificate[4] = apiMajor;
    certificate[5] = apiMinor;
    storeLe(certificate, 8, static_cast<std::uint32_t>(Usage::Oca));
    storeLe(certificate, 12, static_cast<std::uint32_t>(Algorithm::EcdsaSha256));
    storeLe<std::uint32_t>(certificate, 0x10, 2); // P-384
    std::ranges::copy(x, certificate.begin() + coordinateX);
    std::ranges::copy(y, certificate.begin() + coordinateY);
    KASTELLAN_ASSIGN(const Bytes signature, sign(ByteView(certificate).first(legacy::Certificate::signedSize)));
    putSignature(certificate, firstSlot, Usage::Oca, signature);
    emptySlot(certificate, secondSlot);
    return certificate;
}

bool OcaKey::belongsTo(const legacy::Certificate &oca) const
{
    const auto point = oca.point();
    return point && point->curve == 2 && std::ranges::equal(point->x, coordinateOf(m_key.get(), OSSL_PKEY_PARAM_EC_PUB_X))
        && std::ranges::equal(point->y, coordinateOf(m_key.get(), OSSL_PKEY_PARAM_EC_PUB_Y));
}

Result<legacy::Certificate> readOca(ByteView file, std::string_view name)
{
    KASTELLAN_ASSIGN(legacy::Certificate oca, readAs(file, name, Usage::Oca, "read the owner's certificate"));
    if (!legacy::signedBy(oca, oca))
        return badInput("read the owner's certificate", std::string(name), "its signature by itself is wrong",
            "Make it anew with 'keepctl host generate-oca'.");
    return oca;
}

Result<legacy::Certificate> readCsr(ByteView file, std::string_view name)
{
    KASTELLAN_ASSIGN(legacy::Certificate csr, readAs(file, name, Usage::Pek, "read the CSR"));
    for (const int slot : {0, 1})
        if (csr.slot(slot).usage != Usage::Invalid)
            return badInput("read the CSR", std::string(name),
                "it is signed already, by " + quoted(csr.slot(slot).usage) + ": it is no request", "Give what 'keepctl host csr' wrote.");
    return csr;
}

Result<legacy::Certificate> readSignedPek(ByteView file, std::string_view name, const legacy::Certificate &oca)
{
    KASTELLAN_ASSIGN(legacy::Certificate pek, readAs(file, name, Usage::Pek, "read the signed PEK"));
    if (!legacy::signedBy(pek, oca))
        return badInput("read the signed PEK", std::string(name),
            pek.slot(0).usage == Usage::Invalid && pek.slot(1).usage == Usage::Invalid
                ? "nobody has signed it: it is still the request"
                : "it is not signed by the owner's certificate that was given",
            "Sign the CSR with 'keepctl host sign-csr', and give the certificate of that owner.");
    return pek;
}

Result<Bytes> signCsr(const legacy::Certificate &csr, const legacy::Certificate &oca, const OcaKey &key)
{
    if (!key.belongsTo(oca))
        return badInput("sign the CSR", {}, "the owner's key is not the one of the owner's certificate",
            "Give the key and the certificate that were made together.");
    KASTELLAN_ASSIGN(const Bytes signature, key.sign(csr.signedBytes()));
    Bytes pek = toBytes(csr.bytes());
    putSignature(pek, firstSlot, Usage::Oca, signature);
    emptySlot(pek, secondSlot);
    return pek;
}

} // namespace kastellan::sev
