// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/firmware/oca.h"

#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/legacy/certificate_maker.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>

namespace kastellan::sev {
namespace {

using legacy::Algorithm;
using legacy::Usage;

/// The legacy API that these certificates are written for.
constexpr std::uint8_t apiMajor = 0, apiMinor = 24;

std::unexpected<Error> refused(std::string what)
{
    return fail(ErrorKind::Internal, std::move(what), {}, "OpenSSL refused: " + opensslReason());
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

OcaKey OcaKey::make()
{
    return OcaKey(P384PrivateKey::make());
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
    unsigned char *data = nullptr;
    const int size = i2d_PrivateKey(key.get(), &data);
    const std::size_t length = size > 0 ? static_cast<std::size_t>(size) : 0;
    auto made = P384PrivateKey::fromDer({data, length});
    OPENSSL_clear_free(data, length);
    if (!made)
        return badInput(what, std::string(name), made.error().why + ", and the firmware asks for a key on the curve P-384",
            "Make one with 'keepctl host generate-oca', or with openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384.");
    return OcaKey(std::move(*made));
}

Result<Bytes> OcaKey::toPem() const
{
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), m_key.handle(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return refused("write the owner's key");
    return contentOf(memory.get(), "write the owner's key");
}

Result<Bytes> OcaKey::toDer() const
{
    const BioPtr memory(BIO_new(BIO_s_secmem()));
    if (!memory || i2d_PKCS8PrivateKey_bio(memory.get(), m_key.handle(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
        return refused("write the owner's key");
    return contentOf(memory.get(), "write the owner's key");
}

Bytes OcaKey::certificate() const
{
    Bytes certificate = legacy::unsignedCertificate(Usage::Oca, Algorithm::EcdsaSha256, m_key, apiMajor, apiMinor);
    legacy::signInto(certificate, 0, Usage::Oca, m_key);
    return certificate;
}

bool OcaKey::belongsTo(const legacy::Certificate &oca) const
{
    return legacy::holds(oca, m_key);
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
    Bytes pek = toBytes(csr.bytes());
    legacy::signInto(pek, 0, Usage::Oca, key.key());
    return pek;
}

} // namespace kastellan::sev
