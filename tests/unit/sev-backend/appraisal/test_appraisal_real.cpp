// SPDX-License-Identifier: Apache-2.0
#include "appraised.h"
#include "sev-backend/abi/report.h"
#include "sev-backend/certificates/certificate.h"
#include "sev-backend/certificates/root_keys.h"
#include "tests/support/vectors.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;
using test::actualOf;
using test::appraised;
using test::failures;
using test::outcomeOf;
using test::verdictOf;

namespace {

constexpr std::int64_t day = 86400;

struct Sample {
    std::string report, leaf, authorities;
};
const Sample milan2{"snp-milan/report.bin", "snp-milan/vcek.der", "snp-milan/cert_chain.pem"};
const Sample milan3{"reports/milan-v3/report.bin", "reports/milan-v3/vek.der", "reports/milan-v3/ca.pem"};
const Sample genoa3{"reports/genoa-v3/report.bin", "reports/genoa-v3/vek.der", "reports/genoa-v3/ca.pem"};

Evidence evidenceOf(const Sample &sample)
{
    const auto authorities = *Certificate::fromPem(asText(test::vector(sample.authorities)));
    Evidence evidence;
    evidence.report = test::vector(sample.report);
    evidence.endorsements = {{"vcek", test::vector(sample.leaf)}, {"ask", authorities[0].der()}, {"ark", authorities[1].der()}};
    return evidence;
}

/// A time at which the sample's certificates are valid.
std::int64_t timeOf(const Sample &sample)
{
    return Certificate::fromDer(test::vector(sample.leaf))->notBefore() + 30 * day;
}

const Sample &sampleNamed(const QString &name)
{
    return name == QLatin1String("milan2") ? milan2 : name == QLatin1String("milan3") ? milan3 : genoa3;
}

} // namespace

class TestAppraisalReal : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { KASTELLAN_NEED_VECTORS(); }
    void genuine_data();
    void genuine();
    void valuesOfTheMilanReport();
    void wrongCertificates();
    void missingCertificates();
    void atOtherTimes();
    void notAnEmulatedOne();
    void referenceValues();
    void minimumTcb();
    void builtInRootsAreThePublishedOnes_data();
    void builtInRootsAreThePublishedOnes();
};

void TestAppraisalReal::genuine_data()
{
    QTest::addColumn<QString>("sample");
    QTest::addColumn<QString>("product");
    QTest::newRow("milan v2") << "milan2" << "Milan";
    QTest::newRow("milan v3") << "milan3" << "Milan";
    QTest::newRow("genoa v3") << "genoa3" << "Genoa";
}

void TestAppraisalReal::genuine()
{
    QFETCH(QString, sample);
    QFETCH(QString, product);
    const Evidence evidence = evidenceOf(sampleNamed(sample));
    const auto appraisal = appraised(evidence, {}, timeOf(sampleNamed(sample)));
    QCOMPARE(failures(appraisal), QString());
    QCOMPARE(verdictOf(appraisal), QStringLiteral("authentic"));
    for (const auto *id : {"root.kind", "root.pinned", "chain.complete", "chain.signatures", "chain.names", "chain.constraints",
             "chain.dates", "report.signature", "report.reserved", "report.product", "report.key", "chip.certificate", "tcb.certificate",
             "tcb.order", "policy.debug", "policy.migration"})
        QCOMPARE(outcomeOf(appraisal, id), QStringLiteral("pass"));
    QCOMPARE(actualOf(appraisal, "root.pinned"), QStringLiteral("amd"));
    QCOMPARE(outcomeOf(appraisal, "chain.crl"), QStringLiteral("unknown (advisory)"));
    QCOMPARE(outcomeOf(appraisal, "report.data"), QStringLiteral("unknown (advisory)"));
    // The sample of version 2 is of an old firmware.
    QCOMPARE(outcomeOf(appraisal, "tcb.bulletin"),
        sample == QLatin1String("milan2") ? QStringLiteral("fail (advisory)") : outcomeOf(appraisal, "tcb.bulletin"));

    ReferenceValues expected;
    expected.launchDigest = ReportView::from(evidence.report)->measurement();
    QCOMPARE(verdictOf(appraised(evidence, expected, timeOf(sampleNamed(sample)))), QStringLiteral("trusted"));
    const auto view = test::backend().describe(evidence);
    QVERIFY(view.has_value());
    QCOMPARE(QString::fromStdString(view->product), product);
    QCOMPARE(QString::fromStdString(view->technology), QStringLiteral("AMD SEV-SNP"));
    QCOMPARE(view->chain.size(), std::size_t{3});
    for (const auto &certificate : view->chain) {
        QVERIFY(certificate.signatureGood && !certificate.issuerMissing);
        QVERIFY(!certificate.emulated);
    }
    // AMD's own authorities are built in: the leaf alone shows the same chain.
    Evidence lone = evidence;
    std::erase_if(lone.endorsements, [](const Endorsement &entry) { return entry.role != "vcek" && entry.role != "vlek"; });
    const auto parts = test::backend().describe(lone);
    QVERIFY(parts && parts->chain.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
        QVERIFY(parts->chain[i].signatureGood && !parts->chain[i].issuerMissing);
        QCOMPARE(parts->chain[i].sha256, view->chain[i].sha256);
        QCOMPARE(parts->chain[i].notAfter, view->chain[i].notAfter);
    }
}

void TestAppraisalReal::valuesOfTheMilanReport()
{
    const Bytes bytes = test::vector(milan2.report);
    const auto report = ReportView::from(bytes);
    QCOMPARE(report->version(), 2u);
    QCOMPARE(report->policy().raw(), std::uint64_t{0x30000});
    QCOMPARE(report->vmpl(), 0u);
    QCOMPARE(QString::fromStdString(toHex(report->reportedTcb().bytes)), QStringLiteral("0300000000000873"));
    QCOMPARE(QString::fromStdString(report->currentVersion().text()), QStringLiteral("1.52.4"));
    QCOMPARE(report->platformInfo().raw(), std::uint64_t{1});
    QCOMPARE(QString::fromStdString(toHex(report->measurement().bytes)),
        QStringLiteral("7a1e5c266c0108dbc9bb94fa926951320940915d0aafb42464bd88b579ea158d3e1a0dc39b2c60bd95b9c480cd81841f"));
    QCOMPARE(report->product().product, Product::Unknown); // Milan or Genoa: the chain tells
}

void TestAppraisalReal::wrongCertificates()
{
    const auto at = timeOf(milan3);
    const Evidence milan = evidenceOf(milan3), genoa = evidenceOf(genoa3), older = evidenceOf(milan2);
    // Another chip's certificate under the right root.
    Evidence evidence = milan;
    evidence.endorsements[0] = older.endorsements[0];
    auto appraisal = appraised(evidence, {}, at);
    QCOMPARE(failures(appraisal), QStringLiteral("report.signature,chip.certificate,tcb.certificate"));
    // The whole chain of another product.
    evidence = milan;
    evidence.endorsements = genoa.endorsements;
    appraisal = appraised(evidence, {}, at);
    QCOMPARE(failures(appraisal), QStringLiteral("report.signature,report.product,chip.certificate,tcb.certificate"));
    QCOMPARE(actualOf(appraisal, "root.pinned"), QStringLiteral("amd"));
    // A leaf of one product under the authorities of the other.
    evidence = milan;
    evidence.endorsements[1] = genoa.endorsements[1];
    evidence.endorsements[2] = genoa.endorsements[2];
    appraisal = appraised(evidence, {}, at);
    QVERIFY(failures(appraisal).startsWith(QLatin1String("chain.signatures,chain.names")));
    // ASK and ARK in each other's place, and the ASK as the leaf.
    evidence = milan;
    std::swap(evidence.endorsements[1].der, evidence.endorsements[2].der);
    appraisal = appraised(evidence, {}, at);
    QVERIFY(failures(appraisal).contains(QLatin1String("root.pinned")));
    QVERIFY(failures(appraisal).contains(QLatin1String("chain.signatures")));
    evidence = milan;
    evidence.endorsements[0].der = evidence.endorsements[1].der;
    appraisal = appraised(evidence, {}, at);
    for (const auto *id :
        {"chain.signatures", "chain.names", "chain.constraints", "report.signature", "tcb.certificate", "chip.certificate"})
        QCOMPARE(outcomeOf(appraisal, id), QStringLiteral("fail"));
    // Two that contradict each other, and one that is no certificate.
    evidence = milan;
    evidence.endorsements.push_back(older.endorsements[0]);
    QCOMPARE(outcomeOf(appraised(evidence, {}, at), "chain.complete"), QStringLiteral("fail"));
    evidence = milan;
    evidence.endorsements[1].der = toBytes("no certificate");
    appraisal = appraised(evidence, {}, at);
    QCOMPARE(outcomeOf(appraisal, "chain.complete"), QStringLiteral("fail"));
    QCOMPARE(verdictOf(appraisal), QStringLiteral("refused"));
}

void TestAppraisalReal::missingCertificates()
{
    for (std::size_t missing = 0; missing < 3; ++missing) {
        Evidence evidence = evidenceOf(genoa3);
        evidence.endorsements.erase(evidence.endorsements.begin() + static_cast<std::ptrdiff_t>(missing));
        const auto appraisal = appraised(evidence, {}, timeOf(genoa3));
        QCOMPARE(failures(appraisal), QString());
        // The authorities are built in, the leaf can't be.
        QCOMPARE(verdictOf(appraisal), missing == 0 ? QStringLiteral("undecided") : QStringLiteral("authentic"));
        QCOMPARE(outcomeOf(appraisal, "chain.complete"), missing == 0 ? QStringLiteral("unknown") : QStringLiteral("pass"));
        QCOMPARE(outcomeOf(appraisal, "report.signature"), missing == 0 ? QStringLiteral("unknown") : QStringLiteral("pass"));
        QCOMPARE(outcomeOf(appraisal, "root.pinned"), QStringLiteral("pass"));
    }
    // What names AMD's authority as its issuer, and is not by it, is refused without that authority's certificate too.
    Evidence forged = evidenceOf(genoa3);
    forged.endorsements.resize(1);
    forged.endorsements[0].der.back() ^= 1; // in the signature
    const auto refused = appraised(forged, {}, timeOf(genoa3));
    QCOMPARE(verdictOf(refused), QStringLiteral("refused"));
    QCOMPARE(outcomeOf(refused, "chain.signatures"), QStringLiteral("fail"));
    // The built-in authority is valid for its own time only.
    Evidence lone = evidenceOf(genoa3);
    lone.endorsements.resize(1);
    QCOMPARE(outcomeOf(appraised(lone, {}, 1640995200), "chain.dates"), QStringLiteral("fail")); // before the root
    Evidence bare = evidenceOf(milan2);
    bare.endorsements.clear();
    const auto appraisal = appraised(bare, {}, timeOf(milan2));
    QCOMPARE(verdictOf(appraisal), QStringLiteral("undecided"));
    QVERIFY(test::backend().describe(bare)->chain.empty());
}

void TestAppraisalReal::atOtherTimes()
{
    const Evidence evidence = evidenceOf(milan3);
    const auto leaf = *Certificate::fromDer(evidence.endorsements[0].der);
    const auto outcomeAt = [&](std::int64_t at) { return outcomeOf(appraised(evidence, {}, at), "chain.dates"); };
    QCOMPARE(outcomeAt(leaf.notBefore()), QStringLiteral("pass"));
    QCOMPARE(outcomeAt(leaf.notAfter()), QStringLiteral("pass"));
    QCOMPARE(outcomeAt(leaf.notBefore() - 1), QStringLiteral("fail"));
    QCOMPARE(outcomeAt(leaf.notAfter() + 1), QStringLiteral("fail"));
    QCOMPARE(outcomeAt(0), QStringLiteral("fail"));
    QCOMPARE(failures(appraised(evidence, {}, leaf.notAfter() + 1)), QStringLiteral("chain.dates"));
}

void TestAppraisalReal::notAnEmulatedOne()
{
    ReferenceValues expected;
    expected.root = "emulated:" + std::string(64, 'a');
    const auto appraisal = appraised(evidenceOf(milan3), expected, timeOf(milan3));
    QCOMPARE(failures(appraisal), QStringLiteral("root.kind,root.pinned"));
    for (const auto *root : {"", "AMD", "amd ", "emulated", "emulated:", "anything"}) {
        expected.root = root;
        QCOMPARE(verdictOf(appraised(evidenceOf(milan3), expected, timeOf(milan3))), QStringLiteral("refused"));
    }
}

void TestAppraisalReal::referenceValues()
{
    const Evidence evidence = evidenceOf(genoa3);
    const auto report = *ReportView::from(evidence.report);
    ReferenceValues expected;
    expected.launchDigest = report.measurement();
    expected.reportData = report.reportData();
    expected.hostData = report.hostData();
    expected.vmpl = 0;
    QCOMPARE(verdictOf(appraised(evidence, expected, timeOf(genoa3))), QStringLiteral("trusted"));
    auto wrong = expected;
    wrong.launchDigest->bytes[47] ^= 1;
    QCOMPARE(failures(appraised(evidence, wrong, timeOf(genoa3))), QStringLiteral("launch.digest"));
    wrong = expected;
    wrong.reportData->bytes[63] ^= 1;
    QCOMPARE(failures(appraised(evidence, wrong, timeOf(genoa3))), QStringLiteral("report.data"));
    wrong = expected;
    wrong.hostData->bytes[0] ^= 1;
    QCOMPARE(failures(appraised(evidence, wrong, timeOf(genoa3))), QStringLiteral("report.hostdata"));
    wrong = expected;
    wrong.vmpl = 1;
    QCOMPARE(failures(appraised(evidence, wrong, timeOf(genoa3))), QStringLiteral("report.vmpl"));
    // Strict: what is advisory is demanded, the levels of bulletins that came after this report and a revocation list among that.
    expected.strict = true;
    QCOMPARE(verdictOf(appraised(evidence, expected, timeOf(genoa3))), QStringLiteral("refused"));
    QCOMPARE(failures(appraised(evidence, expected, timeOf(genoa3))), QStringLiteral("tcb.bulletin"));
    QCOMPARE(outcomeOf(appraised(evidence, expected, timeOf(genoa3)), "chain.crl"), QStringLiteral("unknown"));
}

void TestAppraisalReal::minimumTcb()
{
    const Evidence evidence = evidenceOf(genoa3); // bl 10, tee 0, snp 23, ucode 84
    const auto outcome = [&](std::vector<std::pair<std::string, unsigned>> floors) {
        ReferenceValues expected;
        expected.minimumTcb = std::move(floors);
        return outcomeOf(appraised(evidence, expected, timeOf(genoa3)), "tcb.minimum");
    };
    QCOMPARE(outcome({}), QStringLiteral("absent"));
    QCOMPARE(outcome({{"bl", 10}, {"tee", 0}, {"snp", 23}, {"ucode", 84}}), QStringLiteral("pass"));
    QCOMPARE(outcome({{"snp", 24}}), QStringLiteral("fail"));
    QCOMPARE(outcome({{"bl", 10}, {"ucode", 85}}), QStringLiteral("fail"));
    QCOMPARE(outcome({{"fmc", 0}}), QStringLiteral("fail")); // this product has none
    QCOMPARE(outcome({{"nonsense", 0}}), QStringLiteral("fail"));
    QCOMPARE(outcome({{"snp", 4000000000u}}), QStringLiteral("fail"));
}

void TestAppraisalReal::builtInRootsAreThePublishedOnes_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("role");
    for (const auto *product : {"milan", "genoa", "turin"})
        for (const auto *role : {"ark", "ask"})
            QTest::addRow("%s-%s", role, product) << QStringLiteral("snp-roots/%1-%2.pem").arg(QLatin1String(role), QLatin1String(product))
                                                  << QString::fromLatin1(role).toUpper();
}

void TestAppraisalReal::builtInRootsAreThePublishedOnes()
{
    QFETCH(QString, file);
    QFETCH(QString, role);
    const auto certificate = Certificate::fromPem(asText(test::vector(file.toStdString())))->front();
    const RootKey *key = findRootKey(role.toStdString(), certificate.rsaModulus(), certificate.rsaExponent());
    QVERIFY(key);
    QCOMPARE(std::string(key->sha256), toHex(certificate.fingerprint().bytes));
    QVERIFY(!findRootKey(role == QLatin1String("ARK") ? "ASK" : "ARK", certificate.rsaModulus(), certificate.rsaExponent()));
    QVERIFY(!findRootKey(role.toStdString(), certificate.rsaModulus(), 3));
}

QTEST_GUILESS_MAIN(TestAppraisalReal)
#include "test_appraisal_real.moc"
