// SPDX-License-Identifier: Apache-2.0
// What happens to keeps under SEV and SEV-ES when their loader, libvirtd or QEMU is killed. Their start can't be measured a second time: a
// loader that takes over goes by the record of it, by the session secret and by the warden's own key, and says so where one is missing.
#include "stops_scene.h"

#include <QtTest/QTest>

#include <csignal>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestKilledParts : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void loaderOfARunningKeep_data() { technologies(); }
    void loaderOfARunningKeep();
    void loaderBeforeItRuns_data() { technologies(); }
    void loaderBeforeItRuns();
    void loaderWithoutItsSecret_data() { technologies(); }
    void loaderWithoutItsSecret();
    void libvirtd_data() { technologies(); }
    void libvirtd();
    void qemu_data() { technologies(); }
    void qemu();

private:
    static void technologies()
    {
        QTest::addColumn<QString>("technology");
        QTest::newRow("SEV-ES") << u"es"_s;
        QTest::newRow("SEV") << u"sev"_s;
    }
    /// Kills the keep's loader, and keepctl with it.
    static void killLoader(const LiveKeep &keep);
    [[nodiscard]] bool recovered(const LiveKeep &keep);
    std::optional<StopsScene> m_scene;
};

void TestKilledParts::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
}

void TestKilledParts::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

void TestKilledParts::killLoader(const LiveKeep &keep)
{
    const auto loader = static_cast<pid_t>(keep.watch->status().loaderPid);
    QVERIFY(loader > 1);
    QCOMPARE(::kill(loader, SIGKILL), 0);
    QVERIFY(eventually([&] { return !keep.onDisk().loaderAlive; }));
    static_cast<void>(Program::finish(*keep.launcher));
}

bool TestKilledParts::recovered(const LiveKeep &keep)
{
    const Ran ran = m_scene->program().run({u"keep"_s, u"recover"_s, keep.name});
    return ran.exit == 0 && keep.watch->reconnect();
}

void TestKilledParts::loaderOfARunningKeep()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->running(technology, {testModule("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    const std::size_t records = keep.watch->status().records.size();
    killLoader(keep);
    QCOMPARE(keep.onDisk().state, KeepState::Suspect); // nobody holds its output to anything
    QVERIFY(recovered(keep));
    VERIFY_LIVE(keep.watch->until(
                    [&] { return keep.watch->status().records.size() > records && keep.watch->status().state == KeepState::Running; }, 90s),
        keep);
    // Never better than at its start, whose measurement the new record carries.
    QCOMPARE(keep.watch->status().verdict, std::string("authentic"));
    QVERIFY(keep.watch->client().sendInput(asBytes("to the second loader\n")));
    VERIFY_LIVE(keep.watch->untilOutput("to the second loader"), keep);
    QVERIFY(keep.watch->client().closeInput());
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    QCOMPARE(keep.onDisk().exitCode, std::optional(0));
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

/// Its secrets were in that loader's memory alone, and what waits was never let run: the keep can't go on, and is taken away.
void TestKilledParts::loaderBeforeItRuns()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->launch(technology, {testModule("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->status().state >= KeepState::Attesting; }, 90s), keep);
    killLoader(keep);
    static_cast<void>(m_scene->program().run({u"keep"_s, u"recover"_s, keep.name}));
    QVERIFY(eventually([&] { return isFinal(keep.onDisk().state) && !keep.onDisk().loaderAlive; }));
    const KeepStatus last = keep.onDisk();
    QCOMPARE(last.state, KeepState::Failed);
    QVERIFY2(last.reason.contains("the secrets were in its memory alone"), last.reason.c_str());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

/// Without the session secret nothing it answers could be believed.
void TestKilledParts::loaderWithoutItsSecret()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->running(technology, {testModule("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    killLoader(keep);
    QVERIFY(std::filesystem::remove(keep.folder() / "session.key"));
    static_cast<void>(m_scene->program().run({u"keep"_s, u"recover"_s, keep.name}));
    QVERIFY(eventually([&] { return isFinal(keep.onDisk().state) && !keep.onDisk().loaderAlive; }));
    const KeepStatus last = keep.onDisk();
    QCOMPARE(last.state, KeepState::Failed);
    QVERIFY2(last.reason.contains("what authenticates its warden is no longer in the keep's folder"), last.reason.c_str());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

void TestKilledParts::libvirtd()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->running(technology, {testModule("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    const std::size_t records = keep.watch->status().records.size();
    endProcess(m_scene->keeps().daemon().daemon(), SIGKILL);
    VERIFY_LIVE(keep.watch->until(
                    [&] { return keep.watch->status().records.size() > records && keep.watch->status().state == KeepState::Running; }, 90s),
        keep);
    QCOMPARE(keep.watch->status().verdict, std::string("authentic"));
    QVERIFY(keep.watch->client().sendInput(asBytes("after libvirt's death\n")));
    VERIFY_LIVE(keep.watch->untilOutput("after libvirt's death"), keep);
    QVERIFY(keep.watch->client().closeInput());
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

void TestKilledParts::qemu()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->running(technology, {testModule("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    const pid_t machine = m_scene->keeps().processIn(u"kastellan-*.pid"_s);
    QVERIFY(machine > 1 && ::kill(machine, SIGKILL) == 0);
    VERIFY_LIVE(keep.watch->untilClosed(), keep);
    QCOMPARE(keep.onDisk().state, KeepState::Failed);
    VERIFY_LIVE(keep.onDisk().reason.contains("its virtual machine"), keep);
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

QTEST_GUILESS_MAIN(TestKilledParts)
#include "test_killed_parts.moc"
