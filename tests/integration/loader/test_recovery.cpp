// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <csignal>

using namespace kastellan;
using namespace kastellan::test;

class TestRecovery : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingIsLostAndNothingComesTwice();
    void theWorkloadEndsWhileNobodyWatches();
    void nothingFlowsBeforeItIsAppraisedAnew();
    void againAndAgain();
    void twoAtOnceAreOne();
    void anEndedWardenIsNotFoundAgain();
    void aDifferentProcessWithItsNumberIsNotMistaken();
};

namespace {

bool killLoader(Watch &watch)
{
    const auto status = keeps::status(watch.id());
    return status && status->loaderAlive && ::kill(static_cast<pid_t>(status->loaderPid), SIGKILL) == 0
        && eventually([&] { return !keeps::status(watch.id())->loaderAlive; });
}

std::string ticks(int count)
{
    std::string text;
    for (int i = 0; i < count; ++i)
        text += "tick " + std::to_string(i) + "\n";
    return text;
}

} // namespace

void TestRecovery::nothingIsLostAndNothingComesTwice()
{
    Scene scene;
    const auto watch = scene.launch({.module = "ticks", .args = {"200"}});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("tick 20\n"), *watch);
    QVERIFY(killLoader(*watch));
    const auto lonely = keeps::status(watch->id());
    QVERIFY(lonely);
    QCOMPARE(lonely->state, KeepState::Suspect);
    QVERIFY(lonely->wardenAlive);
    QVERIFY(!keeps::remove(watch->id()));
    QVERIFY(keeps::recover(watch->id()));
    QVERIFY(watch->reconnect());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped && watch->status().exitCode == 0, *watch);
    VERIFY_KEEP(watch->output() == ticks(200), *watch);
    const auto records = scene.records(watch->id());
    QCOMPARE(records.size(), std::size_t(3));
    QCOMPARE(records[2].kind, "reattest");
    QCOMPARE(records[2].appraisal.verdict, Verdict::Trusted);
    QVERIFY(records[2].binding->exporter != records[1].binding->exporter);
    QVERIFY(records[2].binding->wardenKey == records[1].binding->wardenKey);
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::theWorkloadEndsWhileNobodyWatches()
{
    Scene scene;
    const auto watch = scene.launch({.module = "ticks", .args = {"60"}});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("tick 3\n"), *watch);
    const auto warden = static_cast<pid_t>(watch->status().wardenPid);
    QVERIFY(killLoader(*watch));
    // The supervisor and the module's process end; the warden keeps what they said.
    QVERIFY(eventually([&] { return companions(warden).size() <= 2; }));
    QVERIFY(keeps::recover(watch->id()));
    QVERIFY(watch->reconnect());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped && watch->status().exitCode == 0, *watch);
    VERIFY_KEEP(watch->output() == ticks(60), *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::nothingFlowsBeforeItIsAppraisedAnew()
{
    Scene scene;
    const auto watch = scene.launch({.module = "ticks", .args = {"400"}});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("tick 5\n"), *watch);
    QVERIFY(killLoader(*watch));
    // The plan now expects another digest: as if the policy had become stricter in between.
    auto status = keeps::status(watch->id());
    QVERIFY(status);
    const auto before = watch->output().size();
    status->plan.expected.launchDigest->bytes[0] ^= 1;
    QVERIFY(writeFileAtomically(keeps::folder(watch->id()) / "state.json", asBytes(toJson(*status))));
    QVERIFY(keeps::recover(watch->id()));
    QVERIFY(watch->reconnect());
    VERIFY_KEEP(watch->until([&] { return watch->status().records.size() >= 3 || watch->closed(); }), *watch);
    VERIFY_KEEP(watch->status().verdict == "refused", *watch);
    VERIFY_KEEP(watch->status().state != KeepState::Running, *watch);
    QVERIFY2(watch->output().size() == before, "output came although the verdict is a refusal");
    if (!watch->closed())
        QVERIFY(watch->client().stop(0));
    VERIFY_KEEP(watch->untilClosed(), *watch);
    QCOMPARE(watch->output().size(), before);
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::againAndAgain()
{
    Scene scene;
    const auto watch = scene.launch({.module = "ticks", .args = {"300"}});
    REQUIRE_LAUNCHED(watch, scene);
    for (int round = 1; round <= 3; ++round) {
        VERIFY_KEEP(watch->untilOutput("tick " + std::to_string(round * 10) + "\n"), *watch);
        QVERIFY(killLoader(*watch));
        QVERIFY(keeps::recover(watch->id()));
        QVERIFY(watch->reconnect());
    }
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->output() == ticks(300), *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::twoAtOnceAreOne()
{
    Scene scene;
    const auto watch = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(killLoader(*watch));
    QVERIFY(keeps::recover(watch->id()));
    QVERIFY(watch->reconnect());
    VERIFY_KEEP(watch->until([&] { return watch->status().state == KeepState::Running; }), *watch);
    QVERIFY2(keeps::recover(watch->id()), "a keep with a loader needs no other one, and that is fine");
    QCOMPARE(processesNaming(watch->hex()).size(), std::size_t(1));
    QVERIFY(watch->client().sendInput(asBytes("still here\n")));
    QVERIFY(watch->client().closeInput());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->output() == "ready\nstill here\n", *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::anEndedWardenIsNotFoundAgain()
{
    Scene scene;
    const auto watch = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    const auto warden = static_cast<pid_t>(watch->status().wardenPid);
    QVERIFY(killLoader(*watch));
    QVERIFY(::kill(warden, SIGKILL) == 0);
    QVERIFY(eventually([&] { return !keeps::status(watch->id())->wardenAlive; }));
    QVERIFY(keeps::recover(watch->id()));
    const auto status = keeps::status(watch->id());
    QVERIFY(status);
    QCOMPARE(status->state, KeepState::Failed);
    QVERIFY(!status->reason.empty());
    QVERIFY(keeps::remove(watch->id()));
    QVERIFY(!std::filesystem::exists(keeps::folder(watch->id())));
    QCOMPARE(scene.records(watch->id()).size(), std::size_t(2));
    QCOMPARE(scene.leftovers(), "");
}

void TestRecovery::aDifferentProcessWithItsNumberIsNotMistaken()
{
    Scene scene;
    const auto watch = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(killLoader(*watch));
    auto status = keeps::status(watch->id());
    QVERIFY(status && status->wardenAlive);
    auto other = *status;
    other.wardenPid = ::getpid(); // alive, but it started at another time
    QVERIFY(writeFileAtomically(keeps::folder(watch->id()) / "state.json", asBytes(toJson(other))));
    QVERIFY(!keeps::status(watch->id())->wardenAlive);
    QVERIFY(keeps::recover(watch->id()));
    QCOMPARE(keeps::status(watch->id())->state, KeepState::Failed);
    ::kill(static_cast<pid_t>(status->wardenPid), SIGKILL);
}

QTEST_GUILESS_MAIN(TestRecovery)
#include "test_recovery.moc"
