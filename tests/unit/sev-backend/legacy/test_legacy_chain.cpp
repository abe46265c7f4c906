// SPDX-License-Identifier: Apache-2.0
// A platform's certificates: read in every form, verified up to AMD's keys, and refused with any byte changed.
#include "sev-backend/legacy/guest_policy.h"
#include "sev-backend/legacy/platform_chain.h"
#include "sev-backend/legacy/vmsa_fields.h"
#include "tests/support/vectors.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev::legacy;
using kastellan::test::vector;

class TestLegacyChain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyForm();
    void verified();
    void eachFlippedByteIsRefused();
    void cutAtEveryLength();
    void certificatesOfTwoPlatforms();
    void otherAuthorities();
    void policies();
    void vmsaFieldsCoverThePage();

private:
    static Bytes exported();
};

Bytes TestLegacyChain::exported()
{
    Bytes all;
    for (const char *name : {"pdh", "pek", "oca", "cek"}) {
        const Bytes one = vector(std::string("sev-naples/") + name + ".cert");
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

void TestLegacyChain::everyForm()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes whole = exported();
    Bytes full = whole;
    const Bytes authorities = vector("sev-roots/ask_ark_naples.cert");
    full.insert(full.end(), authorities.begin(), authorities.end());
    const std::string json =
        "{\"pdh\":\"" + toBase64(ByteView(whole).first(2084)) + "\",\"cert-chain\":\"" + toBase64(ByteView(whole).subspan(2084)) + "\"}";
    for (const auto &[name, file] :
        {std::pair{"export", whole}, {"full export", full}, {"JSON", toBytes(json)}, {"base64", toBytes(toBase64(whole))}}) {
        PlatformChain chain;
        const Status added = chain.add(file, name);
        QVERIFY2(added, added ? "" : added.error().message().c_str());
        QVERIFY2(verify(chain).good(), name);
        QVERIFY2(chain.add(file, name), "the same once more");
    }
}

void TestLegacyChain::verified()
{
    KASTELLAN_NEED_VECTORS();
    PlatformChain chain;
    QVERIFY(chain.add(exported(), "export"));
    const ChainVerdict verdict = verify(chain);
    QVERIFY(verdict.good() && verdict.status("verify"));
    QCOMPARE(verdict.product, std::string("Naples"));
    QCOMPARE(verdict.links.size(), std::size_t(5));
    QCOMPARE(verifyFromPek(chain).links.size(), std::size_t(4));
    PlatformChain empty;
    QVERIFY(!verify(empty).good());
    QVERIFY(!verify(empty).status("verify"));
}

void TestLegacyChain::eachFlippedByteIsRefused()
{
    KASTELLAN_NEED_VECTORS();
    Bytes whole = exported();
    for (std::size_t certificate = 0; certificate < 4; ++certificate)
        for (std::size_t i = 0; i < Certificate::signedSize; ++i) {
            const std::size_t at = certificate * Certificate::size + i;
            whole[at] ^= 0x10;
            PlatformChain chain;
            const bool good = chain.add(whole, "changed") && verify(chain).good();
            whole[at] ^= 0x10;
            QVERIFY2(!good, qPrintable(QStringLiteral("certificate %1, byte %2").arg(certificate).arg(i)));
        }
}

void TestLegacyChain::cutAtEveryLength()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes whole = exported();
    for (std::size_t size = 0; size < whole.size(); size += size % Certificate::size < 80 ? 1 : 61) {
        PlatformChain chain;
        QVERIFY2(!chain.add(ByteView(whole).first(size), "cut") || !verify(chain).good(), qPrintable(QString::number(size)));
    }
}

void TestLegacyChain::certificatesOfTwoPlatforms()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes whole = exported();
    PlatformChain chain;
    QVERIFY(chain.add(whole, "one"));
    Bytes other = toBytes(ByteView(whole).first(Certificate::size));
    other[0x14] ^= 1;
    const Status second = chain.add(other, "other");
    QVERIFY(!second && second.error().why.contains("another PDH"));
}

void TestLegacyChain::otherAuthorities()
{
    KASTELLAN_NEED_VECTORS();
    for (const char *product : {"rome", "milan", "genoa", "turin"}) {
        PlatformChain chain;
        QVERIFY(chain.add(exported(), "export"));
        QVERIFY(chain.add(vector(std::string("sev-roots/ask_ark_") + product + ".cert"), product));
        QVERIFY2(!verify(chain).good(), product);
    }
    // An ASK that carries AMD's key id, but another key.
    Bytes forged = vector("sev-roots/ask_ark_naples.cert");
    forged[0x40 + 256 + 10] ^= 1;
    PlatformChain chain;
    QVERIFY(chain.add(exported(), "export"));
    QVERIFY(chain.add(forged, "forged"));
    QVERIFY(!verify(chain).good());
    PlatformChain alone;
    QVERIFY(alone.add(exported(), "export"));
    QVERIFY(alone.add(ByteView(forged).first(832), "forged ASK, without an ARK whose signature would show it"));
    QVERIFY(!verify(alone).good());
}

void TestLegacyChain::policies()
{
    QCOMPARE(parsePolicy("0x5").value(), 5u);
    QCOMPARE(parsePolicy("no-debug,es,api=1.51").value(), 0x33010005u);
    QCOMPARE(policyText(0x33010005), std::string("0x33010005 (no-debug, es), firmware 1.51 or later"));
    QCOMPARE(policyText(0), std::string("0x0"));
    for (const char *wrong : {"0x40", "es,", ",", "es no-debug", "api=1.256", "api=.1", "0x1ffffffff", "-1"})
        if (const auto policy = parsePolicy(wrong); policy && *policy != 4)
            QFAIL(wrong);
}

void TestLegacyChain::vmsaFieldsCoverThePage()
{
    std::size_t end = 0;
    for (const VmsaField &field : vmsaFields()) {
        QVERIFY2(field.offset == end, field.name.data());
        end = field.offset + field.size;
    }
    QCOMPARE(end, std::size_t(0x408));
    for (const VmsaField &field : moreVmsaFields())
        QVERIFY(field.offset + field.size <= 4096);
}

QTEST_GUILESS_MAIN(TestLegacyChain)
#include "test_legacy_chain.moc"
