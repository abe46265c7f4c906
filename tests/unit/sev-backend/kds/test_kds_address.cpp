// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/address.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using namespace kastellan::sev::kds;

class TestKdsAddress : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void vcek()
    {
        Bytes chip(64, 0xab);
        const auto milan = vcekPath(Product::Milan, chip, *parseTcb("bl=3,tee=0,snp=8,ucode=115", Product::Milan));
        QCOMPARE(*milan, "/vcek/v1/Milan/" + toHex(chip) + "?blSPL=03&teeSPL=00&snpSPL=08&ucodeSPL=115");
        Bytes turin(64);
        std::fill_n(turin.begin(), 8, 0x12);
        const auto tcb = *parseTcb("fmc=1,bl=2,tee=3,snp=4,ucode=255", Product::Turin);
        const std::string expected = "/vcek/v1/Turin/1212121212121212?fmcSPL=01&blSPL=02&teeSPL=03&snpSPL=04&ucodeSPL=255";
        QCOMPARE(*vcekPath(Product::Turin, turin, tcb), expected); // 64 bytes of a report
        QCOMPARE(*vcekPath(Product::Turin, ByteView(turin).first(8), tcb), expected);
        const auto refused = [&](Product product, ByteView id, const TcbVersion &levels, const char *why) {
            const auto path = vcekPath(product, id, levels);
            return !path && path.error().message().find(why) != std::string::npos;
        };
        QVERIFY(refused(Product::Turin, chip, tcb, "this is a Milan's or a Genoa's"));
        QVERIFY(refused(Product::Milan, Bytes(8, 1), *parseTcb("bl=3,tee=0,snp=8,ucode=115", Product::Milan), "--product Turin"));
        QVERIFY(refused(Product::Milan, Bytes(64), *parseTcb("bl=3,tee=0,snp=8,ucode=115", Product::Milan), "masks"));
        QVERIFY(refused(Product::Milan, chip, tcb, "TCB"));
        QVERIFY(refused(Product::Venice, chip, tcb, "product"));
        QVERIFY(refused(Product::Unknown, chip, tcb, "product"));
    }

    void others()
    {
        QCOMPARE(*chainPath(Product::Genoa, Kind::Vcek), std::string("/vcek/v1/Genoa/cert_chain"));
        QCOMPARE(*chainPath(Product::Turin, Kind::Vlek), std::string("/vlek/v1/Turin/cert_chain"));
        QCOMPARE(*crlPath(Product::Milan, Kind::Vlek), std::string("/vlek/v1/Milan/crl"));
        QCOMPARE(*cekPath(Bytes{0xAB, 1}), std::string("/cek/id/ab01"));
        QVERIFY(!cekPath(Bytes()) && !cekPath(Bytes(65)));
        QCOMPARE(*sevAuthoritiesPath("Naples"), std::string("/developer/eula/sev/ask_ark_naples.cert"));
        QVERIFY(!sevAuthoritiesPath("../etc"));
        QVERIFY(!sevAuthoritiesPath("Turin"));
    }

    void products()
    {
        for (const char *text : {"Genoa", "genoa", "Bergamo", "SIENA"})
            QVERIFY(*parseProduct(text) == Product::Genoa);
        QVERIFY(*parseProduct("milan") == Product::Milan && *parseProduct("Turin") == Product::Turin);
        for (const char *text : {"", "Venice", "Rome", "Milan/../x"})
            QVERIFY2(!parseProduct(text), text);
    }

    void tcbs_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<bool>("good");
        QTest::newRow("all") << QByteArrayLiteral("bl=3,tee=0,snp=8,ucode=115") << true;
        QTest::newRow("another order, names of extensions") << QByteArrayLiteral("ucodeSPL=255,snpSPL=8,blSPL=3,teeSPL=0") << true;
        for (const char *text : {"", "bl=3", "bl=3,tee=0,snp=8", "bl=3,tee=0,snp=8,ucode=256", "bl=3,tee=0,snp=8,ucode=-1",
                 "bl=3,bl=3,tee=0,snp=8,ucode=1", "fmc=1,bl=3,tee=0,snp=8,ucode=1", "bl=3,tee=0,snp=8,ucode=", "bl,tee,snp,ucode",
                 "bl=3;tee=0", "x=1", "bl=3,tee=0,snp=8,ucode=1x"})
            QTest::newRow(text) << QByteArray(text) << false;
    }
    void tcbs()
    {
        QFETCH(QByteArray, text);
        QFETCH(bool, good);
        const auto tcb = parseTcb(text.constData(), Product::Milan);
        QCOMPARE(tcb.has_value(), good);
        if (good)
            QCOMPARE(*tcb->part(TcbPart::Snp), std::uint8_t(8));
        else
            QVERIFY(!tcb.error().remedy.empty());
    }

    void servers()
    {
        QVERIFY(parseServer("https://kdsintf.amd.com")->tls);
        QCOMPARE(parseServer("https://mirror.example:8443/kds/")->url, std::string("https://mirror.example:8443/kds"));
        for (const char *url : {"http://127.0.0.1:80", "http://localhost", "http://[::1]:8"})
            QVERIFY2(parseServer(url)->loopback, url);
        QVERIFY(!parseServer("http://mirror.example")->loopback && !parseServer("http://mirror.example")->tls);
        for (const char *url : {"", "https://", "ftp://x", "file:///etc/passwd", "https://user:secret@x", "https://x?y", "https://x#y",
                 "https://x y", "gopher://x", "https://x\r\nHost: y"})
            QVERIFY2(!parseServer(url), url);
        QVERIFY(parseServer("https://user:secret@x").error().message().find("secret") == std::string::npos);
    }
};

QTEST_GUILESS_MAIN(TestKdsAddress)
#include "test_kds_address.moc"
