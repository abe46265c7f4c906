// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/legacy/owner.h"

#include "core/base/codec.h"
#include "core/base/digest.h"
#include "sev-backend/legacy/ecdh.h"
#include "sev-backend/legacy/signature.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>

namespace kastellan::sev::legacy {
namespace {

constexpr std::size_t maximumTable = 16384;

Result<Bytes> aesCtr(const std::array<std::uint8_t, 16> &key, const std::array<std::uint8_t, 16> &iv, ByteView text)
{
    const std::unique_ptr<EVP_CIPHER_CTX, decltype([](EVP_CIPHER_CTX *context) { EVP_CIPHER_CTX_free(context); })> context(
        EVP_CIPHER_CTX_new());
    Bytes result(text.size());
    int length = 0;
    if (!context || EVP_EncryptInit_ex2(context.get(), EVP_aes_128_ctr(), key.data(), iv.data(), nullptr) != 1
        || EVP_EncryptUpdate(context.get(), result.data(), &length, text.data(), static_cast<int>(text.size())) != 1)
        return fail(ErrorKind::Internal, "encrypt with AES-128-CTR", {}, "OpenSSL refused");
    return result;
}

template <std::size_t Size>
void copyTo(std::array<std::uint8_t, Size> &target, ByteView source)
{
    std::copy_n(source.begin(), Size, target.begin());
}

} // namespace

TransportKeys::~TransportKeys()
{
    OPENSSL_cleanse(tek.data(), tek.size());
    OPENSSL_cleanse(tik.data(), tik.size());
}

Bytes deriveKey(ByteView key, std::string_view label, ByteView context, std::size_t bytes)
{
    Bytes derived;
    for (std::uint32_t counter = 1; derived.size() < bytes; ++counter) {
        const Bytes block = Writer()
                                .number(counter)
                                .raw(asBytes(label))
                                .number<std::uint8_t>(0)
                                .raw(context)
                                .number(static_cast<std::uint32_t>(bytes * 8))
                                .take();
        const Sha256 mac = hmacSha256(key, {block});
        derived.insert(derived.end(), mac.bytes.begin(), mac.bytes.end());
    }
    derived.resize(bytes);
    return derived;
}

Bytes sessionBlob(ByteView z, const TransportKeys &keys, Policy policy, const SessionRandom &random)
{
    Bytes master = deriveKey(z, "sev-master-secret", random.nonce, 16);
    Bytes kek = deriveKey(master, "sev-kek", {}, 16), kik = deriveKey(master, "sev-kik", {}, 16);
    Bytes plain = Writer().raw(keys.tek).raw(keys.tik).take();
    std::array<std::uint8_t, 16> kekArray{};
    copyTo(kekArray, kek);
    Bytes wrapped = aesCtr(kekArray, random.iv, plain).value_or(Bytes{});
    const Sha256 wrapMac = hmacSha256(kik, {wrapped});
    const Bytes policyBytes = Writer().number(policy).take();
    const Sha256 policyMac = hmacSha256(keys.tik, {policyBytes});
    for (Bytes *secret : {&master, &kek, &kik, &plain})
        OPENSSL_cleanse(secret->data(), secret->size());
    OPENSSL_cleanse(kekArray.data(), kekArray.size());
    return Writer().raw(random.nonce).raw(wrapped).raw(random.iv).raw(wrapMac.view()).raw(policyMac.view()).take();
}

Result<std::pair<LaunchBlob, TransportKeys>> newSession(const Certificate &pdh, Policy policy)
{
    const auto point = pdh.point();
    if (pdh.usage() != Usage::Pdh || !point)
        return badInput("start a session", {},
            "the certificate is a " + nameOf(pdh.usage()) + ", and a PDH with an elliptic curve key is needed",
            "Give the platform's PDH (pdh.cert, or the first 2084 bytes of a sevctl export).");
    KASTELLAN_ASSIGN(EphemeralKey own, EphemeralKey::make(point->curve));
    KASTELLAN_ASSIGN(Bytes z, own.agree(*point));
    TransportKeys keys;
    SessionRandom random;
    randomBytes(keys.tek);
    randomBytes(keys.tik);
    randomBytes(random.nonce);
    randomBytes(random.iv);
    LaunchBlob blob{own.godhCertificate(pdh.apiMajor(), pdh.apiMinor()), sessionBlob(z, keys, policy, random)};
    OPENSSL_cleanse(z.data(), z.size());
    return std::pair{std::move(blob), keys};
}

Result<LaunchMeasure> LaunchMeasure::parse(ByteView bytes, std::string_view name)
{
    if (bytes.size() != 48)
        return badInput("read a launch measurement", std::string(name),
            "it has " + std::to_string(bytes.size()) + " bytes, and needs 48: measure and nonce");
    LaunchMeasure measure;
    std::copy_n(bytes.begin(), 32, measure.measure.bytes.begin());
    copyTo(measure.nonce, bytes.subspan(32));
    return measure;
}

Bytes LaunchMeasure::bytes() const
{
    return Writer().raw(measure.view()).raw(nonce).take();
}

Sha256 launchMeasurement(const std::array<std::uint8_t, 16> &tik, const PlatformBuild &build, Policy policy, const Sha256 &launchDigest,
    const std::array<std::uint8_t, 16> &nonce)
{
    Writer writer;
    if (build.apiMajor > 0 || build.apiMinor >= 17)
        writer.number<std::uint8_t>(4).number(build.apiMajor).number(build.apiMinor).number(build.build);
    const Bytes message = writer.number(policy).raw(launchDigest.view()).raw(nonce).take();
    return hmacSha256(tik, {message});
}

Result<SecretPacket> sealSecret(ByteView table, const TransportKeys &keys, const Sha256 &measure, const std::array<std::uint8_t, 16> &iv)
{
    if (table.empty() || table.size() % 16 || table.size() > maximumTable)
        return badInput(
            "seal a secret", {}, "it has " + std::to_string(table.size()) + " bytes, and a multiple of 16 up to 16384 is needed");
    KASTELLAN_ASSIGN(Bytes payload, aesCtr(keys.tek, iv, table));
    const std::uint32_t flags = 0, length = static_cast<std::uint32_t>(table.size());
    const Bytes head = Writer().number<std::uint8_t>(1).number(flags).raw(iv).number(length).number(length).take();
    const Sha256 mac = hmacSha256(keys.tik, {head, payload, measure.view()});
    return SecretPacket{Writer().number(flags).raw(iv).raw(mac.view()).take(), std::move(payload)};
}

Result<AttestationReport> AttestationReport::parse(ByteView bytes, std::string_view name)
{
    if (bytes.size() != 208)
        return badInput(
            "read a SEV attestation report", std::string(name), "it has " + std::to_string(bytes.size()) + " bytes, and needs 208");
    return AttestationReport{toBytes(bytes)};
}

bool AttestationReport::signedBy(const Certificate &pek) const
{
    const auto point = pek.point();
    const auto usage = Usage(loadLe<std::uint32_t>(bytes, 0x34));
    const auto algorithm = Algorithm(loadLe<std::uint32_t>(bytes, 0x38));
    // The signature covers neither its own description nor the reserved bytes behind it: those have to be as they must.
    return point && pek.usage() == Usage::Pek && usage == Usage::Pek && algorithm == pek.algorithm()
        && loadLe<std::uint32_t>(bytes, 0x3c) == 0
        && verifyEcdsa(*point, algorithm, ByteView(bytes).first(0x34), ByteView(bytes).subspan(0x40, 144));
}

} // namespace kastellan::sev::legacy
