// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/vlek.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/emulator/certificate_maker.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <ctime>

namespace kastellan::sev {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view magic = "KASTASV1";
constexpr const char *reading = "read the emulated VLEK authority";
constexpr std::size_t seedSize = 64, cspLimit = 64, fileLimit = 32 * 1024;
constexpr std::int64_t day = 86400, leafLife = 365 * day;
constexpr std::uint64_t asvkSerial = 0x101; // above the root's, as AMD numbers them

using CipherContext = OpensslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

Sha256 wrappingKey(const Identity &identity)
{
    return identity.derive("vlek-wrapping");
}

} // namespace

VlekSecret VlekSecret::of(const Identity &identity, const TcbVersion &tcb, std::string csp)
{
    VlekSecret secret;
    csp.resize(std::min(csp.size(), cspLimit));
    secret.csp = std::move(csp);
    for (const char *half : {"vlek-1/", "vlek-2/"}) {
        const Sha256 part = identity.derive(half + toHex(tcb.bytes().bytes) + "/" + secret.csp);
        secret.seed.insert(secret.seed.end(), part.bytes.begin(), part.bytes.end());
    }
    return secret;
}

P384PrivateKey VlekSecret::key() const
{
    return P384PrivateKey::derive(seed);
}

VlekHashstick wrapVlek(const Identity &identity, const TcbVersion &tcb, const VlekSecret &secret)
{
    VlekHashstick stick;
    stick.tcb = tcb.bytes();
    randomBytes(stick.iv);
    Bytes plain = Writer().raw(secret.seed).text(secret.csp).take();
    plain.resize(VlekHashstick::wrappedSize);
    const Sha256 key = wrappingKey(identity);
    const CipherContext context(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool good = context && EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), stick.iv.data(), nullptr) == 1
        && EVP_EncryptUpdate(context.get(), nullptr, &length, stick.tcb.bytes.data(), static_cast<int>(TcbBytes::size)) == 1
        && EVP_EncryptUpdate(context.get(), stick.wrapped.data(), &length, plain.data(), static_cast<int>(plain.size())) == 1
        && EVP_EncryptFinal_ex(context.get(), stick.wrapped.data() + length, &length) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(stick.tag.size()), stick.tag.data()) == 1;
    OPENSSL_cleanse(plain.data(), plain.size());
    if (!good)
        stick = {}; // which nobody unwraps
    return stick;
}

std::optional<VlekSecret> unwrapVlek(const Identity &identity, const VlekHashstick &stick)
{
    const Sha256 key = wrappingKey(identity);
    Bytes plain(VlekHashstick::wrappedSize);
    auto tag = stick.tag;
    const CipherContext context(EVP_CIPHER_CTX_new());
    int length = 0;
    const bool good = context && EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), key.bytes.data(), stick.iv.data(), nullptr) == 1
        && EVP_DecryptUpdate(context.get(), nullptr, &length, stick.tcb.bytes.data(), static_cast<int>(TcbBytes::size)) == 1
        && EVP_DecryptUpdate(context.get(), plain.data(), &length, stick.wrapped.data(), static_cast<int>(stick.wrapped.size())) == 1
        && EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(tag.size()), tag.data()) == 1
        && EVP_DecryptFinal_ex(context.get(), plain.data() + length, &length) == 1;
    ERR_clear_error();
    std::optional<VlekSecret> secret;
    if (good) {
        Reader reader(plain);
        secret.emplace();
        secret->seed = toBytes(reader.raw(seedSize));
        secret->csp = reader.text(cspLimit);
        if (reader.failed() || secret->csp.empty())
            secret.reset();
    }
    OPENSSL_cleanse(plain.data(), plain.size());
    return secret;
}

Result<Authority> openVlekAuthority(const fs::path &folder, const std::string &stem, const Identity &identity, const Profile &profile,
    const EmulatorProgress &progress, const std::stop_token &stop)
{
    const fs::path path = folder / (stem + ".asvk");
    const Authority &root = identity.authority();
    const auto assemble = [&root](
                              ByteView key, ByteView asvk) { return Authority::from(root.arkKey(), toBytes(key), root.ark().der(), asvk); };
    KASTELLAN_TRY(makeFolder(folder));
    KASTELLAN_ASSIGN(const Fd lock, lockFile(folder / (stem + ".asvk.lock")));
    std::error_code ignored;
    if (fs::exists(path, ignored)) {
        KASTELLAN_ASSIGN(const Bytes bytes, readFile(path, fileLimit));
        const std::size_t content = bytes.size() - std::min(bytes.size(), Sha256::size);
        Reader reader(ByteView(bytes).first(content));
        const bool ours = asText(reader.raw(magic.size())) == magic;
        const ByteView key = reader.sized(fileLimit), asvk = reader.sized(fileLimit);
        if (!ours || !reader.finish(reading)
            || !std::ranges::equal(sha256(ByteView(bytes).first(content)).bytes, ByteView(bytes).subspan(content)))
            return environment(reading, path.string(), "it is damaged",
                "Restore it from a backup, or delete it: a new one is made then, under the same root.");
        auto authority = assemble(key, asvk);
        // Of an earlier identity: its root is gone, so this one is of no use any more.
        if (authority && authority->ask().signatureBy(root.ark()))
            return authority;
    }
    KASTELLAN_ASSIGN(const auto keys, makeRsaKeys(static_cast<unsigned>(root.ask().rsaModulus().size() * 8), progress, stop));
    KASTELLAN_ASSIGN(const auto arkKey, privateKeyFromDer(root.arkKey()));
    CertificateRequest request;
    request.commonName = "SEV-VLEK-" + std::string(profile.title);
    request.serial = std::strtoull(root.ark().serial().c_str(), nullptr, 16) + asvkSerial;
    request.notBefore = root.ask().notBefore();
    request.notAfter = root.ask().notAfter();
    request.key = keys[0].get();
    request.issuer = &root.ark();
    request.issuerKey = arkKey.get();
    request.authority = request.lastAuthority = true;
    KASTELLAN_ASSIGN(const Certificate asvk, makeCertificate(request));
    Bytes key = privateKeyDer(keys[0].get());
    Bytes bytes = Writer().raw(asBytes(magic)).sized(key).sized(asvk.der()).take();
    const Sha256 sum = sha256(bytes);
    bytes.insert(bytes.end(), sum.bytes.begin(), sum.bytes.end());
    const auto written = writeFileAtomically(path, bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    KASTELLAN_TRY(written);
    auto authority = assemble(key, asvk.der());
    OPENSSL_cleanse(key.data(), key.size());
    return authority;
}

Result<Certificate> certifyVlek(
    const Authority &authority, const Profile &profile, const TcbVersion &tcb, const VlekSecret &secret, std::int64_t now)
{
    Authority::Leaf leaf;
    leaf.commonName = "SEV-VLEK";
    leaf.productName = profile.productName;
    leaf.structVersion = profile.structVersion;
    leaf.tcb = tcb;
    leaf.cspId = secret.csp;
    leaf.notBefore = now - day;
    leaf.notAfter = now + leafLife;
    return authority.issue(leaf, secret.key().handle());
}

} // namespace kastellan::sev
