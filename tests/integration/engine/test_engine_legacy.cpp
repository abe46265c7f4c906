// SPDX-License-Identifier: Apache-2.0
// Keeps under SEV and SEV-ES: measured, appraised and recorded before they run, and authenticated by the session secret afterwards.
#include "core/evidence/reappraise.h"
#include "core/hosts/pins.h"
#include "engine_scene.h"
#include "sev-backend/appraisal/backend.h"
#include "tests/support/emulated_identity.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;

class TestEngineLegacy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init() { m_world = std::make_shared<MachineWorld>(*m_processor); }
    void good_data();
    void good();
    void recordsComputeAgain();
    void refused_data();
    void refused();
    void neverWeaker();
    void answers_data();
    void answers();
    void attestedLater();
    void stoppedInEachState_data();
    void stoppedInEachState();
    void takenOver();
    void anotherWardenIsNotTakenOver();
    void takenOverBeforeItRan();
    void anotherPlatformIsLoud();

private:
    [[nodiscard]] bool somethingWasSent() const
    {
        const std::lock_guard lock(m_world->mutex);
        return m_world->injected > 0 || !m_world->deliveredItems.empty();
    }
    DataFolder m_data;
    std::unique_ptr<sev::Processor> m_processor;
    std::shared_ptr<MachineWorld> m_world;
};

namespace {

const Finding *findingOf(const Record &record, std::string_view id)
{
    const auto found = std::ranges::find(record.appraisal.findings, id, &Finding::id);
    return found == record.appraisal.findings.end() ? nullptr : &*found;
}

Outcome outcomeOf(const Record &record, std::string_view id)
{
    const Finding *finding = findingOf(record, id);
    return finding ? finding->outcome : Outcome::Info;
}

} // namespace

void TestEngineLegacy::initTestCase()
{
    m_processor = ownProcessor(m_data.path() / "platform");
}

void TestEngineLegacy::good_data()
{
    QTest::addColumn<QString>("technologyText");
    QTest::newRow("SEV") << "sev";
    QTest::newRow("SEV-ES") << "es";
}

void TestEngineLegacy::good()
{
    QFETCH(const QString, technologyText);
    const std::string technology = technologyText.toStdString();
    EngineScene scene(m_data, m_world, technology);
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(scene.status().exitCode, std::optional(0));
    QCOMPARE(scene.logged(LogEntry::Stream::Out), "hello\n");
    const auto records = scene.records();
    QCOMPARE(records.size(), std::size_t(3));
    QCOMPARE(records[0].kind, "launch");
    QCOMPARE(records[1].kind, "attest");
    QCOMPARE(records[2].kind, "deliver");
    for (const Record &record : records) {
        VERIFY_SCENE(record.appraisal.verdict == Verdict::Authentic, scene); // never more: no hardware proves the workload
        QVERIFY(record.appraisal.emulated);
        QCOMPARE(record.evidence.kind, "sev-launch-measure");
        QCOMPARE(record.evidence.report, records[0].evidence.report);
        QCOMPARE(outcomeOf(record, "sev.measure"), Outcome::Pass);
        QCOMPARE(outcomeOf(record, "sev.policy.demanded"), Outcome::Pass);
        QCOMPARE(outcomeOf(record, "workload.digest"), Outcome::Unknown);
    }
    QCOMPARE(findingOf(records[0], "session.code"), static_cast<const Finding *>(nullptr));
    QCOMPARE(outcomeOf(records[1], "session.code"), Outcome::Pass);
    QCOMPARE(outcomeOf(records[2], "session.code"), Outcome::Pass);
    QVERIFY(findingOf(records[2], "workload.digest")->actual.starts_with("owner's word"));
    QCOMPARE(m_world->injected.load(), 1);
    QCOMPARE(m_world->kills.load(), 1);
    // Nothing that opens the keep stays, and no record holds the secret.
    for (const char *file : {"session.key", "owner.pem", "warden.sha256"})
        QVERIFY2(!std::filesystem::exists(scene.folder() / file), file);
    const std::string events = scene.logged(LogEntry::Stream::Event);
    for (const Record &record : records) {
        const auto &secret = m_world->owner->secret();
        QVERIFY(std::ranges::search(record.evidence.report, secret.key.view()).empty());
        QVERIFY(record.plan.find(toHex(secret.key.view())) == std::string::npos);
    }
    std::size_t at = 0;
    for (const char *step : {"certificates are verified", "session is made", "has measured", "state: attesting",
             "expected one, and recorded", "sealed into the machine", "the machine runs", "has answered"}) {
        const std::size_t found = events.find(step, at);
        QVERIFY2(found != std::string::npos, step);
        at = found;
    }
}

void TestEngineLegacy::recordsComputeAgain()
{
    EngineScene scene(m_data, m_world, "es");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    const auto backend = sev::makeEvidenceBackend();
    for (Record record : scene.records()) {
        const Appraisal again = reappraise(record, *backend, record.created);
        QVERIFY2(again.verdict == Verdict::Authentic, again.sentence.c_str());
        record.expected.shortLaunchDigest->bytes[3] ^= 1;
        QCOMPARE(reappraise(record, *backend, record.created).verdict, Verdict::Refused);
        record.expected.shortLaunchDigest->bytes[3] ^= 1;
        record.evidence.report[5] ^= 1; // of the HMAC: what was found at the launch is not believed
        QCOMPARE(reappraise(record, *backend, record.created).verdict, Verdict::Refused);
    }
}

void TestEngineLegacy::refused_data()
{
    QTest::addColumn<QString>("whatText");
    QTest::addColumn<QString>("findingText");
    QTest::newRow("another image is measured") << "content" << "sev.measure";
    QTest::newRow("another policy is said") << "policy" << "sev.policy.demanded";
    QTest::newRow("another firmware version is said") << "build" << "sev.measure";
    QTest::newRow("the measurement of an earlier launch") << "replay" << "sev.measure";
    QTest::newRow("another digest is expected") << "digest" << "sev.measure";
    QTest::newRow("no digest is expected") << "none" << "sev.measure";
    QTest::newRow("another root is accepted") << "root" << "root.pinned";
}

void TestEngineLegacy::refused()
{
    QFETCH(const QString, whatText);
    const std::string what = whatText.toStdString();
    QFETCH(const QString, findingText);
    const std::string finding = findingText.toStdString();
    EngineScene scene(m_data, m_world, "es");
    if (what == "content") {
        m_world->content[77] ^= 1;
    } else if (what == "policy") {
        m_world->saidPolicy = 0x0e; // debugging
    } else if (what == "build") {
        m_world->saidBuild = sev::legacy::PlatformBuild{9, 9, 9};
    } else if (what == "digest") {
        scene.plan.expected.shortLaunchDigest->bytes[0] ^= 1;
    } else if (what == "none") {
        scene.plan.expected.shortLaunchDigest.reset();
    } else if (what == "root") {
        m_world->root = scene.plan.expected.root; // the host is content with it, the plan is not
        scene.plan.expected.root = "emulated:" + std::string(64, 'b');
    } else {
        auto earlier = std::make_shared<MachineWorld>(*m_processor);
        EngineScene first(m_data, earlier, "es");
        first.launch();
        VERIFY_SCENE(first.status().state == KeepState::Stopped, first);
        m_world->saidMeasurement = earlier->measurement;
    }
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Refused, scene);
    VERIFY_SCENE(scene.status().reason.find(finding) != std::string::npos, scene);
    QCOMPARE(m_world->starts.load(), 1);
    QCOMPARE(m_world->admits.load(), 0);
    QVERIFY(!somethingWasSent());
    QCOMPARE(m_world->kills.load(), 1); // the waiting machine is destroyed
    const auto records = scene.records();
    QCOMPARE(records.size(), std::size_t(1));
    QCOMPARE(records[0].kind, "launch");
    QVERIFY(records[0].appraisal.verdict == (what == "none" ? Verdict::Undecided : Verdict::Refused));
    QVERIFY(!std::filesystem::exists(scene.folder() / "session.key"));
}

void TestEngineLegacy::neverWeaker()
{
    // A host that does not measure what has to be measured first, and one that measures in a weaker way than planned.
    m_world->measures = false;
    EngineScene scene(m_data, m_world, "sev");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    QVERIFY(!somethingWasSent());
    QCOMPARE(m_world->kills.load(), 1);
    m_world = std::make_shared<MachineWorld>(*m_processor);
    EngineScene snp(m_data, m_world, "es");
    snp.plan.machine->technology = "snp";
    snp.launch();
    VERIFY_SCENE(snp.status().state == KeepState::Failed, snp);
    QVERIFY(!somethingWasSent());
    // SEV-ES was demanded, and the plan's policy lacks it.
    m_world = std::make_shared<MachineWorld>(*m_processor);
    EngineScene plain(m_data, m_world, "sev");
    plain.plan.machine->technology = "es";
    plain.launch();
    VERIFY_SCENE(plain.status().state == KeepState::Refused, plain);
    QVERIFY(!somethingWasSent());
    // The owner's own side does not go on with a platform of another root.
    m_world = std::make_shared<MachineWorld>(*m_processor);
    m_world->root = "amd";
    EngineScene amd(m_data, m_world, "sev");
    amd.launch();
    VERIFY_SCENE(amd.status().state == KeepState::Failed, amd);
    QVERIFY(amd.records().empty());
    QVERIFY(!somethingWasSent());
}

void TestEngineLegacy::answers_data()
{
    QTest::addColumn<QString>("whatText");
    QTest::newRow("code by another key") << "key";
    QTest::newRow("code over another challenge") << "nonce";
    QTest::newRow("a report in place of a code") << "report";
    QTest::newRow("nothing") << "nothing";
}

void TestEngineLegacy::answers()
{
    QFETCH(const QString, whatText);
    const std::string what = whatText.toStdString();
    m_world->answer = [what](const SessionSecret &secret, const ReportData &data) {
        if (what == "key") {
            SessionSecret other = secret;
            other.key.bytes[0] ^= 1;
            return other.code(data);
        }
        if (what == "nonce") {
            ReportData other = data;
            other.bytes[0] ^= 1;
            return secret.code(other);
        }
        return what == "report" ? Bytes(1184, 0x11) : Bytes(1, 0);
    };
    EngineScene scene(m_data, m_world, "es");
    scene.secrets.emplace_back("token", Bytes(8, 'x'));
    scene.plan.secretNames = {"token"};
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Refused, scene);
    VERIFY_SCENE(scene.status().reason.find("session.code") != std::string::npos, scene);
    const std::lock_guard lock(m_world->mutex);
    QVERIFY(m_world->deliveredItems.empty());
    QCOMPARE(m_world->runs.load(), 0);
}

void TestEngineLegacy::attestedLater()
{
    m_world->exits = false;
    int asked = 0;
    std::atomic<bool> lies{false};
    m_world->answer = [&](const SessionSecret &secret, const ReportData &data) { return secret.code(lies ? ReportData{} : data); };
    EngineScene scene(m_data, m_world, "sev");
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (told == "running" && scene.status().records.size() == 3 && asked++ == 0) {
            engine.attest();
        } else if (scene.status().records.size() == 4 && asked == 1) {
            ++asked;
            lies = true;
            engine.attest();
        } else if (told == "suspect") {
            engine.stop(0);
        }
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    const auto records = scene.records();
    VERIFY_SCENE(records.size() == 5, scene);
    QCOMPARE(records[3].kind, "reattest");
    QCOMPARE(records[3].appraisal.verdict, Verdict::Authentic);
    QCOMPARE(records[4].appraisal.verdict, Verdict::Refused);
    QCOMPARE(outcomeOf(records[4], "session.code"), Outcome::Fail);
}

void TestEngineLegacy::stoppedInEachState_data()
{
    QTest::addColumn<QString>("atText");
    QTest::addColumn<bool>("sent");
    QTest::newRow("starting") << "starting" << false;
    QTest::newRow("measured") << "the firmware has measured the waiting machine" << false;
    QTest::newRow("attesting") << "attesting" << false;
    QTest::newRow("admitting") << "admit" << true;
    QTest::newRow("runs") << "the machine runs" << true;
    QTest::newRow("answered") << "its warden has answered" << true;
    QTest::newRow("delivering") << "delivering" << true;
    QTest::newRow("running") << "running" << true;
}

void TestEngineLegacy::stoppedInEachState()
{
    QFETCH(const QString, atText);
    const std::string at = atText.toStdString();
    QFETCH(const bool, sent);
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    std::atomic<bool> stopped{false};
    m_world->onAdmit = [&] { // the loop hears of it while this thread still works
        if (at != "admit")
            return;
        scene.post([&](loader::Engine &engine) {
            engine.stop(0);
            stopped = true;
        });
        while (!stopped)
            std::this_thread::yield();
    };
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (!stopped && told == at) {
            stopped = true;
            engine.stop(0);
        }
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(m_world->kills.load(), m_world->starts.load()); // stopped before that, it is not even started
    if (!sent)
        QVERIFY(!somethingWasSent());
    QVERIFY(!std::filesystem::exists(scene.folder() / "session.key"));
    QVERIFY(!std::filesystem::exists(scene.folder() / "owner.pem"));
}

void TestEngineLegacy::takenOver()
{
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    scene.launch([&] { return scene.status().state == KeepState::Running && scene.logged(LogEntry::Stream::Out) == "hello\n"; });
    VERIFY_SCENE(scene.status().state == KeepState::Running, scene);
    QCOMPARE(scene.records().size(), std::size_t(3));
    QVERIFY(std::filesystem::exists(scene.folder() / "session.key"));
    scene.onTold = [&](loader::Engine &engine, const std::string &) {
        if (engine.status().records.size() == 4 && engine.status().state == KeepState::Running)
            engine.stop(1);
    };
    scene.resume();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    const auto records = scene.records();
    QCOMPARE(records.size(), std::size_t(4));
    QCOMPARE(records[3].kind, "reattest");
    QCOMPARE(records[3].appraisal.verdict, Verdict::Authentic);
    QCOMPARE(records[3].evidence.report, records[0].evidence.report);
    QVERIFY(records[3].binding->exporter != records[2].binding->exporter);
    QVERIFY(records[3].binding->wardenKey == records[2].binding->wardenKey);
    QCOMPARE(scene.logged(LogEntry::Stream::Out), "hello\n");
    QVERIFY(!std::filesystem::exists(scene.folder() / "session.key"));
}

void TestEngineLegacy::anotherWardenIsNotTakenOver()
{
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    scene.launch([&] { return scene.status().state == KeepState::Running; });
    VERIFY_SCENE(scene.status().state == KeepState::Running, scene);
    // Who has learnt the secret still is not the keep: its key never left it.
    const SessionSecret secret = m_world->owner->secret();
    m_world->end();
    m_world->stopping = false;
    m_world->boot(secret, secret.ownerKey);
    scene.resume();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    VERIFY_SCENE(scene.status().reason.find("another warden") != std::string::npos, scene);
    QCOMPARE(scene.records().size(), std::size_t(3));
}

void TestEngineLegacy::takenOverBeforeItRan()
{
    for (const char *state : {"attesting", "the machine runs"}) {
        m_world = std::make_shared<MachineWorld>(*m_processor);
        EngineScene scene(m_data, m_world, "es");
        bool died = false;
        scene.onTold = [&](loader::Engine &, const std::string &told) { died = died || told == state; };
        scene.launch([&] { return died; });
        scene.onTold = {};
        scene.resume();
        VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
        VERIFY_SCENE(m_world->kills == 1, scene); // nobody leaves it waiting there
        QVERIFY(!std::filesystem::exists(scene.folder() / "session.key"));
    }
}

void TestEngineLegacy::anotherPlatformIsLoud()
{
    EngineScene first(m_data, m_world, "es");
    first.launch();
    VERIFY_SCENE(first.status().state == KeepState::Stopped, first);
    const auto pin = hostPin("qemu:///fake#rehearsal#sev");
    QVERIFY(pin && *pin && (*pin)->identity.starts_with("cek:"));
    QVERIFY(pinHost({(*pin)->host, "cek:" + std::string(64, '0'), 0})); // another machine answered there before
    m_world = std::make_shared<MachineWorld>(*m_processor);
    EngineScene second(m_data, m_world, "es");
    second.launch();
    QVERIFY(pinHost(**pin));
    VERIFY_SCENE(second.status().state == KeepState::Refused, second);
    VERIFY_SCENE(second.status().reason.find("platform.identity") != std::string::npos, second);
    QVERIFY(!somethingWasSent());
}

QTEST_GUILESS_MAIN(TestEngineLegacy)
#include "test_engine_legacy.moc"
