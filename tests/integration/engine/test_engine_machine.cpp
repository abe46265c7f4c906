// SPDX-License-Identifier: Apache-2.0
// What is common to keeps in virtual machines: booting, console, use; and those without evidence.
#include "engine_scene.h"

#include "core/keeps/launch_steps.h"
#include "tests/support/emulated_identity.h"

#include <QtTest/QTest>

#include <condition_variable>

#include <fcntl.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;

class TestEngineMachine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_processor = ownProcessor(m_data.path() / "platform"); }
    void init() { m_world = std::make_shared<MachineWorld>(*m_processor); }
    void unattested();
    void unattestedGetsNoSecret();
    void withoutEvidenceOnlyWhenAsked();
    void consoleIsLogged();
    void consoleIsBounded();
    void neverAnswers();
    void endsWhileItBoots();
    void useIsToldWhileWatched();
    void admittingFails();
    void aRecordOfAnotherHand();
    void certificatesAreLookedFor();
    void stoppedWhileItLooks();
    void emulatedOnesAreNotLookedFor();

private:
    /// A keep under SEV-SNP whose host gives no certificates. What its warden answers is no report, and so refused.
    [[nodiscard]] EngineScene snp(const std::string &root)
    {
        m_world->measures = false;
        EngineScene scene(m_data, m_world, "snp");
        scene.plan.expected.root = root;
        scene.plan.expected.shortLaunchDigest.reset();
        return scene;
    }
    DataFolder m_data;
    std::unique_ptr<sev::Processor> m_processor;
    std::shared_ptr<MachineWorld> m_world;
};

void TestEngineMachine::certificatesAreLookedFor()
{
    EngineScene scene = snp("amd");
    Bytes asked;
    scene.complete = [&asked](Evidence &evidence, const std::stop_token &) {
        asked = evidence.report;
        evidence.endorsements.push_back({"vcek", Bytes(7, 0x77)});
        return std::vector<std::string>{"vcek: from the certificate store"};
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Refused, scene);
    QCOMPARE(asked, toBytes(std::string_view("no evidence")));
    const auto records = scene.records();
    QCOMPARE(records.size(), std::size_t(1));
    QCOMPARE(records[0].evidence.report, asked);
    QCOMPARE(records[0].evidence.endorsements.size(), std::size_t(1));
    QCOMPARE(records[0].evidence.endorsements[0].der, Bytes(7, 0x77));
    const std::string events = scene.logged(LogEntry::Stream::Event);
    QVERIFY2(events.find("vcek: from the certificate store") != std::string::npos, events.c_str());
}

void TestEngineMachine::stoppedWhileItLooks()
{
    EngineScene scene = snp("amd");
    std::atomic<bool> asked{false};
    scene.complete = [&](Evidence &, const std::stop_token &stop) { // a server that never answers
        asked = true;
        std::mutex mutex;
        std::unique_lock lock(mutex);
        std::condition_variable_any().wait(lock, stop, [] { return false; });
        return std::vector<std::string>{};
    };
    scene.onTold = [](loader::Engine &engine, const std::string &told) {
        if (told == launch_step::certificates)
            engine.stop(0);
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QVERIFY(scene.records().empty());
}

void TestEngineMachine::emulatedOnesAreNotLookedFor()
{
    EngineScene scene = snp(m_processor->rootFingerprint());
    bool asked = false;
    scene.complete = [&asked](Evidence &, const std::stop_token &) {
        asked = true;
        return std::vector<std::string>{};
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Refused, scene);
    QVERIFY(!asked);
}

void TestEngineMachine::unattested()
{
    m_world->measures = false;
    EngineScene scene(m_data, m_world, "none");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(scene.logged(LogEntry::Stream::Out), "hello\n");
    QCOMPARE(scene.status().verdict, "undecided");
    const auto records = scene.records();
    QCOMPARE(records.size(), std::size_t(2));
    for (const Record &record : records) {
        QCOMPARE(record.evidence.kind, "none");
        QVERIFY(record.evidence.report.empty());
        QCOMPARE(record.appraisal.verdict, Verdict::Undecided);
        QVERIFY(std::ranges::find(record.appraisal.overrides, "--unattested") != record.appraisal.overrides.end());
        QVERIFY2(record.appraisal.sentence.find("--unattested") != std::string::npos, record.appraisal.sentence.c_str());
    }
}

void TestEngineMachine::unattestedGetsNoSecret()
{
    m_world->measures = false;
    EngineScene scene(m_data, m_world, "none");
    scene.plan.secretNames = {"token"};
    scene.secrets.emplace_back("token", Bytes(8, 'x'));
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    QCOMPARE(m_world->starts.load(), 0);
    // Also where the plan does not say so.
    m_world = std::make_shared<MachineWorld>(*m_processor);
    EngineScene sly(m_data, m_world, "none");
    sly.secrets.emplace_back("token", Bytes(8, 'x'));
    sly.launch();
    VERIFY_SCENE(sly.status().state == KeepState::Failed, sly);
    QCOMPARE(m_world->starts.load(), 0);
}

void TestEngineMachine::withoutEvidenceOnlyWhenAsked()
{
    m_world->measures = false;
    EngineScene scene(m_data, m_world, "none");
    scene.plan.machine->request.unattested = false;
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    QCOMPARE(m_world->starts.load(), 0);
}

void TestEngineMachine::consoleIsLogged()
{
    m_world->console = "Linux version 6.12\r\n\x1b[31mwarden: ready\n";
    EngineScene scene(m_data, m_world, "es");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(scene.logged(LogEntry::Stream::Console), m_world->console);
    QCOMPARE(scene.logged(LogEntry::Stream::Out), "hello\n");
}

void TestEngineMachine::consoleIsBounded()
{
    loader::PollLoop loop;
    auto log = KeepLogWriter::open(m_data.path() / "flood.log");
    QVERIFY(log);
    std::vector<std::string> notes;
    loader::Console console(loop, *log, [&](std::string_view text) { notes.emplace_back(text); }, [] {}, 100'000);
    int ends[2];
    QCOMPARE(::pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
    Fd writing(ends[1]);
    console.open(Fd(ends[0]));
    const std::string line(999, 'z');
    for (int i = 0; i < 1000; ++i) {
        const std::string text = line + "\n";
        QCOMPARE(::write(writing.get(), text.data(), text.size()), ssize_t(1000));
        console.drain();
    }
    QVERIFY(::write(writing.get(), "last \x1b[2J words\n", 16) > 0);
    console.drain();
    QCOMPARE(log->streamBytes(LogEntry::Stream::Console), std::uint64_t(100'000));
    QCOMPARE(notes.size(), std::size_t(1));
    const std::string last = console.lastLines(1);
    QVERIFY2(last.find("last ") != std::string::npos && last.find('\x1b') == std::string::npos, last.c_str());
    QVERIFY(console.lastLines(3).size() < 1000); // each line is cut
}

void TestEngineMachine::neverAnswers()
{
    m_world->boots = false;
    m_world->console = "Kernel panic - not syncing: no working init\n";
    EngineScene scene(m_data, m_world, "es");
    scene.plan.machine->request.bootSeconds = 1;
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    VERIFY_SCENE(scene.status().reason.find("did not answer within 1 seconds") != std::string::npos, scene);
    VERIFY_SCENE(scene.status().reason.find("Kernel panic") != std::string::npos, scene);
    QVERIFY(std::ranges::find(scene.progress, "booting") != scene.progress.end());
    QCOMPARE(m_world->kills.load(), 1);
}

void TestEngineMachine::endsWhileItBoots()
{
    m_world->boots = false;
    m_world->console = "BdsDxe: No bootable option or device was found.\n";
    EngineScene scene(m_data, m_world, "es");
    scene.onTold = [&](loader::Engine &, const std::string &told) {
        if (told == "booting") {
            const std::uint64_t one = 1;
            QCOMPARE(::write(m_world->endEvent.get(), &one, sizeof one), ssize_t(sizeof one));
        }
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    VERIFY_SCENE(scene.status().reason.find("virtual machine ended with status 1: qemu: it broke") != std::string::npos, scene);
    VERIFY_SCENE(scene.status().reason.find("No bootable option") != std::string::npos, scene);
}

void TestEngineMachine::useIsToldWhileWatched()
{
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    bool asked = false;
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (told == "running" && !std::exchange(asked, true))
            engine.watchUse(true);
        else if (told == "use" && scene.uses.size() == 2)
            engine.stop(0);
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(scene.uses.size(), std::size_t(2));
    QCOMPARE(scene.uses[0].memory, std::uint64_t(1 << 20));
}

void TestEngineMachine::admittingFails()
{
    m_world->admitFails = true;
    EngineScene scene(m_data, m_world, "sev");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    VERIFY_SCENE(scene.status().reason.find("the host refused") != std::string::npos, scene);
    QCOMPARE(m_world->kills.load(), 1);
    QCOMPARE(scene.records().size(), std::size_t(1));
}

/// An imported report becomes the keep's newest verdict; no other record is taken for one.
void TestEngineMachine::aRecordOfAnotherHand()
{
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    std::string imported;
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (told != "running" || !imported.empty())
            return;
        auto store = RecordStore::open(scene.folder() / "records.db");
        QVERIFY(store);
        Record record;
        record.keep = toHex(scene.plan.id.view());
        record.kind = "attest";
        record.appraisal.verdict = Verdict::Trusted;
        const auto other = (*store)->append(record);
        record.kind = "import";
        record.appraisal.verdict = Verdict::Undecided;
        const auto mine = (*store)->append(record);
        record.keep = std::string(32, '0');
        const auto foreign = (*store)->append(record);
        QVERIFY(other && mine && foreign);
        imported = *mine;
        for (const std::string &id : {*other, *foreign, std::string("r0000000000000000")})
            engine.noteRecord(id);
        QCOMPARE(engine.status().verdict, "authentic");
        engine.noteRecord(imported);
        QCOMPARE(engine.status().verdict, "undecided");
        engine.stop(0);
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(scene.status().records.back(), imported);
    QCOMPARE(scene.status().verdict, "undecided");
}

QTEST_GUILESS_MAIN(TestEngineMachine)
#include "test_engine_machine.moc"
