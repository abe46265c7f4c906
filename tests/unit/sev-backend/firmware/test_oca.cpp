// SPDX-License-Identifier: Apache-2.0
// Owners' keys, what they sign, and hashsticks: what is good, and what is refused with its cause.
#include "emulated_fixture.h"
#include "sev-backend/certificates/openssl_handles.h"
#include "sev-backend/firmware/hashstick.h"
#include "sev-backend/firmware/oca.h"
#include "sev-backend/firmware/platform.h"

#include <QtTest/QTest>

#include <openssl/pem.h>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;

namespace {

template <typename T>
std::string whyOf(const Result<T> &result)
{
    return result ? std::string() : result.error().message();
}

Bytes pemOf(EVP_PKEY *key, const EVP_CIPHER *cipher)
{
    const BioPtr memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key, cipher, "passphrase", 10, nullptr, nullptr);
    char *data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return Bytes(data, data + size);
}

} // namespace

class TestOca : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keyAndCertificateBelongTogether()
    {
        const auto key = OcaKey::make();
        const auto certificate = key.certificate();
        QCOMPARE(certificate.size(), 2084u);
        const auto oca = readOca(certificate, "oca");
        QVERIFY2(oca, whyOf(oca).c_str());
        QVERIFY(key.belongsTo(*oca) && !OcaKey::make().belongsTo(*oca));
        // Every bit of what is signed counts.
        for (const std::size_t at : {std::size_t{4}, std::size_t{0x14}, std::size_t{0x413}, std::size_t{0x41c}}) {
            Bytes broken = certificate;
            broken[at] ^= 1;
            QVERIFY2(!readOca(broken, "oca"), qPrintable(QString::number(at)));
        }
    }

    void keysAreReadInTheirForms()
    {
        const auto key = OcaKey::make();
        const auto oca = readOca(key.certificate(), "oca");
        for (const Bytes &form : {*key.toPem(), *key.toDer()}) {
            const auto again = OcaKey::read(form, "key");
            QVERIFY2(again && again->belongsTo(*oca), whyOf(again).c_str());
        }
        Bytes longer = *key.toDer();
        longer.push_back(0);
        QVERIFY(!OcaKey::read(longer, "key"));
        // A number that does not belong to the point, and one that is no key at all.
        const Bytes good = key.key().toDer();
        Bytes wrong = good, zero = good;
        wrong[8 + 40] ^= 1;
        std::fill_n(zero.begin() + 8, 48, std::uint8_t{0});
        for (const Bytes &bad : {wrong, zero})
            QVERIFY(OcaKey::read(good, "key") && !OcaKey::read(bad, "key") && !P384PrivateKey::fromDer(bad));
        QVERIFY(!OcaKey::read({}, "key") && !OcaKey::read(Bytes(100000), "key") && !OcaKey::read(asBytes("hello"), "key"));
        const KeyPtr small(EVP_EC_gen("P-256"));
        QVERIFY(whyOf(OcaKey::read(pemOf(small.get(), nullptr), "key")).find("P-384") != std::string::npos);
        const KeyPtr right(EVP_EC_gen("P-384"));
        QVERIFY(OcaKey::read(pemOf(right.get(), nullptr), "key"));
        QVERIFY(whyOf(OcaKey::read(pemOf(right.get(), EVP_aes_256_cbc()), "key")).find("encrypted") != std::string::npos);
    }

    void theEmulatedFirmwareTakesWhatWeSign()
    {
        EmulatedFixture fixture;
        Platform platform(fixture.device);
        const auto key = OcaKey::make();
        const auto oca = readOca(key.certificate(), "oca");
        const auto csr = readCsr(*platform.pekCsr(), "csr");
        QVERIFY2(csr, whyOf(csr).c_str());
        const auto pek = signCsr(*csr, *oca, key);
        QVERIFY(pek && readSignedPek(*pek, "pek", *oca));
        QVERIFY(whyOf(readCsr(*pek, "pek")).find("signed already") != std::string::npos);
        QVERIFY(whyOf(readSignedPek(csr->bytes(), "csr", *oca)).find("request") != std::string::npos);
        const auto imported = platform.importPek(*pek, oca->bytes());
        QVERIFY2(imported, imported ? "" : imported.error().message().c_str());
        QVERIFY(platform.status()->externallyOwned);
        const auto again = platform.importPek(*pek, oca->bytes());
        QVERIFY(!again && again.error().message().find("ALREADY_OWNED") != std::string::npos);
    }

    void othersKeysDoNotPass()
    {
        EmulatedFixture fixture;
        const auto csr = readCsr(*Platform(fixture.device).pekCsr(), "csr");
        const auto one = OcaKey::make(), two = OcaKey::make();
        const auto oca = readOca(one.certificate(), "oca"), other = readOca(two.certificate(), "oca");
        QVERIFY(whyOf(signCsr(*csr, *oca, two)).find("not the one") != std::string::npos);
        const auto pek = signCsr(*csr, *oca, one);
        QVERIFY(whyOf(readSignedPek(*pek, "pek", *other)).find("not signed by") != std::string::npos);
        QVERIFY(!readOca(csr->bytes(), "csr") && !readCsr(oca->bytes(), "oca") && !readOca(Bytes(10), "short"));
    }

    void hashsticksAreCheckedBefore()
    {
        EmulatedFixture fixture;
        const Bytes stick = *fixture.processor->vlekHashstick();
        const auto read = readHashstick(stick, "stick");
        QVERIFY2(read, whyOf(read).c_str());
        QVERIFY(std::ranges::equal(read->encode(), stick));
        const auto hex = readHashstick(asBytes(toHex(stick) + "\n"), "stick");
        QVERIFY(hex && hex->encode() == read->encode());
        QVERIFY(!readHashstick(ByteView(stick).first(431), "stick") && !readHashstick({}, "stick"));
        Bytes reserved = stick;
        reserved[0x198] = 1;
        QVERIFY(whyOf(readHashstick(reserved, "stick")).find("reserved") != std::string::npos);
        Bytes empty = stick;
        std::fill(empty.begin() + 0x10, empty.begin() + 0x190, std::uint8_t{0});
        QVERIFY(whyOf(readHashstick(empty, "stick")).find("all zero") != std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestOca)
#include "test_oca.moc"
