// SPDX-License-Identifier: Apache-2.0
// A host that never answers, or refuses: the engine hears all the same, obeys a stop, and says what is left.
#include "engine_scene.h"

#include "core/keeps/launch_steps.h"
#include "tests/support/emulated_identity.h"

#include <QtTest/QTest>

#include <condition_variable>

using namespace kastellan;
using namespace kastellan::test;

namespace {

/// Where calls of one name wait until they may go on.
class Gate {
public:
    Gate(MachineWorld &world, std::string call)
    {
        world.onCall = [this, call = std::move(call)](std::string_view now) {
            if (now != call)
                return;
            std::unique_lock lock(m_mutex);
            ++m_arrived;
            m_changed.notify_all();
            m_changed.wait(lock, [this] { return m_open; });
        };
    }
    ~Gate() { open(); }
    void arrive() // whoever calls this waits until somebody is at the gate
    {
        std::unique_lock lock(m_mutex);
        m_changed.wait(lock, [this] { return m_arrived > 0; });
    }
    void open()
    {
        const std::lock_guard lock(m_mutex);
        m_open = true;
        m_changed.notify_all();
    }

private:
    std::mutex m_mutex;
    std::condition_variable m_changed;
    int m_arrived = 0;
    bool m_open = false;
};

} // namespace

class TestEngineAway : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_processor = ownProcessor(m_data.path() / "platform"); }
    void init() { m_world = std::make_shared<MachineWorld>(*m_processor); }
    void cleanup() { QTRY_COMPARE_WITH_TIMEOUT(m_world.use_count(), 1L, 20'000); } // no thread has it any more
    void aStartThatNeverAnswers();
    void lettingRunNeverAnswers();
    void useNeverAnswers();
    void anEndThatNeverAnswers();
    void anEndThatIsRefused();
    void aFailedStartIsCleared();
    void soughtAgain();

private:
    DataFolder m_data;
    std::unique_ptr<sev::Processor> m_processor;
    std::shared_ptr<MachineWorld> m_world;
};

void TestEngineAway::aStartThatNeverAnswers()
{
    Gate gate(*m_world, "start");
    EngineScene scene(m_data, m_world, "es");
    std::jthread person;
    scene.onTold = [&](loader::Engine &, const std::string &told) {
        if (told == "starting" && !person.joinable())
            person = std::jthread([&] {
                gate.arrive();
                scene.post([](loader::Engine &engine) { engine.stop(0); });
                scene.post([](loader::Engine &engine) { engine.stop(0); });
            });
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(m_world->kills.load(), 0);
    QCOMPARE(m_world->clears.load(), 1); // what it may have made is looked for
    gate.open();
    QTRY_COMPARE(m_world->kills.load(), 1); // what came too late is taken away as well
}

void TestEngineAway::lettingRunNeverAnswers()
{
    Gate gate(*m_world, "admit");
    EngineScene scene(m_data, m_world, "sev");
    std::jthread person;
    scene.onTold = [&](loader::Engine &, const std::string &told) {
        if (told == launch_step::appraised && !person.joinable())
            person = std::jthread([&] {
                gate.arrive();
                scene.post([](loader::Engine &engine) { engine.stop(0); });
                scene.post([](loader::Engine &engine) { engine.stop(0); });
            });
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QCOMPARE(m_world->kills.load(), 1);
    QCOMPARE(m_world->injected.load(), 0);
}

/// Who watches what it uses holds up nothing.
void TestEngineAway::useNeverAnswers()
{
    Gate gate(*m_world, "use");
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    std::jthread person;
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (told == "running" && !person.joinable()) {
            engine.watchUse(true);
            person = std::jthread([&] {
                gate.arrive();
                scene.post([](loader::Engine &running) { running.attest(); });
            });
        }
        if (scene.status().records.size() >= 4 && told == "running")
            engine.stop(0);
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QVERIFY(scene.status().records.size() >= 4); // launch, attest, deliver, and the one that was asked for meanwhile
    QVERIFY(scene.uses.empty());
}

void TestEngineAway::anEndThatNeverAnswers()
{
    Gate gate(*m_world, "kill");
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    std::jthread person;
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        if (told == "running" && !person.joinable()) {
            person = std::jthread([&] {
                gate.arrive();
                scene.post([](loader::Engine &running) { running.stop(0); });
            });
            engine.stop(0);
        }
    };
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    VERIFY_SCENE(scene.status().reason.contains("Not removed yet: the machine of the test"), scene);
}

void TestEngineAway::anEndThatIsRefused()
{
    m_world->killFails = true;
    EngineScene scene(m_data, m_world, "es");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    VERIFY_SCENE(scene.status().reason.contains("Not removed yet: the machine of the test. cannot end the machine"), scene);
    QCOMPARE(scene.status().exitCode, std::optional(0)); // the workload's end is no other for that
    for (const char *secret : {"owner.pem", "session.key"})
        QVERIFY(!std::filesystem::exists(scene.folder() / secret));
}

void TestEngineAway::aFailedStartIsCleared()
{
    m_world->root = "nobody"; // the owner's side refuses the platform
    EngineScene scene(m_data, m_world, "es");
    scene.launch();
    VERIFY_SCENE(scene.status().state == KeepState::Failed, scene);
    QCOMPARE(m_world->clears.load(), 1);
    VERIFY_SCENE(!scene.status().reason.contains("Not removed"), scene);
}

/// A loader takes over while the host is away: the keep is suspect, and goes on when the host is there again.
void TestEngineAway::soughtAgain()
{
    m_world->exits = false;
    EngineScene scene(m_data, m_world, "es");
    scene.launch([&] { return scene.status().state == KeepState::Running; });
    VERIFY_SCENE(scene.status().state == KeepState::Running, scene);
    m_world->resumesRefused = 2;
    bool suspected = false;
    scene.onTold = [&](loader::Engine &engine, const std::string &told) {
        suspected = suspected || engine.status().reason.contains("its host can't be reached, and is sought again");
        if (suspected && told == "running")
            engine.stop(0);
    };
    scene.resume();
    VERIFY_SCENE(scene.status().state == KeepState::Stopped, scene);
    QVERIFY(suspected);
    QCOMPARE(m_world->resumesRefused.load(), 0);
}

QTEST_GUILESS_MAIN(TestEngineAway)
#include "test_engine_away.moc"
