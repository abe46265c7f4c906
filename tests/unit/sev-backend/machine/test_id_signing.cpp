// SPDX-License-Identifier: Apache-2.0
// ID blocks and their authentication: published keys and signatures, keys in every form, and each flipped byte refused.
#include "core/base/digest.h"
#include "sev-backend/machine/id_signing.h"
#include "tests/support/vectors.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::vector;

class TestIdSigning : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void publishedKeyDigests();
    void publishedAuthentication();
    void madeAuthenticationHolds();
    void eachFlippedBitIsRefused();
    void keysInEveryForm();
    void keysThatDoNotFit();
};

namespace {

using Memory = std::unique_ptr<BIO, decltype([](BIO *bio) { BIO_free_all(bio); })>;

Bytes contentOf(BIO *bio)
{
    char *data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    return toBytes(std::string_view(data, static_cast<std::size_t>(size)));
}
template <typename Write>
Bytes written(Write write)
{
    const Memory bio(BIO_new(BIO_s_mem()));
    if (write(bio.get()) != 1)
        qFatal("OpenSSL does not write the key");
    return contentOf(bio.get());
}

IdBlock publishedBlock()
{
    IdBlock block;
    block.launchDigest = LaunchDigest::from(
        fromHex("a14d638341e5674628fe1e02fbedebe5e5ab4faf1dd72d8966068e615bb99efd13d214b35c231715b38e263dc6059745").value(), "digest")
                             .value();
    return block;
}

} // namespace

void TestIdSigning::publishedKeyDigests()
{
    KASTELLAN_NEED_VECTORS();
    const auto digest = [](const char *file) { return toBase64(keyDigest(readFirmwareKey(vector(file), {}, file).value()).view()); };
    QCOMPARE(digest("id-block/test_id_key.pem"), std::string("WfssaG36T+9J84M5qndckAUcKNVzg93DuvO160sUlt87DbvcuuX+J2d6ZEggdz/i"));
    QCOMPARE(digest("id-block/test_auth_key.pem"), std::string("7tgRafsMteDsNHlPEo/U4MSkb2fGWhrfqB/LJLzAiMJyNpt//D6ytq9qQoShs2xf"));
}

void TestIdSigning::publishedAuthentication()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes auth = vector("id-block/test_auth_block.bin");
    const auto block = publishedBlock().encode();
    const Status good = verifyIdAuth(block, auth, true);
    QVERIFY2(good, good ? "" : good.error().message().c_str());
    // Ours has the same keys at the same places; signatures are random.
    const auto idKey = readSigningKey(vector("id-block/test_id_key.pem"), {}, "id").value(),
               authorKey = readSigningKey(vector("id-block/test_auth_key.pem"), {}, "author").value();
    const Bytes made = authenticate(publishedBlock(), idKey, &authorKey);
    for (const auto &[from, size] : {std::pair{0x000, 0x040}, {0x240, 0x404 + 0x3c}, {0x880, 0x1000 - 0x880}})
        QCOMPARE(toHex(ByteView(made).subspan(std::size_t(from), std::size_t(size))),
            toHex(ByteView(auth).subspan(std::size_t(from), std::size_t(size))));
}

void TestIdSigning::madeAuthenticationHolds()
{
    const auto idKey = P384PrivateKey::make(), authorKey = P384PrivateKey::make();
    const auto block = publishedBlock().encode();
    const Bytes alone = authenticate(publishedBlock(), idKey, nullptr);
    QCOMPARE(alone.size(), std::size_t(4096));
    QVERIFY(verifyIdAuth(block, alone, false));
    QVERIFY(!verifyIdAuth(block, alone, true));
    const Bytes both = authenticate(publishedBlock(), idKey, &authorKey);
    QVERIFY(verifyIdAuth(block, both, true));
    QVERIFY(IdAuthView::from(both).value().reservedClear());
}

void TestIdSigning::eachFlippedBitIsRefused()
{
    const auto idKey = P384PrivateKey::make(), authorKey = P384PrivateKey::make();
    auto block = publishedBlock().encode();
    Bytes auth = authenticate(publishedBlock(), idKey, &authorKey);
    for (std::size_t i = 0; i < block.size(); ++i) {
        block[i] ^= 1;
        QVERIFY2(!verifyIdAuth(block, auth, true), qPrintable(QString::number(i)));
        block[i] ^= 1;
    }
    const auto flipped = [&](std::size_t i) {
        auth[i] ^= 1;
        const bool refused = !verifyIdAuth(block, auth, true);
        auth[i] ^= 1;
        return refused;
    };
    for (const std::size_t signedPart :
        {0x000u, 0x004u, 0x040u, 0x06fu, 0x088u, 0x240u, 0x244u, 0x28cu, 0x643u, 0x680u, 0x6c8u, 0x880u, 0x884u, 0x8ccu})
        QVERIFY2(flipped(signedPart), qPrintable(QString::number(signedPart, 16)));
    QVERIFY(!verifyIdAuth(block, ByteView(auth).first(4095), true));
    QVERIFY(!verifyIdAuth(ByteView(block).first(95), auth, true));
}

void TestIdSigning::keysInEveryForm()
{
    const auto key = P384PrivateKey::make();
    const FirmwareKey expected = key.publicFirmwareKey();
    EVP_PKEY *handle = key.handle();
    const std::string passphrase = "correct horse";
    const auto *secret = reinterpret_cast<const unsigned char *>(passphrase.data());
    const auto length = static_cast<int>(passphrase.size());
    const std::vector<std::pair<const char *, Bytes>> plain{
        {"traditional PEM",
            written([&](BIO *bio) { return PEM_write_bio_PrivateKey_traditional(bio, handle, nullptr, nullptr, 0, nullptr, nullptr); })},
        {"PKCS#8 PEM",
            written([&](BIO *bio) { return PEM_write_bio_PKCS8PrivateKey(bio, handle, nullptr, nullptr, 0, nullptr, nullptr); })},
        {"traditional DER", key.toDer()},
        {"PKCS#8 DER", written([&](BIO *bio) { return i2d_PKCS8PrivateKey_bio(bio, handle, nullptr, nullptr, 0, nullptr, nullptr); })},
    };
    for (const auto &[name, file] : plain) {
        const auto read = readSigningKey(file, {}, name);
        QVERIFY2(read, name);
        QCOMPARE(read->publicFirmwareKey(), expected);
        QCOMPARE(readFirmwareKey(file, {}, name).value(), expected);
    }
    const std::vector<std::pair<const char *, Bytes>> encrypted{
        {"encrypted PEM", written([&](BIO *bio) {
             return PEM_write_bio_PKCS8PrivateKey(bio, handle, EVP_aes_256_cbc(), passphrase.data(), length, nullptr, nullptr);
         })},
        {"old encrypted PEM", written([&](BIO *bio) {
             return PEM_write_bio_PrivateKey_traditional(bio, handle, EVP_aes_256_cbc(), secret, length, nullptr, nullptr);
         })},
        {"encrypted DER", written([&](BIO *bio) {
             return i2d_PKCS8PrivateKey_bio(bio, handle, EVP_aes_256_cbc(), passphrase.data(), length, nullptr, nullptr);
         })},
    };
    for (const auto &[name, file] : encrypted) {
        QVERIFY2(readSigningKey(file, passphrase, name), name);
        const auto none = readSigningKey(file, {}, name), wrong = readSigningKey(file, "wrong", name);
        QVERIFY2(!none && none.error().why.contains("encrypted") && none.error().remedy.contains("passphrase"), name);
        QVERIFY2(!wrong && wrong.error().why.contains("not its passphrase"), name);
    }
    const Bytes publicPem = written([&](BIO *bio) { return PEM_write_bio_PUBKEY(bio, handle); });
    QCOMPARE(readFirmwareKey(publicPem, {}, "public").value(), expected);
    QVERIFY(!readSigningKey(publicPem, {}, "public"));
    QCOMPARE(readFirmwareKey(expected.view(), {}, "firmware's form").value(), expected);
}

void TestIdSigning::keysThatDoNotFit()
{
    const std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY *key) { EVP_PKEY_free(key); })> p256(EVP_EC_gen("P-256")),
        ed(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
    for (const auto &[key, words] : {std::pair{p256.get(), "prime256v1"}, {ed.get(), "ED25519"}}) {
        const Bytes pem = written([&](BIO *bio) { return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr); });
        const auto read = readSigningKey(pem, {}, "key");
        QVERIFY(!read);
        QVERIFY2(read.error().why.contains(words) && read.error().why.contains("P-384"), read.error().message().c_str());
    }
    for (const char *text : {"", "hello", "-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n"}) {
        const auto read = readSigningKey(asBytes(text), {}, "key");
        QVERIFY(!read && read.error().why.contains("no key"));
    }
}

QTEST_GUILESS_MAIN(TestIdSigning)
#include "test_id_signing.moc"
