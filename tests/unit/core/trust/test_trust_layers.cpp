// SPDX-License-Identifier: Apache-2.0
#include "core/trust/layers.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

using namespace kastellan;
using Mark = Layer::Mark;

namespace {

const char *const goodChecks[][2] = {{"root.kind", "root"}, {"root.pinned", "root"}, {"chain.signatures", "chain"},
    {"report.signature", "report"}, {"tcb.certificate", "tcb"}, {"chip.certificate", "platform"}, {"policy.debug", "policy"},
    {"policy.migration", "policy"}, {"launch.digest", "launch"}, {"workload.digest", "workload"}};

/// What a real SNP host would give: every check passes, and nothing is emulated.
Record hardwareRecord()
{
    Record record = test::sampleRecord();
    record.host = "qemu+ssh://host/system";
    record.expected.root = "amd";
    record.appraisal = {};
    for (const auto &[id, area] : goodChecks) {
        Finding finding;
        finding.id = id;
        finding.area = area;
        finding.outcome = Outcome::Pass;
        finding.reference = finding.id == "launch.digest" || finding.id == "workload.digest";
        record.appraisal.findings.push_back(finding);
    }
    decide(record.appraisal);
    return record;
}

/// One letter a layer, from the application down: V verified, X shut out, T must be trusted.
QByteArray marks(const Record &record)
{
    QByteArray text;
    for (const auto &layer : layersOf(record))
        text += layer.mark == Mark::Verified ? 'V' : layer.mark == Mark::ShutOut ? 'X' : 'T';
    return text;
}

Record with(Record record, std::string_view id, Outcome outcome)
{
    for (auto &finding : record.appraisal.findings)
        if (finding.id == id)
            finding.outcome = outcome;
    decide(record.appraisal);
    return record;
}

} // namespace

class TestLayers : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void snpThatPassesAll()
    {
        const Record record = hardwareRecord();
        QCOMPARE(record.appraisal.verdict, Verdict::Trusted);
        QCOMPARE(marks(record), QByteArrayLiteral("VVXXXXXVV"));
        const auto layers = layersOf(record);
        QCOMPARE(layers.front().name, std::string("application"));
        QCOMPARE(layers.back().name, std::string("CPU and management engine"));
        for (const auto &layer : layers)
            QVERIFY(!layer.why.empty() && !layer.owner.empty() && !layer.detail.empty());
    }

    /// Each check that does not pass takes away exactly what rests on it.
    void oneCheckMissing_data()
    {
        QTest::addColumn<QByteArray>("id");
        QTest::addColumn<QByteArray>("expected");
        QTest::newRow("root") << QByteArrayLiteral("root.pinned") << QByteArrayLiteral("TTTTTTTTT");
        QTest::newRow("chain") << QByteArrayLiteral("chain.signatures") << QByteArrayLiteral("TTTTTTTTT");
        QTest::newRow("signature") << QByteArrayLiteral("report.signature") << QByteArrayLiteral("TTTTTTTTT");
        QTest::newRow("tcb") << QByteArrayLiteral("tcb.certificate") << QByteArrayLiteral("TTTTTTTTV");
        QTest::newRow("debug") << QByteArrayLiteral("policy.debug") << QByteArrayLiteral("TTTTTTTVV");
        QTest::newRow("migration") << QByteArrayLiteral("policy.migration") << QByteArrayLiteral("TTTTTTTVV");
        QTest::newRow("launch digest") << QByteArrayLiteral("launch.digest") << QByteArrayLiteral("TTXXXXXVV");
        QTest::newRow("workload digest") << QByteArrayLiteral("workload.digest") << QByteArrayLiteral("TVXXXXXVV");
    }
    void oneCheckMissing()
    {
        QFETCH(QByteArray, id);
        QFETCH(QByteArray, expected);
        for (const Outcome outcome : {Outcome::Fail, Outcome::Unknown})
            QCOMPARE(marks(with(hardwareRecord(), id.constData(), outcome)), expected);
        Record without = hardwareRecord();
        std::erase_if(without.appraisal.findings, [&](const Finding &finding) { return finding.id == id.constData(); });
        if (id != "root.pinned") // another check of the root is still there
            QCOMPARE(marks(without), expected);
    }

    void anotherChipIsNotGenuine()
    {
        QCOMPARE(marks(with(hardwareRecord(), "chip.certificate", Outcome::Fail)), QByteArrayLiteral("TTTTTTTTT"));
    }

    void emulatedTrustsEverything()
    {
        Record record = hardwareRecord();
        record.appraisal.emulated = true;
        QCOMPARE(marks(record), QByteArrayLiteral("TTTTTTTTT"));
        // The mark alone, or the root alone, is enough.
        record = hardwareRecord();
        record.expected.root = "emulated:" + std::string(64, '0');
        QCOMPARE(marks(record), QByteArrayLiteral("TTTTTTTTT"));
        for (const auto &layer : layersOf(record))
            QVERIFY(layer.why.find("machine") != std::string::npos);
    }

    void unattestedTrustsEverything()
    {
        Record record = hardwareRecord();
        record.evidence.report.clear();
        QCOMPARE(marks(record), QByteArrayLiteral("TTTTTTTTT"));
        record = hardwareRecord();
        record.evidence.kind = "something new";
        QCOMPARE(marks(record), QByteArrayLiteral("TTTTTTTTT"));
        QCOMPARE(marks(Record{}), QByteArrayLiteral("TTTTTTTTT"));
    }

    void sevLeavesTheHostIn()
    {
        Record record = hardwareRecord();
        record.evidence.kind = "sev-launch";
        QCOMPARE(marks(record), QByteArrayLiteral("TVTTTTTVV"));
        const auto sev = layersOf(record);
        QVERIFY(sev[5].why.find("memory and registers") != std::string::npos);
        record.evidence.kind = "sev-es-launch";
        const auto es = layersOf(record);
        QVERIFY(es[5].why.find("it can change memory.") != std::string::npos);
    }

    void localSaysWhoJudges()
    {
        Record record = hardwareRecord();
        record.host = "local";
        for (const auto &layer : layersOf(record))
            QVERIFY(layer.why.find("the machine that it judges") != std::string::npos);
    }

    void namesComeFromPlanAndEvidence()
    {
        Record record = hardwareRecord();
        record.plan = R"({"name":"payroll","workload_sha256":"00112233445566778899","protection":"SEV-SNP"})";
        const EvidenceView view = test::sampleView();
        const auto layers = layersOf(record, &view);
        QVERIFY(layers[0].detail.find("payroll") == 0);
        QVERIFY(layers[0].detail.find("0011223344556677") != std::string::npos);
        QVERIFY(layers[7].detail.find("snp 23") != std::string::npos);
        QVERIFY(layers[8].detail.find("Genoa") != std::string::npos);
        record.plan = "not json";
        QCOMPARE(layersOf(record).size(), std::size_t{9});
    }
};

QTEST_APPLESS_MAIN(TestLayers)
#include "test_trust_layers.moc"
