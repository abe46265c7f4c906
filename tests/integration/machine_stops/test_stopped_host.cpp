// SPDX-License-Identifier: Apache-2.0
// A host that stands still, or goes away, at every time of a keep's life: its loader hears all the same, stop is obeyed, and what could not
// be taken away is said, kept from being forgotten, and taken away when the host is there again.
#include "stops_scene.h"

#include <QtTest/QTest>

#include <csignal>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestStoppedHost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void atItsStart_data();
    void atItsStart();
    void whileItIsLetRun_data() { legacy(); }
    void whileItIsLetRun();
    void whileItRuns();
    void attestationGoesOnAfterwards();
    void atItsEnd_data();
    void atItsEnd();
    void goneAtItsEnd();

private:
    static void legacy()
    {
        QTest::addColumn<QString>("technology");
        QTest::newRow("SEV-ES") << u"es"_s;
        QTest::newRow("SEV") << u"sev"_s;
    }
    /// That it has ended, and that what is left is known: by its status, to a person who wants to remove it, and to the keep's folder.
    void isLeft(const LiveKeep &keep);
    /// That nothing is left any more, that its status says so, and that it can be removed now.
    void isCleared(const LiveKeep &keep);

    std::optional<StopsScene> m_scene;
};

void TestStoppedHost::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
    QCOMPARE(SessionDaemon::domains(), QByteArray()); // starts the daemon
}

void TestStoppedHost::cleanup()
{
    if (m_scene)
        QCOMPARE(SessionDaemon::domains(), QByteArray());
}

void TestStoppedHost::isLeft(const LiveKeep &keep)
{
    const KeepStatus status = keep.onDisk();
    QVERIFY2(isFinal(status.state), status.reason.c_str());
    QVERIFY2(status.reason.contains("Not removed yet: the machine kastellan-" + keep.watch->hex() + " at qemu:///session"),
        status.reason.c_str());
    QVERIFY(std::filesystem::exists(keep.folder() / "machine.json"));
    for (const char *secret : {"session.key", "owner.pem"})
        QVERIFY2(!std::filesystem::exists(keep.folder() / secret), secret);
    const Ran removed = m_scene->program().run({u"keep"_s, u"remove"_s, keep.name});
    QVERIFY2(removed.exit == 1 && removed.err.contains(("kastellan-" + keep.watch->hex()).c_str()), removed.all());
}

void TestStoppedHost::isCleared(const LiveKeep &keep)
{
    QVERIFY2(m_scene->clears(keep), keep.onDisk().reason.c_str());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
    QVERIFY(eventually([&] { return keep.onDisk().reason.contains("removed later"); }));
    const Ran removed = m_scene->program().run({u"keep"_s, u"remove"_s, keep.name});
    QVERIFY2(removed.exit == 0, removed.all());
}

void TestStoppedHost::atItsStart_data()
{
    QTest::addColumn<int>("stops");
    QTest::newRow("once") << 1;
    QTest::newRow("twice") << 2;
}

/// Wherever it stands still, between the first connection and the machine's start.
void TestStoppedHost::atItsStart()
{
    NEED_SCENE();
    QFETCH(const int, stops);
    const LiveKeep keep = m_scene->launch(u"snp"_s, {example("echo")});
    QVERIFY(keep.watch);
    Frozen daemon(m_scene->keeps().daemon().daemon());
    for (int i = 0; i < stops; ++i)
        QVERIFY(keep.watch->client().stop(0));
    // Well before the patience with a host that takes a keep away is over, where that was asked for.
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->closed(); }, stops == 2 ? 15s : 70s), keep);
    QCOMPARE(keep.onDisk().state, KeepState::Stopped);
    daemon.thaw();
    QVERIFY2(m_scene->clears(keep), keep.onDisk().reason.c_str());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

/// Measured and appraised; the host never takes the secret.
void TestStoppedHost::whileItIsLetRun()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->launch(technology, {example("echo")});
    QVERIFY(keep.watch);
    const auto told = [&](std::string_view step) {
        return std::ranges::any_of(keep.watch->progress(), [&](const std::string &line) { return line.contains(step); });
    };
    VERIFY_LIVE(keep.watch->until([&] { return told("the firmware has measured the waiting machine"); }, 90s), keep);
    Frozen daemon(m_scene->keeps().daemon().daemon());
    VERIFY_LIVE(keep.watch->until([&] { return told("the expected one, and recorded"); }), keep);
    QVERIFY(keep.watch->client().stop(0));
    QVERIFY(keep.watch->client().stop(0));
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->closed(); }, 15s), keep);
    QCOMPARE(keep.onDisk().state, KeepState::Stopped);
    isLeft(keep);
    daemon.thaw();
    isCleared(keep);
}

/// The loader answers its clients, whatever they ask, while its host answers nothing.
void TestStoppedHost::whileItRuns()
{
    NEED_SCENE();
    const LiveKeep keep = m_scene->running(u"snp"_s, {example("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    Frozen daemon(m_scene->keeps().daemon().daemon());
    QVERIFY(keep.watch->client().watchUse(true));
    for (int i = 0; i < 3; ++i) {
        auto client = KeepClient::connect(keep.watch->id());
        QVERIFY(client);
        Watch another(keep.watch->id(), std::move(*client));
        QVERIFY2(another.until([&] { return another.status().state == KeepState::Running; }, 5s), another.story().c_str());
        QVERIFY(another.client().watchUse(true));
        QVERIFY(another.client().attest());
        // An attestation that is under way is told of as such, at once.
        if (i > 0)
            QVERIFY2(another.until([&] { return !another.errors().empty(); }, 5s), another.story().c_str());
    }
    daemon.thaw();
    const Ran stopped = m_scene->program().run({u"keep"_s, u"stop"_s, keep.name});
    QVERIFY2(stopped.exit == 0, stopped.all());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

/// A session that hangs with its host counts as broken after a while; the keep is appraised anew when the host is there again.
void TestStoppedHost::attestationGoesOnAfterwards()
{
    NEED_SCENE();
    const LiveKeep keep = m_scene->running(u"es"_s, {example("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    const std::size_t records = keep.watch->status().records.size();
    {
        const Frozen daemon(m_scene->keeps().daemon().daemon());
        QVERIFY(keep.watch->client().attest());
        VERIFY_LIVE(keep.watch->until([&] { return keep.watch->status().state == KeepState::Suspect; }, 60s), keep);
    }
    VERIFY_LIVE(keep.watch->until(
                    [&] { return keep.watch->status().state == KeepState::Running && keep.watch->status().records.size() > records; }, 90s),
        keep);
    QVERIFY(keep.watch->client().sendInput(asBytes("after the pause\n")));
    VERIFY_LIVE(keep.watch->untilOutput("after the pause"), keep);
    const Ran stopped = m_scene->program().run({u"keep"_s, u"stop"_s, keep.name});
    QVERIFY2(stopped.exit == 0, stopped.all());
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
}

void TestStoppedHost::atItsEnd_data()
{
    QTest::addColumn<QString>("technology");
    QTest::newRow("SEV-SNP") << u"snp"_s;
    QTest::newRow("SEV-ES") << u"es"_s;
}

void TestStoppedHost::atItsEnd()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    const LiveKeep keep = m_scene->running(technology, {example("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    Frozen daemon(m_scene->keeps().daemon().daemon());
    QVERIFY(keep.watch->client().stop(5));
    QVERIFY(keep.watch->client().stop(5));
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->closed(); }, 15s), keep);
    QCOMPARE(keep.onDisk().state, KeepState::Stopped);
    isLeft(keep);
    daemon.thaw();
    isCleared(keep);
}

/// libvirtd is killed, and nobody starts it: the machine runs on without a keep, until a daemon is there again.
void TestStoppedHost::goneAtItsEnd()
{
    NEED_SCENE();
    m_scene->program().set(u"LIBVIRT_AUTOSTART"_s, u"0"_s);
    const LiveKeep keep = m_scene->running(u"snp"_s, {example("echo")});
    QVERIFY(keep.watch);
    VERIFY_LIVE(keep.watch->status().state == KeepState::Running, keep);
    const pid_t qemu = m_scene->keeps().processIn(u"kastellan-*.pid"_s);
    QVERIFY(qemu > 1);
    endProcess(m_scene->keeps().daemon().daemon(), SIGKILL);
    QVERIFY(keep.watch->client().stop(0));
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->closed(); }, 60s), keep);
    QCOMPARE(keep.onDisk().state, KeepState::Stopped);
    QVERIFY(alive(qemu));
    isLeft(keep);
    m_scene->program().unset(u"LIBVIRT_AUTOSTART"_s);
    QVERIFY(SessionDaemon::domains().contains(keep.watch->hex().c_str())); // starts the daemon
    isCleared(keep);
    QVERIFY(!alive(qemu));
}

QTEST_GUILESS_MAIN(TestStoppedHost)
#include "test_stopped_host.moc"
