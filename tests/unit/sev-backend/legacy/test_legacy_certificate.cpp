// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "sev-backend/legacy/certificate.h"
#include "tests/support/vectors.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev::legacy;

class TestLegacyCertificate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyRootSignsItself_data();
    void everyRootSignsItself();
    void aRealChainVerifiesLinkByLink();
    void everyByteIsSigned();
    void theArkWithoutSignatureIsRefusedByName();
    void truncationIsRefusedAtEveryLength();
    void garbageIsRefused();
};

using kastellan::test::vector;

namespace {
Certificate certificate(std::string_view name)
{
    return Certificate::parse(vector(name), name).value();
}
} // namespace

void TestLegacyCertificate::everyRootSignsItself_data()
{
    QTest::addColumn<QByteArray>("product");
    for (const char *product : {"Naples", "Rome", "Milan", "Genoa", "Turin"})
        QTest::newRow(product) << QByteArray(product);
}

void TestLegacyCertificate::everyRootSignsItself()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QByteArray, product);
    const Bytes file = vector(("sev-roots/ask_ark_" + product.toLower().toStdString() + ".cert"));
    const auto ask = CaCertificate::parse(file, "ask").value();
    const auto ark = CaCertificate::parse(ByteView(file).subspan(ask.size()), "ark").value();
    QCOMPARE(ask.size() + ark.size(), file.size());
    QCOMPARE(ask.usage(), Usage::Ask);
    QVERIFY(signedBy(ark, ark));
    QVERIFY(signedBy(ask, ark));
    QVERIFY(!signedBy(ark, ask));
    QCOMPARE(productOfArk(ark), std::string_view(product.constData()));
    QVERIFY(!productOfArk(ask));
}

void TestLegacyCertificate::aRealChainVerifiesLinkByLink()
{
    KASTELLAN_NEED_VECTORS();
    const auto pdh = certificate("sev-naples/pdh.cert"), pek = certificate("sev-naples/pek.cert"), oca = certificate("sev-naples/oca.cert"),
               cek = certificate("sev-naples/cek.cert");
    const auto ask = CaCertificate::parse(vector("sev-roots/ask_ark_naples.cert"), "ask").value();
    QVERIFY(signedBy(pdh, pek));
    QVERIFY(signedBy(pek, oca));
    QVERIFY(signedBy(pek, cek));
    QVERIFY(signedBy(oca, oca));
    QVERIFY(signedBy(cek, ask));
    QVERIFY(!signedBy(pdh, oca));
    QVERIFY(!signedBy(pdh, cek));
    QVERIFY(!signedBy(cek, CaCertificate::parse(vector("sev-roots/ask_ark_rome.cert"), "ask").value()));
}

void TestLegacyCertificate::everyByteIsSigned()
{
    KASTELLAN_NEED_VECTORS();
    const auto pek = certificate("sev-naples/pek.cert");
    Bytes bytes = vector("sev-naples/pdh.cert");
    for (std::size_t i = 0; i < Certificate::signedSize; ++i) {
        bytes[i] ^= 1;
        const auto changed = Certificate::parse(bytes, "changed");
        QVERIFY2(!changed || !signedBy(*changed, pek), qPrintable(QString::number(i)));
        bytes[i] ^= 1;
    }
    QVERIFY(signedBy(Certificate::parse(bytes, "whole").value(), pek));
}

void TestLegacyCertificate::theArkWithoutSignatureIsRefusedByName()
{
    KASTELLAN_NEED_VECTORS();
    const auto result = CaCertificate::parse(vector("sev-naples/ark.cert.bad"), "ark.cert.bad");
    QVERIFY(!result);
    QVERIFY(result.error().why.find("signature is missing") != std::string::npos);
}

void TestLegacyCertificate::truncationIsRefusedAtEveryLength()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes pdh = vector("sev-naples/pdh.cert");
    for (std::size_t size = 0; size < pdh.size(); ++size)
        QVERIFY(!Certificate::parse(ByteView(pdh).first(size), "cut"));
    const Bytes ask = vector("sev-roots/ask_ark_milan.cert");
    for (std::size_t size = 0; size < 1600; ++size)
        QVERIFY(!CaCertificate::parse(ByteView(ask).first(size), "cut"));
}

void TestLegacyCertificate::garbageIsRefused()
{
    Bytes bytes(Certificate::size);
    QVERIFY(!Certificate::parse(bytes, "zeros"));
    bytes[0] = 1;
    storeLe<std::uint32_t>(bytes, 8, 0x1002);
    storeLe<std::uint32_t>(bytes, 12, 2);
    storeLe<std::uint32_t>(bytes, 16, 3); // no such curve
    QVERIFY(!Certificate::parse(bytes, "curve 3"));
    storeLe<std::uint32_t>(bytes, 16, 2);
    const auto empty = Certificate::parse(bytes, "no signature");
    QVERIFY(empty);
    QVERIFY(!signedBy(*empty, *empty)); // a point at infinity signs nothing
}

QTEST_GUILESS_MAIN(TestLegacyCertificate)
#include "test_legacy_certificate.moc"
