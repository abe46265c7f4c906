// SPDX-License-Identifier: Apache-2.0
// What the emulated platform produces in each of its configurations, held against the appraisal: accepted under its own root, never for
// AMD.
#include "../appraisal/appraised.h"
#include "sev-backend/emulator/legacy_authority.h"
#include "sev-backend/legacy/owner.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

using namespace kastellan;
using namespace kastellan::sev;
using test::appraised;
using test::failures;
using test::outcomeOf;
using test::verdictOf;
namespace fs = std::filesystem;

class TestEmulatedEvidence : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void configurations_data();
    void configurations();
    void withoutASignature();
    void legacyChainIsNotAmds();

private:
    /// With keys of full length, and a state of its own.
    [[nodiscard]] std::unique_ptr<Processor> open(const Profile &profile = defaultProfile())
    {
        const fs::path data = m_folder.path().toStdString();
        test::giveEmulatedIdentity(data, profile);
        auto processor = Processor::open(data / "emulated", {}, {}, {.profile = &profile});
        if (!processor)
            qFatal("the processor can't be opened");
        return std::move(*processor);
    }
    static Evidence evidenceOf(Processor &processor)
    {
        const auto guest = *processor.launchStart(GuestPolicy());
        if (!processor.launchFinish(guest, {}))
            qFatal("the launch failed");
        Evidence evidence;
        evidence.report = processor.firmware().report(guest, ReportRequest().encode()).report;
        evidence.endorsements = processor.endorsements();
        return evidence;
    }
    static ReferenceValues expectedOf(const Processor &processor)
    {
        ReferenceValues expected;
        expected.root = processor.rootFingerprint();
        expected.launchDigest = LaunchDigest();
        return expected;
    }
    QTemporaryDir m_folder;
};

void TestEmulatedEvidence::configurations_data()
{
    QTest::addColumn<QString>("what");
    for (const char *what : {"as it comes", "lower reported TCB", "VLEK", "VLEK at a lower reported TCB"})
        QTest::newRow(what) << QString::fromUtf8(what);
}

void TestEmulatedEvidence::configurations()
{
    QFETCH(QString, what);
    const auto processor = open();
    COMPARE_STATUS(processor->snp().config(SnpConfig().encode()), Success);
    if (what.contains(QLatin1String("lower"))) {
        SnpConfig config;
        TcbVersion tcb = processor->profile().tcb();
        tcb.set(TcbPart::Snp, static_cast<std::uint8_t>(*tcb.part(TcbPart::Snp) - 1));
        config.reportedTcb = tcb.bytes();
        COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    }
    if (what.startsWith(QLatin1String("VLEK")))
        COMPARE_STATUS(processor->snp().vlekLoad(*processor->vlekHashstick()), Success);
    const Evidence evidence = evidenceOf(*processor);
    const auto appraisal = appraised(evidence, expectedOf(*processor));
    QCOMPARE(failures(appraisal), QString());
    QCOMPARE(verdictOf(appraisal), QStringLiteral("trusted"));
    ReferenceValues amd = expectedOf(*processor);
    amd.root = "amd";
    QCOMPARE(verdictOf(appraised(evidence, amd)), QStringLiteral("refused"));
    // The certificates of another configuration do not fit.
    SnpConfig other;
    TcbVersion tcb = processor->profile().tcb();
    tcb.set(TcbPart::Bootloader, static_cast<std::uint8_t>(*tcb.part(TcbPart::Bootloader) - 1));
    other.reportedTcb = tcb.bytes();
    COMPARE_STATUS(processor->snp().config(other.encode()), Success);
    Evidence mixed = evidence;
    mixed.endorsements = processor->endorsements();
    QCOMPARE(verdictOf(appraised(mixed, expectedOf(*processor))), QStringLiteral("refused"));
}

void TestEmulatedEvidence::withoutASignature()
{
    const auto processor = open();
    SnpConfig config;
    config.maskChipKey = true;
    COMPARE_STATUS(processor->snp().config(config.encode()), Success);
    const auto appraisal = appraised(evidenceOf(*processor), expectedOf(*processor));
    QCOMPARE(verdictOf(appraisal), QStringLiteral("refused"));
    QVERIFY(failures(appraisal).contains(QLatin1String("report.signature")));
}

void TestEmulatedEvidence::legacyChainIsNotAmds()
{
    const auto processor = open();
    const auto exported = processor->legacy().pdhCertExport(2084, 6252);
    COMPARE_STATUS(exported, Success);
    const Bytes both = *processor->legacy().askArk();
    const auto ask = legacy::CaCertificate::parse(both, "ask");
    QVERIFY(ask.has_value());
    const ByteView chain = exported->chain;
    Evidence evidence;
    evidence.kind = "sev-chain";
    evidence.report = exported->pdh;
    evidence.endorsements = {{"pek", toBytes(chain.first(2084))}, {"oca", toBytes(chain.subspan(2084, 2084))},
        {"cek", toBytes(chain.subspan(4168))}, {"ask", toBytes(ask->bytes())}, {"ark", toBytes(ByteView(both).subspan(ask->size()))}};
    ReferenceValues amd;
    amd.root = "amd";
    QCOMPARE(verdictOf(appraised(evidence, amd)), QStringLiteral("refused"));
    // Nor a report that its PEK signed.
    const auto guest = *processor->legacy().launchStart({});
    QVERIFY(processor->legacy().launchMeasure(guest, 48).has_value());
    evidence.kind = "sev-report";
    evidence.report = *processor->legacy().attestation(guest, {}, 208);
    QCOMPARE(verdictOf(appraised(evidence, amd)), QStringLiteral("refused"));
}

QTEST_GUILESS_MAIN(TestEmulatedEvidence)
#include "test_emulated_evidence.moc"
