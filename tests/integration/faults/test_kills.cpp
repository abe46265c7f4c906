// SPDX-License-Identifier: Apache-2.0
#include "fault.h"
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include "core/keeps/loader_protocol.h"

#include <QtCore/QProcess>
#include <QtTest/QTest>

#include <csignal>
#include <fstream>

using namespace kastellan;
using namespace kastellan::test;

/// kill -9 of each process of a keep, in each of its states. Each ends in a named state with a reason, and leaves nothing behind.
class TestKills : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theWardenIsKilled_data();
    void theWardenIsKilled();
    void theRunnerIsKilled_data();
    void theRunnerIsKilled();
    void theLoaderIsKilled_data();
    void theLoaderIsKilled();
    void theDesktopIsKilled_data();
    void theDesktopIsKilled();
    void everythingIsKilledAtOnce();
    void theLoaderIsAskedToEnd();

private:
    static void states(bool starting);
};

namespace {

constexpr unsigned running = 99;

/// Entries of the kernel's list for this path: the listening socket and one for each connection.
std::size_t connectionsTo(const std::filesystem::path &socket)
{
    std::ifstream list("/proc/net/unix");
    std::size_t count = 0;
    for (std::string line; std::getline(list, line);)
        count += line.ends_with(socket.string());
    return count;
}

/// Launches and waits until the keep is where the test wants it.
struct Stage {
    Scene scene;
    std::unique_ptr<HoldPoint> hold;
    std::unique_ptr<Watch> watch;
    pid_t warden = 0;

    bool set(unsigned point)
    {
        if (point != running)
            hold = std::make_unique<HoldPoint>(scene, point);
        watch = scene.launch({.module = "echo"});
        if (!watch || !(point == running ? watch->untilOutput("ready\n") && watch->untilState(KeepState::Running) : hold->reached(*watch)))
            return false;
        if (point == atStarting)
            return true;
        // The state is told before the warden's first words, so it is there now.
        if (!watch->until([&] { return watch->status().wardenPid > 0; }))
            return false;
        warden = static_cast<pid_t>(watch->status().wardenPid);
        return true;
    }
};

} // namespace

void TestKills::states(bool starting)
{
    QTest::addColumn<unsigned>("point");
    if (starting)
        QTest::newRow("starting") << atStarting;
    QTest::newRow("before the warden knows itself") << atWardensOwn;
    QTest::newRow("attesting") << atAttesting;
    QTest::newRow("delivering") << atDelivering;
    QTest::newRow("running") << running;
}

void TestKills::theWardenIsKilled_data()
{
    states(false);
}

void TestKills::theWardenIsKilled()
{
    QFETCH(unsigned, point);
    Stage stage;
    QVERIFY2(stage.set(point), stage.watch ? stage.watch->story().c_str() : stage.scene.problem().c_str());
    const auto others = companions(stage.warden);
    QVERIFY(::kill(stage.warden, SIGKILL) == 0);
    if (stage.hold)
        stage.hold->release();
    Watch &watch = *stage.watch;
    VERIFY_KEEP(watch.untilClosed(), watch);
    VERIFY_KEEP(watch.status().state == KeepState::Failed, watch);
    VERIFY_KEEP(!watch.status().reason.empty(), watch);
    VERIFY_KEEP(point == running || !watch.wasIn(KeepState::Running), watch);
    QVERIFY(eventually(
        [&] { return std::ranges::none_of(others, [](pid_t process) { return statusOf(process)["Name"].starts_with("keep-"); }); }));
    QCOMPARE(stage.scene.leftovers(), "");
}

void TestKills::theRunnerIsKilled_data()
{
    states(false);
}

void TestKills::theRunnerIsKilled()
{
    QFETCH(unsigned, point);
    Stage stage;
    QVERIFY2(stage.set(point), stage.watch ? stage.watch->story().c_str() : stage.scene.problem().c_str());
    const auto runners = companions(stage.warden, "keep-runner");
    QVERIFY(!runners.empty());
    for (const pid_t runner : runners)
        ::kill(runner, SIGKILL);
    if (stage.hold)
        stage.hold->release();
    Watch &watch = *stage.watch;
    VERIFY_KEEP(watch.untilClosed(), watch);
    VERIFY_KEEP(watch.status().state == KeepState::Failed || (point == running && watch.status().state == KeepState::Stopped), watch);
    VERIFY_KEEP(!watch.status().reason.empty(), watch);
    VERIFY_KEEP(watch.status().exitCode.value_or(1) != 0 || !watch.status().trap.empty(), watch);
    QCOMPARE(stage.scene.leftovers(), "");
}

void TestKills::theLoaderIsKilled_data()
{
    states(true);
}

void TestKills::theLoaderIsKilled()
{
    QFETCH(unsigned, point);
    Stage stage;
    QVERIFY2(stage.set(point), stage.watch ? stage.watch->story().c_str() : stage.scene.problem().c_str());
    Watch &watch = *stage.watch;
    QVERIFY(watch.until([&] { return watch.status().loaderPid > 0; }));
    QVERIFY(::kill(static_cast<pid_t>(watch.status().loaderPid), SIGKILL) == 0);
    if (stage.hold)
        stage.hold.reset(); // the next loader is not held
    QVERIFY(watch.until([&] { return watch.closed(); }));
    QVERIFY(eventually([&] { return !keeps::status(watch.id())->loaderAlive; }));

    // Nobody may be left alone for good: a new loader goes on, or ends it.
    const auto recovered = keeps::recover(watch.id());
    if (recovered && keeps::status(watch.id())->loaderAlive && watch.reconnect()) {
        if (point == running) {
            VERIFY_KEEP(
                watch.until([&] { return watch.status().state == KeepState::Running && watch.status().records.size() == 3; }), watch);
            QVERIFY(watch.client().sendInput(asBytes("on we go\n")));
            QVERIFY(watch.client().closeInput());
        }
        VERIFY_KEEP(watch.untilClosed(), watch);
    }
    const auto last = keeps::status(watch.id());
    QVERIFY(last);
    QCOMPARE(last->state, point == running ? KeepState::Stopped : KeepState::Failed);
    QVERIFY(!last->wardenAlive);
    if (point == running)
        QCOMPARE(watch.output(), "ready\non we go\n");
    else
        QVERIFY(!last->reason.empty());
    QCOMPARE(stage.scene.leftovers(), "");
}

void TestKills::theDesktopIsKilled_data()
{
    states(true);
}

void TestKills::theDesktopIsKilled()
{
    QFETCH(unsigned, point);
    const auto program = programFolder() / ".." / ".." / "kastellan";
    if (!std::filesystem::exists(program))
        QSKIP("the desktop program was not built");
    Stage stage;
    QVERIFY2(stage.set(point), stage.watch ? stage.watch->story().c_str() : stage.scene.problem().c_str());
    Watch &watch = *stage.watch;
    const std::size_t before = connectionsTo(loader::socketPath(watch.id()));

    QProcess desktop;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_QPA_PLATFORM"), QStringLiteral("offscreen"));
    desktop.setProcessEnvironment(environment);
    desktop.setProcessChannelMode(QProcess::MergedChannels);
    desktop.start(QString::fromStdString(program.string()),
        {QStringLiteral("--page"), QStringLiteral("keep/") + QString::fromStdString(watch.hex())});
    QVERIFY(desktop.waitForStarted());
    // Its page listens to the keep before it is killed.
    QVERIFY2(watch.until([&] { return connectionsTo(loader::socketPath(watch.id())) > before; }), desktop.readAll().constData());
    desktop.kill(); // SIGKILL
    QVERIFY(desktop.waitForFinished());

    if (stage.hold)
        stage.hold->release();
    VERIFY_KEEP(watch.untilOutput("ready\n") && watch.untilState(KeepState::Running), watch);
    QVERIFY(watch.client().closeInput());
    VERIFY_KEEP(watch.untilClosed(), watch);
    VERIFY_KEEP(watch.status().state == KeepState::Stopped && watch.status().exitCode == 0, watch);
    QCOMPARE(stage.scene.leftovers(), "");
}

void TestKills::everythingIsKilledAtOnce()
{
    Stage stage;
    QVERIFY(stage.set(running));
    Watch &watch = *stage.watch;
    const auto inside = companions(stage.warden);
    ::kill(static_cast<pid_t>(watch.status().loaderPid), SIGKILL);
    for (const pid_t process : inside)
        ::kill(process, SIGKILL);
    QVERIFY(eventually([&] { return !keeps::status(watch.id())->loaderAlive && !keeps::status(watch.id())->wardenAlive; }));
    QVERIFY(keeps::recover(watch.id()));
    const auto last = keeps::status(watch.id());
    QCOMPARE(last->state, KeepState::Failed);
    QVERIFY(!last->reason.empty());
    QVERIFY(keeps::remove(watch.id()));
    QCOMPARE(stage.scene.leftovers(), "");
}

void TestKills::theLoaderIsAskedToEnd()
{
    Stage stage;
    QVERIFY(stage.set(running));
    Watch &watch = *stage.watch;
    QVERIFY(::kill(static_cast<pid_t>(watch.status().loaderPid), SIGTERM) == 0);
    VERIFY_KEEP(watch.untilClosed(), watch);
    VERIFY_KEEP(watch.status().state == KeepState::Stopped, watch);
    QCOMPARE(stage.scene.leftovers(), "");
}

QTEST_GUILESS_MAIN(TestKills)
#include "test_kills.moc"
