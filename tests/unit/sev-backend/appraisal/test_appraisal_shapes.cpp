// SPDX-License-Identifier: Apache-2.0
// Evidence of every shape: revocation lists, serial numbers, VLEKs, products, and each byte of shapes without published samples.
#include "policy_case.h"
#include "sev-backend/certificates/chain.h"
#include "sev-backend/emulator/certificate_maker.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using test::actualOf;
using test::appraised;
using test::day;
using test::EvidenceMaker;
using test::failures;
using test::outcomeOf;
using test::q;
using test::verdictOf;
namespace at = report_offset;

class TestAppraisalShapes : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void revocationLists();
    void leafSerials();
    void vleks();
    void wrongSteppingIsAdvisory();
    void products();
    void laterIsNotEarlier();
    void everyByteOfEveryShape_data();
    void everyByteOfEveryShape();
    void everyLengthOfAList();
    void namesOfAmd();
    void reservedPartsOfTheCertificate();
};

void TestAppraisalShapes::revocationLists()
{
    const std::string demand = "require = 'chain.crl'";
    EvidenceMaker stale;
    stale.addList({}, -2 * day, -day);
    QCOMPARE(outcomeOf(appraised(stale, demand), "chain.crl"), QStringLiteral("unknown"));
    QVERIFY(actualOf(appraised(stale), "chain.crl").contains(QLatin1String("out of date")));
    stale.addList({}); // a fresh one beside it
    QCOMPARE(outcomeOf(appraised(stale, demand), "chain.crl"), QStringLiteral("pass"));
    EvidenceMaker early;
    early.addList({}, day, 2 * day);
    QCOMPARE(outcomeOf(appraised(early, demand), "chain.crl"), QStringLiteral("unknown"));
    QVERIFY(actualOf(appraised(early), "chain.crl").contains(QLatin1String("begins only")));

    const EvidenceMaker milan({*findProfile("milan")});
    EvidenceMaker foreign;
    foreign.addListOf(milan);
    QCOMPARE(failures(appraised(foreign, demand)), QStringLiteral("chain.crl"));
    foreign.addList({}); // both products' lists: one of them is right
    QCOMPARE(outcomeOf(appraised(foreign, demand), "chain.crl"), QStringLiteral("pass"));
    // A revocation is heard even from a list that is out of date, or not the newest; for the ASK and for the ARK.
    for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{1}}) {
        EvidenceMaker revoked;
        revoked.addList({});
        revoked.addList({1, revoked.askSerial() - offset, 0x999999}, -3 * day, -2 * day);
        QCOMPARE(failures(appraised(revoked)), QStringLiteral("chain.crl"));
        QVERIFY(q(appraised(revoked).sentence).contains(QLatin1String("revoked")));
    }
    // Signed by somebody else under the root's name: here by the ASK's key.
    EvidenceMaker forged;
    const auto twin = *Authority::from(
        forged.authority().askKey(), forged.authority().askKey(), forged.authority().ark().der(), forged.authority().ask().der());
    forged.evidence.endorsements.push_back({"crl", *twin.revocationList({}, std::time(nullptr) - day, std::time(nullptr) + day)});
    QCOMPARE(failures(appraised(forged, demand)), QStringLiteral("chain.crl"));
    forged.addList({});
    QCOMPARE(failures(appraised(forged, demand)), QStringLiteral("chain.crl")); // a forgery is not made good by a good one
    // A forgery revokes nothing either.
    EvidenceMaker slander;
    slander.evidence.endorsements.push_back(
        {"crl", *twin.revocationList({slander.askSerial()}, std::time(nullptr) - day, std::time(nullptr) + day)});
    QCOMPARE(failures(appraised(slander)), QString());
    QCOMPARE(outcomeOf(appraised(slander), "chain.crl"), QStringLiteral("fail (advisory)"));
    // Every byte of a list matters.
    EvidenceMaker flipped;
    flipped.addList({5, 6});
    Bytes &list = flipped.evidence.endorsements.back().der;
    for (std::size_t i = 0; i < list.size(); ++i) {
        list[i] ^= 0x10;
        QVERIFY2(outcomeOf(appraised(flipped, demand), "chain.crl") != QLatin1String("pass"), std::to_string(i).c_str());
        list[i] ^= 0x10;
    }
    QCOMPARE(outcomeOf(appraised(flipped, demand), "chain.crl"), QStringLiteral("pass"));
}

void TestAppraisalShapes::leafSerials()
{
    EvidenceMaker zero;
    QCOMPARE(outcomeOf(appraised(zero), "chain.crl.leaf"), QStringLiteral("info (advisory)"));
    QVERIFY(actualOf(appraised(zero), "chain.crl.leaf").contains(QLatin1String("no list can name")));
    zero.addList({});
    QCOMPARE(outcomeOf(appraised(zero), "chain.crl.leaf"), QStringLiteral("info (advisory)"));
    zero.addList({0});
    QCOMPARE(failures(appraised(zero)), QStringLiteral("chain.crl.leaf"));

    EvidenceMaker numbered;
    auto leaf = numbered.leaf();
    leaf.serial = 77;
    numbered.certify(leaf);
    QCOMPARE(outcomeOf(appraised(numbered), "chain.crl.leaf"), QStringLiteral("unknown (advisory)"));
    numbered.addList({76, 78});
    QCOMPARE(outcomeOf(appraised(numbered), "chain.crl.leaf"), QStringLiteral("pass (advisory)"));
    numbered.addList({77}, -3 * day, -2 * day);
    QCOMPARE(failures(appraised(numbered)), QStringLiteral("chain.crl.leaf"));
}

void TestAppraisalShapes::vleks()
{
    for (const auto &profile : profiles()) {
        EvidenceMaker maker({&profile, 5, false, true});
        const auto appraisal = appraised(maker);
        QCOMPARE(failures(appraisal), QString());
        QCOMPARE(verdictOf(appraisal), QStringLiteral("trusted"));
        QCOMPARE(outcomeOf(appraisal, "chip.certificate"), QStringLiteral("info"));
        QCOMPARE(actualOf(appraisal, "chain.provider"), QStringLiteral("Example Cloud"));
        QCOMPARE(failures(appraised(maker, "csp_ids = ['Other', 'Example Cloud']")), QString());
        QCOMPARE(failures(appraised(maker, "csp_ids = 'Other'")), QStringLiteral("chain.provider"));
        QCOMPARE(failures(appraised(maker, "signing_key = 'vcek'")), QStringLiteral("report.signer"));
        maker.addList({maker.askSerial()});
        QCOMPARE(failures(appraised(maker)), QStringLiteral("chain.crl")); // the ASVK's number
        EvidenceMaker nameless({&profile, 5, false, true});
        auto leaf = nameless.leaf();
        leaf.cspId.clear();
        nameless.certify(leaf);
        QCOMPARE(failures(appraised(nameless)), QStringLiteral("chain.provider"));
        // A VLEK under the ASK, and a VCEK under the ASVK.
        EvidenceMaker mixed({&profile, 5, false, true});
        const EvidenceMaker plain({&profile});
        mixed.evidence.endorsements[1] = plain.evidence.endorsements[1];
        QVERIFY(failures(appraised(mixed)).contains(QLatin1String("chain.names")));
    }
}

void TestAppraisalShapes::wrongSteppingIsAdvisory()
{
    EvidenceMaker maker;
    auto leaf = maker.leaf();
    leaf.productName = "Genoa-B0"; // the report says 1
    maker.certify(leaf);
    QCOMPARE(verdictOf(appraised(maker)), QStringLiteral("trusted"));
    QCOMPARE(outcomeOf(appraised(maker), "product.name"), QStringLiteral("fail (advisory)"));
    leaf.productName = "Genoa";
    maker.certify(leaf);
    QCOMPARE(outcomeOf(appraised(maker), "product.name"), QStringLiteral("absent"));
    QCOMPARE(verdictOf(appraised(maker)), QStringLiteral("trusted"));
    for (const char *name : {"Siena", "Bergamo", "Genoa-B2"}) {
        leaf.productName = name;
        maker.certify(leaf);
        QCOMPARE(failures(appraised(maker)), QString());
    }
}

void TestAppraisalShapes::products()
{
    const auto with = [](unsigned family, unsigned model) {
        EvidenceMaker maker;
        maker.write<std::uint8_t>(at::cpuidFamily, static_cast<std::uint8_t>(family));
        maker.write<std::uint8_t>(at::cpuidModel, static_cast<std::uint8_t>(model));
        return appraised(maker);
    };
    for (const unsigned model : {0x10u, 0x1fu, 0xa0u, 0xafu}) // Genoa, and Bergamo and Siena
        QCOMPARE(failures(with(0x19, model)), QString());
    QVERIFY(failures(with(0x19, 0x01)).contains(QLatin1String("report.product")));
    for (const unsigned model : {0x50u, 0x57u, 0x90u, 0xa8u, 0xc7u}) {
        const auto venice = with(0x1a, model);
        QVERIFY(failures(venice).contains(QLatin1String("report.product")));
        QVERIFY(actualOf(venice, "report.product").contains(QLatin1String("Venice")));
        QVERIFY(actualOf(venice, "report.product").contains(QLatin1String("no root of this product")));
    }
    for (const auto &[family, model] : {std::pair{0x1au, 0x12u}, {0x1bu, 0x00u}, {0xffu, 0xffu}, {0x00u, 0x00u}, {0x19u, 0x20u}}) {
        const auto unknown = with(family, model);
        QVERIFY(failures(unknown).contains(QLatin1String("report.product")));
        QVERIFY(actualOf(unknown, "report.product").contains(QLatin1String("unknown product")));
    }
}

void TestAppraisalShapes::laterIsNotEarlier()
{
    // The same evidence at other times: what counts is the time that is asked about.
    EvidenceMaker maker;
    maker.addList({});
    const std::int64_t now = std::time(nullptr);
    const auto outcomeAt = [&](std::int64_t when, const char *id) {
        return outcomeOf(test::appraised(maker.evidence, maker.expected, when), id);
    };
    QCOMPARE(outcomeAt(now, "chain.crl"), QStringLiteral("pass (advisory)"));
    QCOMPARE(outcomeAt(now + 2 * day, "chain.crl"), QStringLiteral("unknown (advisory)"));
    QCOMPARE(outcomeAt(now - 2 * day, "chain.crl"), QStringLiteral("unknown (advisory)"));
    QCOMPARE(outcomeAt(now + 400 * 365 * day, "chain.dates"), QStringLiteral("fail"));
}

void TestAppraisalShapes::everyByteOfEveryShape_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("version");
    QTest::addColumn<bool>("vlek");
    QTest::newRow("milan 2") << "milan" << 2u << false;
    QTest::newRow("milan 4 vlek") << "milan" << 4u << true;
    QTest::newRow("turin 3") << "turin" << 3u << false;
    QTest::newRow("turin 5 vlek") << "turin" << 5u << true;
}

// The shapes that no published sample has: no changed bit of report or certificates may leave them trusted.
void TestAppraisalShapes::everyByteOfEveryShape()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, version);
    QFETCH(bool, vlek);
    EvidenceMaker maker({*findProfile(profile.toStdString()), version, false, vlek});
    const std::int64_t now = std::time(nullptr);
    QCOMPARE(verdictOf(test::appraised(maker.evidence, maker.expected, now)), QStringLiteral("trusted"));
    for (std::size_t i = 0; i < maker.evidence.report.size(); ++i) {
        maker.evidence.report[i] ^= static_cast<std::uint8_t>(1u << i % 8);
        const auto appraisal = test::appraised(maker.evidence, maker.expected, now);
        maker.evidence.report[i] ^= static_cast<std::uint8_t>(1u << i % 8);
        const QStringList failed = failures(appraisal).split(QLatin1Char(','));
        // Behind the signature only the reserved bytes can tell.
        QVERIFY2(failed.contains(i < report_offset::tail ? QLatin1String("report.signature") : QLatin1String("report.reserved")),
            qPrintable(QString::number(i) + QLatin1Char(' ') + failures(appraisal)));
    }
    for (auto &[role, der] : maker.evidence.endorsements)
        for (std::size_t i = 0; i < der.size(); i += role == "ark" ? 9 : role == "ask" ? 5 : 1) {
            der[i] ^= static_cast<std::uint8_t>(1u << i % 8);
            const auto appraisal = test::appraised(maker.evidence, maker.expected, now);
            der[i] ^= static_cast<std::uint8_t>(1u << i % 8);
            const QString failed = failures(appraisal);
            QVERIFY2(failed.contains(QLatin1String("chain.complete")) || failed.contains(QLatin1String("chain.signatures")),
                qPrintable(QString::fromStdString(role) + QString::number(i) + QLatin1Char(' ') + failed));
        }
    QCOMPARE(verdictOf(test::appraised(maker.evidence, maker.expected, now)), QStringLiteral("trusted"));
}

void TestAppraisalShapes::everyLengthOfAList()
{
    EvidenceMaker maker;
    maker.addList({1, 2, 3});
    const Bytes whole = maker.evidence.endorsements.back().der;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        maker.evidence.endorsements.back().der.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(length));
        QCOMPARE(outcomeOf(test::appraised(maker.evidence, maker.expected), "chain.crl"), QStringLiteral("fail (advisory)"));
    }
}

// Under AMD's root every certificate is named as AMD names them: an emulated chain, taken for one of AMD's, is not.
void TestAppraisalShapes::namesOfAmd()
{
    const EvidenceMaker maker;
    const Chain chain{maker.authority().ark(), maker.authority().ask(), *Certificate::fromDer(maker.evidence.endorsements[0].der)};
    RootIdentity root = identifyRoot(chain.ark);
    QVERIFY(nameFaults(chain, root).empty());
    root.kind = RootIdentity::Kind::Amd;
    const Faults faults = nameFaults(chain, root);
    QCOMPARE(faults.size(), std::size_t{15}); // five entries of three certificates
    QVERIFY(faults.front().contains("Advanced Micro Devices"));
}

void TestAppraisalShapes::reservedPartsOfTheCertificate()
{
    EvidenceMaker maker;
    const auto issuerKey = *privateKeyFromDer(maker.authority().askKey());
    const auto leaf = maker.leaf();
    const auto with = [&](const std::string &suffix, Bytes value) {
        CertificateRequest request;
        request.commonName = leaf.commonName;
        request.notBefore = leaf.notBefore;
        request.notAfter = leaf.notAfter;
        request.key = maker.identity().vcekKey().handle();
        request.issuer = &maker.authority().ask();
        request.issuerKey = issuerKey.get();
        const auto level = [&](TcbPart part) { return Bytes{2, 1, *leaf.tcb.part(part)}; };
        const std::string arc = "1.3.6.1.4.1.3704.1.";
        request.extensions = {{arc + "1", {2, 1, 0}}, {arc + "3.1", level(TcbPart::Bootloader)}, {arc + "3.2", level(TcbPart::Tee)},
            {arc + "3.3", level(TcbPart::Snp)}, {arc + "3.8", level(TcbPart::Microcode)}, {arc + "4", leaf.hardwareId},
            {arc + "2", {0x16, 5, 'G', 'e', 'n', 'o', 'a'}}, {arc + suffix, std::move(value)}};
        maker.evidence.endorsements[0].der = makeCertificate(request)->der();
        return failures(appraised(maker));
    };
    for (const char *suffix : {"3.4", "3.5", "3.6", "3.7"}) {
        QCOMPARE(with(suffix, {2, 1, 0}), QString());
        QCOMPARE(with(suffix, {2, 1, 1}), QStringLiteral("chip.certificate,tcb.certificate"));
        QCOMPARE(with(suffix, {4, 1, 0}), QStringLiteral("chip.certificate,tcb.certificate"));
    }
}

QTEST_GUILESS_MAIN(TestAppraisalShapes)
#include "test_appraisal_shapes.moc"
