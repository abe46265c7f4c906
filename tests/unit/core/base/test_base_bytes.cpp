// SPDX-License-Identifier: Apache-2.0
#include "core/base/bytes.h"
#include "core/base/codec.h"

#include <QtTest/QTest>

using namespace kastellan;

class TestBytes : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void hexGoesBothWays();
    void hexAcceptsWhatPeoplePaste();
    void hexRefusesByPosition();
    void base64GoesBothWays();
    void base64RefusesWhatIsNotCanonical_data();
    void base64RefusesWhatIsNotCanonical();
    void fixedBytesNeedTheirSize();
    void littleEndian();
    void readerStopsAtTheEnd();
    void readerRefusesLeftovers();
    void readerHoldsItsLimits();
    void errorsSayWhatWhereWhyAndWhatToDo();
};

void TestBytes::hexGoesBothWays()
{
    Bytes all(256);
    for (std::size_t i = 0; i < all.size(); ++i)
        all[i] = static_cast<std::uint8_t>(i);
    QCOMPARE(fromHex(toHex(all)).value(), all);
    QCOMPARE(toHex(Bytes{0x00, 0xff, 0x1a}), std::string("00ff1a"));
}

void TestBytes::hexAcceptsWhatPeoplePaste()
{
    QCOMPARE(fromHex(" 0xAB cd\n01 ").value(), (Bytes{0xab, 0xcd, 0x01}));
    QCOMPARE(fromHex("").value(), Bytes{});
}

void TestBytes::hexRefusesByPosition()
{
    const auto result = fromHex("00zz");
    QVERIFY(!result);
    QCOMPARE(result.error().kind, ErrorKind::Input);
    QCOMPARE(result.error().where, std::string("character 3"));
    QVERIFY(!fromHex("abc"));
}

void TestBytes::base64GoesBothWays()
{
    // RFC 4648, section 10.
    const std::pair<const char *, const char *> pairs[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"fooba", "Zm9vYmE="}, {"foobar", "Zm9vYmFy"}};
    for (const auto &[text, coded] : pairs) {
        QCOMPARE(toBase64(asBytes(text)), std::string(coded));
        QCOMPARE(fromBase64(coded).value(), toBytes(std::string_view(text)));
    }
}

void TestBytes::base64RefusesWhatIsNotCanonical_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::newRow("lone character") << QByteArray("Z");
    QTest::newRow("missing padding") << QByteArray("Zg");
    QTest::newRow("half the padding") << QByteArray("Zg=");
    QTest::newRow("padding alone") << QByteArray("====");
    QTest::newRow("data after padding") << QByteArray("Zg==Zg==");
    QTest::newRow("unused bits") << QByteArray("Zh==");
    QTest::newRow("foreign character") << QByteArray("Zm9*");
}

void TestBytes::base64RefusesWhatIsNotCanonical()
{
    QFETCH(QByteArray, text);
    QVERIFY(!fromBase64(text.toStdString()));
}

void TestBytes::fixedBytesNeedTheirSize()
{
    QVERIFY(LaunchDigest::from(Bytes(48), "a launch digest"));
    const auto result = LaunchDigest::from(Bytes(47), "a launch digest");
    QVERIFY(!result);
    QVERIFY(result.error().message().find("47 bytes, and needs 48") != std::string::npos);
    QVERIFY(LaunchDigest{}.isZero());
}

void TestBytes::littleEndian()
{
    Bytes bytes(8);
    storeLe<std::uint64_t>(bytes, 0, 0x0102030405060708ull);
    QCOMPARE(bytes.front(), 0x08);
    QCOMPARE(loadLe<std::uint64_t>(bytes, 0), 0x0102030405060708ull);
    QCOMPARE(loadLe<std::uint16_t>(bytes, 6), std::uint16_t(0x0102));
}

void TestBytes::readerStopsAtTheEnd()
{
    const Bytes bytes = Writer().number<std::uint32_t>(7).text("keep").take();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        Reader reader(ByteView(bytes).first(size));
        (void)reader.number<std::uint32_t>();
        (void)reader.text(100);
        QVERIFY2(!reader.finish("a message"), qPrintable(QString::number(size)));
    }
    Reader whole(bytes);
    QCOMPARE(whole.number<std::uint32_t>(), 7u);
    QCOMPARE(whole.text(100), std::string("keep"));
    QVERIFY(whole.finish("a message"));
}

void TestBytes::readerRefusesLeftovers()
{
    const Bytes bytes{1, 2};
    Reader reader(bytes);
    QCOMPARE(reader.number<std::uint8_t>(), std::uint8_t(1));
    QVERIFY(!reader.finish("a message"));
}

void TestBytes::readerHoldsItsLimits()
{
    const Bytes bytes = Writer().sized(Bytes(10)).take();
    Reader reader(bytes);
    QVERIFY(reader.sized(9).empty());
    QVERIFY(reader.failed());
    Bytes huge = Writer().number<std::uint32_t>(0xffffffff).take();
    Reader second(huge);
    QVERIFY(second.sized(0xffffffff).empty());
    QVERIFY(second.failed());
}

void TestBytes::errorsSayWhatWhereWhyAndWhatToDo()
{
    const Error error{ErrorKind::Input, "read the report", "report.bin, offset 0x10", "it is too short", "Fetch it again."};
    QCOMPARE(error.message(), std::string("cannot read the report (report.bin, offset 0x10): it is too short. Fetch it again."));
    QCOMPARE(error.during("verify the evidence").message(),
        std::string("cannot verify the evidence (report.bin, offset 0x10): cannot read the report: it is too short. Fetch it again."));
}

QTEST_GUILESS_MAIN(TestBytes)
#include "test_base_bytes.moc"
