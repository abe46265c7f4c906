// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/legacy/ecdh.h"
#include "sev-backend/legacy/owner.h"
#include "tests/support/vectors.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev::legacy;

class TestOwner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keyDerivationOfZeroInputs();
    void bothEndsAgreeOnTheSession();
    void launchMeasurementOfSevctl();
    void measurementBeforeApi17LeavesTheBuildOut();
    void secretPacketOfSevctl();
    void secretTablesHaveALimit();
    void attestationReportNeedsItsSize();
    void attestationReportIsSignedByThePek();
};

void TestOwner::keyDerivationOfZeroInputs()
{
    // Published values for an all-zero secret, keys, nonce, IV and policy (sev-formats 2.12).
    const Bytes z(32);
    QCOMPARE(toHex(deriveKey(z, "sev-master-secret", Bytes(16), 16)), std::string("ab4d269fcc62bedb4511d56c386ce706"));
    const Bytes blob = sessionBlob(z, {}, 0, {});
    QCOMPARE(blob.size(), std::size_t(128));
    QCOMPARE(toHex(ByteView(blob).subspan(0x10, 32)), std::string("2137bc7f9bb8bd7c3e55a576a15d3454b3856b8ba27afadf46dcfee9f02c02c4"));
    QCOMPARE(toHex(ByteView(blob).subspan(0x40, 32)), std::string("3176c0752738bd9d5e86689534020f528c088f16238826b000b327dee6aeed7d"));
    QCOMPARE(toHex(ByteView(blob).subspan(0x60, 32)), std::string("aa7855e13839dd767cd5da7c1ff5036540c9264b7a803029315e55375287b4af"));
}

void TestOwner::bothEndsAgreeOnTheSession()
{
    auto platform = EphemeralKey::make(2).value();
    const auto pdh = Certificate::parse(platform.godhCertificate(1, 51), "the PDH").value();
    const auto [blob, keys] = newSession(pdh, 0x3).value();
    const auto godh = Certificate::parse(blob.godh, "the GODH").value();
    QCOMPARE(godh.usage(), Usage::Pdh);
    QCOMPARE(godh.algorithm(), Algorithm::EcdhSha384);
    const Bytes z = platform.agree(*godh.point()).value();
    SessionRandom random;
    std::copy_n(blob.session.begin(), 16, random.nonce.begin());
    std::copy_n(blob.session.begin() + 0x30, 16, random.iv.begin());
    QCOMPARE(sessionBlob(z, keys, 0x3, random), blob.session);
    QVERIFY(sessionBlob(z, keys, 0x1, random) != blob.session); // the policy is bound
}

void TestOwner::launchMeasurementOfSevctl()
{
    KASTELLAN_NEED_VECTORS();
    std::array<std::uint8_t, 16> tik{}, nonce{};
    const Bytes tikFile = test::vector("sev-measurement/tik1.bin");
    std::copy_n(tikFile.begin(), 16, tik.begin());
    const Bytes nonceBytes = fromBase64("wxP6tRHCFrFQWxsuqZA8QA==").value();
    std::copy_n(nonceBytes.begin(), 16, nonce.begin());
    const Sha256 digest = Sha256::from(fromBase64("xkvRAfyaSizgonxAjZIAkR8TmolUabBKQKb6KJCDDSM=").value(), "digest").value();
    const LaunchMeasure measure{launchMeasurement(tik, {1, 40, 40}, 3, digest, nonce), nonce};
    QCOMPARE(toBase64(measure.bytes()), std::string("lswbxWxI9gckya16JQvdFtpYmNO4b+3inAPpqsgoBI7DE/q1EcIWsVBbGy6pkDxA"));
}

void TestOwner::measurementBeforeApi17LeavesTheBuildOut()
{
    QCOMPARE(launchMeasurement({}, {0, 16, 1}, 3, {}, {}), launchMeasurement({}, {0, 14, 9}, 3, {}, {}));
    QVERIFY(launchMeasurement({}, {0, 17, 1}, 3, {}, {}) != launchMeasurement({}, {0, 17, 2}, 3, {}, {}));
}

void TestOwner::secretPacketOfSevctl()
{
    KASTELLAN_NEED_VECTORS();
    TransportKeys keys;
    const Bytes tik = test::vector("sev-secret/tik1.bin"), tek = test::vector("sev-secret/tek1.bin");
    std::copy_n(tik.begin(), 16, keys.tik.begin());
    std::copy_n(tek.begin(), 16, keys.tek.begin());
    const auto measure =
        LaunchMeasure::parse(fromBase64("TLeA7607lZQntLjRY1/i+sbtdSZ+75zxpz4Px9hzpBLwItF5Q2o4prA++3ZZv9ZS").value(), "blob").value();
    std::array<std::uint8_t, 16> iv{};
    const Bytes ivBytes = fromBase64("rFR07U3TLH2YnsUj2SVZ7A==").value();
    std::copy_n(ivBytes.begin(), 16, iv.begin());
    const Bytes table = secretTable({{"736869e5-84f0-4973-92ec-06879ce3da0b", test::vector("sev-secret/secret1.txt")}}).value();
    const auto packet = sealSecret(table, keys, measure.measure, iv).value();
    QCOMPARE(toBase64(packet.header), std::string("AAAAAKxUdO1N0yx9mJ7FI9klWey8FSzeYQ4X8K71VzNKLU/KQsIsQxLjtbhaPUewqshX5Q=="));
    QCOMPARE(
        toBase64(packet.payload), std::string("0U3e5PcXv0UW+H4tSBFKOdCYfKE1+j38Bc2fuO16mYiyI+sWx7INfn+lgYj56GL12yyinDa+lVfCCwD/2w5cPA=="));
}

void TestOwner::secretTablesHaveALimit()
{
    const std::string guid = "736869e5-84f0-4973-92ec-06879ce3da0b";
    QVERIFY(secretTable({{guid, Bytes(16384 - 40)}}));
    QVERIFY(!secretTable({{guid, Bytes(16384 - 39)}}));
    QVERIFY(!secretTable({}));
    QVERIFY(!secretTable({{"736869e5", Bytes(1)}}));
    QVERIFY(!secretTable({{"00000000-0000-0000-0000-000000000000", Bytes(1)}}));
}

void TestOwner::attestationReportNeedsItsSize()
{
    QVERIFY(AttestationReport::parse(Bytes(208), "report"));
    QVERIFY(!AttestationReport::parse(Bytes(207), "report"));
    QVERIFY(!LaunchMeasure::parse(Bytes(47), "measure"));
}

void TestOwner::attestationReportIsSignedByThePek()
{
    const std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY *key) { EVP_PKEY_free(key); })> key(EVP_EC_gen("P-384"));
    Bytes certificate(Certificate::size);
    storeLe<std::uint32_t>(certificate, 0, 1);
    storeLe(certificate, 8, std::uint32_t(Usage::Pek));
    storeLe(certificate, 12, std::uint32_t(Algorithm::EcdsaSha256));
    storeLe<std::uint32_t>(certificate, 0x10, 2);
    const auto put = [](Bytes &target, std::ptrdiff_t offset, const BIGNUM *number) { BN_bn2lebinpad(number, target.data() + offset, 72); };
    for (const auto &[part, offset] : {std::pair{OSSL_PKEY_PARAM_EC_PUB_X, 0x14}, {OSSL_PKEY_PARAM_EC_PUB_Y, 0x5c}}) {
        BIGNUM *number = nullptr;
        QCOMPARE(EVP_PKEY_get_bn_param(key.get(), part, &number), 1);
        put(certificate, offset, number);
        BN_free(number);
    }
    const Certificate pek = Certificate::parse(certificate, "pek").value();

    Bytes bytes(208, 0);
    std::fill_n(bytes.begin(), 0x34, std::uint8_t(0x5a));
    storeLe(bytes, 0x34, std::uint32_t(Usage::Pek));
    storeLe(bytes, 0x38, std::uint32_t(Algorithm::EcdsaSha256));
    const std::unique_ptr<EVP_MD_CTX, decltype([](EVP_MD_CTX *context) { EVP_MD_CTX_free(context); })> context(EVP_MD_CTX_new());
    Bytes der(200);
    std::size_t length = der.size();
    QCOMPARE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()), 1);
    QCOMPARE(EVP_DigestSign(context.get(), der.data(), &length, bytes.data(), 0x34), 1);
    const unsigned char *at = der.data();
    const std::unique_ptr<ECDSA_SIG, decltype([](ECDSA_SIG *signature) { ECDSA_SIG_free(signature); })> signature(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length)));
    put(bytes, 0x40, ECDSA_SIG_get0_r(signature.get()));
    put(bytes, 0x88, ECDSA_SIG_get0_s(signature.get()));
    QVERIFY(AttestationReport::parse(bytes, "report").value().signedBy(pek));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        bytes[i] ^= 1;
        QVERIFY2(!AttestationReport::parse(bytes, "report").value().signedBy(pek), qPrintable(QString::number(i)));
        bytes[i] ^= 1;
    }
}

QTEST_GUILESS_MAIN(TestOwner)
#include "test_legacy_owner.moc"
