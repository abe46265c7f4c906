// SPDX-License-Identifier: Apache-2.0
#include "fault.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;

/// Reports that are not what they should be: whatever is wrong with them, nothing is sent.
class TestReports : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase() { m_scene.reset(); }
    void aBentReportIsRefused_data();
    void aBentReportIsRefused();
    void aBentReportOverTheDeliveryIsRefused();
    void aBentReportLaterMakesTheKeepSuspect();
    void itIsStoppedThenIfThePlanSaysSo();
    void aReplayedReportIsRefused();
    void aReportOfAnotherKeepIsRefused();
    void aReportOfTheFirstStageIsRefusedForTheSecond();
    void aSwappedCertificateIsRefused_data();
    void aSwappedCertificateIsRefused();
    void aShortAnswerIsAnError_data();
    void aShortAnswerIsAnError();

private:
    /// Refused with this finding, and nothing was sent.
    void mustBeRefused(Watch &watch, const char *finding, std::size_t records = 1);
    std::unique_ptr<Scene> m_scene;
};

void TestReports::initTestCase()
{
    m_scene = std::make_unique<Scene>();
}

void TestReports::mustBeRefused(Watch &watch, const char *finding, std::size_t count)
{
    VERIFY_KEEP(watch.untilClosed(), watch);
    VERIFY_KEEP(watch.status().state == KeepState::Refused, watch);
    VERIFY_KEEP(watch.status().verdict == "refused", watch);
    VERIFY_KEEP(watch.status().reason.find(finding) != std::string::npos, watch);
    VERIFY_KEEP(!watch.wasIn(KeepState::Running), watch);
    VERIFY_KEEP(watch.output().empty(), watch);
    if (count == 1) {
        VERIFY_KEEP(!watch.wasIn(KeepState::Delivering), watch);
        QVERIFY(!std::filesystem::exists(keeps::folder(watch.id()) / "manifest.bin"));
    }
    const auto records = m_scene->records(watch.id());
    QCOMPARE(records.size(), count);
    QCOMPARE(records.back().appraisal.verdict, Verdict::Refused);
    const auto &findings = records.back().appraisal.findings;
    const auto failed = std::ranges::find(findings, finding, &Finding::id);
    QVERIFY2(failed != findings.end() && failed->outcome == Outcome::Fail && failed->required, finding);
    QVERIFY(!failed->expected.empty() && !failed->actual.empty() && !failed->remedy.empty());
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aBentReportIsRefused_data()
{
    QTest::addColumn<int>("offset");
    QTest::addColumn<QString>("finding");
    const QString signature = QStringLiteral("report.signature");
    QTest::newRow("version") << 0x000 << QString();
    QTest::newRow("policy") << 0x008 << signature;
    QTest::newRow("VMPL") << 0x030 << signature;
    QTest::newRow("TCB") << 0x038 << signature;
    QTest::newRow("report_data") << 0x050 << QString();
    QTest::newRow("measurement") << 0x090 << signature;
    QTest::newRow("host_data") << 0x0C0 << QString();
    QTest::newRow("chip id") << 0x1A0 << signature;
    QTest::newRow("signature r") << 0x2A0 << signature;
    QTest::newRow("signature s") << 0x2E8 << signature;
    QTest::newRow("the last byte") << 0x49F << QString();
}

void TestReports::aBentReportIsRefused()
{
    QFETCH(int, offset);
    QFETCH(QString, finding);
    const Faults faults("flip=2:" + std::to_string(offset));
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    if (!finding.isEmpty())
        return mustBeRefused(*watch, qPrintable(finding));
    // The warden itself looks at some fields and may not even pass such a report on.
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused || watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aBentReportOverTheDeliveryIsRefused()
{
    const Faults faults("flip=3:144");
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    mustBeRefused(*watch, "report.signature", 2);
}

void TestReports::aBentReportLaterMakesTheKeepSuspect()
{
    const Faults faults("flip=4:144");
    const auto watch = m_scene->launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(watch->client().attest());
    VERIFY_KEEP(watch->until([&] { return watch->status().state == KeepState::Suspect; }), *watch);
    VERIFY_KEEP(watch->status().verdict == "refused" && !watch->status().reason.empty(), *watch);
    QVERIFY(watch->client().attest());
    VERIFY_KEEP(watch->until([&] { return watch->status().state == KeepState::Running; }), *watch);
    VERIFY_KEEP(watch->status().verdict == "trusted", *watch);
    QVERIFY(watch->client().closeInput());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    QCOMPARE(m_scene->records(watch->id()).size(), std::size_t(4));
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::itIsStoppedThenIfThePlanSaysSo()
{
    const Faults faults("flip=4:144");
    const auto watch = m_scene->launch({.module = "echo", .change = [](LaunchPlan &plan) { plan.stopOnFailedAttestation = true; }});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(watch->client().attest());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(
        watch->status().state == KeepState::Failed && watch->status().reason.find("attestation failed") != std::string::npos, *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aReplayedReportIsRefused()
{
    const std::string file = (m_scene->folder().path() / "replayed").string();
    // In one and the same session: the newest nonce is not in it.
    const Faults faults("record=3:" + file + " replay=4:" + file);
    const auto watch = m_scene->launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(watch->client().attest());
    VERIFY_KEEP(
        watch->until([&] { return watch->status().records.size() == 3 || watch->status().state == KeepState::Suspect || watch->closed(); }),
        *watch);
    VERIFY_KEEP(watch->until([&] { return watch->status().state == KeepState::Suspect || watch->closed(); }), *watch);
    VERIFY_KEEP(watch->status().verdict != "trusted" || watch->status().state != KeepState::Running, *watch);
    if (!watch->closed())
        QVERIFY(watch->client().stop(0));
    VERIFY_KEEP(watch->untilClosed(), *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aReportOfAnotherKeepIsRefused()
{
    const std::string file = (m_scene->folder().path() / "relayed").string();
    {
        const Faults faults("record=2:" + file);
        const auto watch = m_scene->launch({.module = "hello"});
        REQUIRE_LAUNCHED(watch, *m_scene);
        VERIFY_KEEP(watch->untilClosed(), *watch);
        VERIFY_KEEP(watch->status().verdict == "trusted", *watch);
    }
    const Faults faults("replay=2:" + file);
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused || watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(watch->status().verdict != "trusted" && !watch->wasIn(KeepState::Delivering), *watch);
    VERIFY_KEEP(!watch->status().reason.empty(), *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aReportOfTheFirstStageIsRefusedForTheSecond()
{
    const std::string file = (m_scene->folder().path() / "first-stage").string();
    const Faults faults("record=2:" + file + " replay=3:" + file);
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused || watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Running) && watch->output().empty(), *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aSwappedCertificateIsRefused_data()
{
    QTest::addColumn<QString>("role");
    for (const char *role : {"ark", "ask", "vcek"})
        QTest::newRow(role) << QString::fromLatin1(role);
}

void TestReports::aSwappedCertificateIsRefused()
{
    QFETCH(QString, role);
    const Faults faults("swap=0:" + role.toStdString());
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
    const auto records = m_scene->records(watch->id());
    QCOMPARE(records.size(), std::size_t(1));
    QVERIFY(std::ranges::any_of(records[0].appraisal.findings, [](const Finding &finding) {
        return finding.required && finding.outcome == Outcome::Fail && (finding.id.starts_with("chain") || finding.id.starts_with("root"));
    }));
    QCOMPARE(m_scene->leftovers(), "");
}

void TestReports::aShortAnswerIsAnError_data()
{
    QTest::addColumn<int>("request");
    QTest::addColumn<int>("length");
    for (const int request : {1, 2, 3})
        for (const int length : {0, 3, 32, 1000})
            QTest::addRow("request %d, %d bytes", request, length) << request << length;
}

void TestReports::aShortAnswerIsAnError()
{
    QFETCH(int, request);
    QFETCH(int, length);
    const Faults faults("short=" + std::to_string(request) + ":" + std::to_string(length));
    const auto watch = m_scene->launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, *m_scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Failed || watch->status().state == KeepState::Refused, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Running), *watch);
    VERIFY_KEEP(!watch->status().reason.empty(), *watch);
    QCOMPARE(m_scene->leftovers(), "");
}

QTEST_GUILESS_MAIN(TestReports)
#include "test_reports.moc"
