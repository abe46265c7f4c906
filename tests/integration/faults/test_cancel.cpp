// SPDX-License-Identifier: Apache-2.0
#include "fault.h"
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;

/// A person who wants to stop is obeyed at every step, and nothing is left behind.
class TestCancel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stoppedAt_data();
    void stoppedAt();
    void stoppedAtRandomMoments();
    void stoppedTwice();
};

void TestCancel::stoppedAt_data()
{
    QTest::addColumn<unsigned>("point");
    QTest::newRow("starting") << atStarting;
    QTest::newRow("before the warden knows itself") << atWardensOwn;
    QTest::newRow("attesting") << atAttesting;
    QTest::newRow("delivering") << atDelivering;
}

void TestCancel::stoppedAt()
{
    QFETCH(unsigned, point);
    Scene scene;
    const HoldPoint hold(scene, point);
    const auto watch = scene.launch({.module = "echo", .args = {}, .secrets = {}});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(hold.reached(*watch), *watch);
    QVERIFY(watch->client().stop(5));
    // Before the keep is there the firmware is still at work: it is let go, and must notice.
    VERIFY_KEEP(watch->until([&] { return watch->output(LogEntry::Stream::Event).find("asked to stop") != std::string::npos; }), *watch);
    hold.release();
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Running), *watch);
    VERIFY_KEEP(watch->output().empty(), *watch);
    VERIFY_KEEP(point >= atDelivering || !watch->wasIn(KeepState::Delivering), *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestCancel::stoppedAtRandomMoments()
{
    Scene scene;
    for (int milliseconds = 0; milliseconds < 120; milliseconds += 6) {
        const auto watch = scene.launch({.module = "echo"});
        REQUIRE_LAUNCHED(watch, scene);
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
        (void)watch->until([&] { return std::chrono::steady_clock::now() >= end; });
        QVERIFY(watch->client().stop(0));
        VERIFY_KEEP(watch->untilClosed(), *watch);
        VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
    }
    QCOMPARE(scene.leftovers(), "");
}

void TestCancel::stoppedTwice()
{
    Scene scene;
    const auto watch = scene.launch({.module = "loop"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("looping\n"), *watch);
    QVERIFY(watch->client().stop(600));
    VERIFY_KEEP(watch->status().state == KeepState::Running, *watch);
    QVERIFY(watch->client().stop(600));
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
    QCOMPARE(scene.leftovers(), "");
}

QTEST_GUILESS_MAIN(TestCancel)
#include "test_cancel.moc"
