// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"

#include <QtTest/QTest>

using namespace kastellan;

class TestDigest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void publishedValues();
    void partsAreConcatenated();
    void streamEqualsOneShot();
    void randomIsNotConstant();
};

void TestDigest::publishedValues()
{
    // FIPS 180-4 examples for "abc"; RFC 4231 test case 2.
    QCOMPARE(toHex(sha256(asBytes("abc")).view()), std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
    QCOMPARE(toHex(sha384(asBytes("abc")).view()),
        std::string("cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"));
    QCOMPARE(toHex(sha512(asBytes("abc")).view()).substr(0, 32), std::string("ddaf35a193617abacc417349ae204131"));
    QCOMPARE(toHex(hmacSha256(asBytes("Jefe"), {asBytes("what do ya want "), asBytes("for nothing?")}).view()),
        std::string("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
}

void TestDigest::partsAreConcatenated()
{
    QCOMPARE(sha512({asBytes("a"), {}, asBytes("bc")}), sha512(asBytes("abc")));
}

void TestDigest::streamEqualsOneShot()
{
    Sha256Stream stream;
    for (int round = 0; round < 2; ++round) { // the stream starts anew
        stream.add(asBytes("ab"));
        stream.add(asBytes("c"));
        QCOMPARE(stream.finish(), sha256(asBytes("abc")));
    }
    stream.add(asBytes("ab"));
    Sha256Stream other = stream.copy();
    other.add(asBytes("c"));
    stream.add(asBytes("d"));
    QCOMPARE(other.finish(), sha256(asBytes("abc")));
    QCOMPARE(stream.finish(), sha256(asBytes("abd")));
}

void TestDigest::randomIsNotConstant()
{
    QVERIFY(randomFixed<KeepId>() != randomFixed<KeepId>());
}

QTEST_GUILESS_MAIN(TestDigest)
#include "test_base_digest.moc"
