// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/storage/record_store.h"
#include "core/workload/workload.h"
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

class TestLaunch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void helloIsTrusted();
    void theRecordsHoldAllThatTheBindingsWereMadeOf();
    void everyKeepGetsAnotherReport();
    void theExitStatusComesBack();
    void aTrapIsNamed();
    void secretsReachTheWorkloadAndNothingElse();
    void twoKeepsAtOnce();
    void attestedByHandAndByTheClock();
    void compiledAheadOfTime();
    void aChangedModuleIsNotSent();
    void anotherExpectedDigestIsRefused();
    void aFloorThatTheFirmwareDoesNotReachIsRefused();
    void theSandboxGivenUpShowsAndIsRecorded_data();
    void theSandboxGivenUpShowsAndIsRecorded();
};

namespace {

const Finding *findingOf(const Record &record, const std::string &id)
{
    const auto found = std::ranges::find(record.appraisal.findings, id, &Finding::id);
    return found == record.appraisal.findings.end() ? nullptr : &*found;
}

std::string allFilesBelow(const fs::path &folder)
{
    std::string all;
    for (const auto &entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file())
            if (const auto content = readFile(entry.path(), 64 << 20))
                all += asText(*content);
    return all;
}

} // namespace

void TestLaunch::helloIsTrusted()
{
    Scene scene;
    const auto watch = scene.launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    const auto &status = watch->status();
    VERIFY_KEEP(status.state == KeepState::Stopped, *watch);
    VERIFY_KEEP(status.verdict == "trusted", *watch);
    QVERIFY(status.emulated);
    QCOMPARE(status.exitCode, 0);
    QCOMPARE(status.execution, "interpreter");
    QCOMPARE(watch->output(), "hello from the keep\n");
    QCOMPARE(watch->output(LogEntry::Stream::Err), "to standard error\n");

    std::vector<KeepState> states;
    for (const auto &[state, at] : status.timeline)
        states.push_back(state);
    using enum KeepState;
    QCOMPARE(states, (std::vector{Planned, Starting, Attesting, Delivering, Running, Stopped}));
    QVERIFY(std::ranges::is_sorted(status.timeline, {}, [](const auto &step) { return step.second; }));

    const auto records = scene.records(watch->id());
    QCOMPARE(records.size(), std::size_t(2));
    QCOMPARE(records[0].kind, "attest");
    QCOMPARE(records[1].kind, "deliver");
    for (const char *id : {"workload.digest", "sandbox.isolation", "launch.digest", "report.signature", "report.data", "root.pinned"}) {
        const auto *finding = findingOf(records[1], id);
        QVERIFY2(finding, id);
        QVERIFY2(finding->outcome == Outcome::Pass && finding->required, id);
    }
    QVERIFY(!records[1].appraisal.sentence.empty());
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::theRecordsHoldAllThatTheBindingsWereMadeOf()
{
    Scene scene;
    const auto watch = scene.launch({.module = "hello"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    const auto records = scene.records(watch->id());
    QCOMPARE(records.size(), std::size_t(2));
    const auto reportData = [](const Record &record) { return toHex(ByteView(record.evidence.report).subspan(0x50, 64)); };
    const auto hostData = [](const Record &record) { return toHex(ByteView(record.evidence.report).subspan(0xC0, 32)); };
    QVERIFY(records[0].binding && records[1].binding);
    QCOMPARE(reportData(records[0]), toHex(records[0].binding->attestData().view()));
    QCOMPARE(reportData(records[1]), toHex(records[1].binding->deliverData().view()));
    QCOMPARE(records[1].binding->first->view()[0], records[0].binding->attestData().view()[0]);
    QCOMPARE(*records[1].binding->first, records[0].binding->attestData());
    QCOMPARE(records[0].binding->keep, watch->id());
    for (const auto &record : records) {
        QCOMPARE(hostData(record), watch->status().plan.ownerKey);
        QVERIFY(planFromJson(record.plan));
        QCOMPARE(record.evidence.endorsements.size(), std::size_t(3));
    }
    QVERIFY(records[1].manifest.find(toHex(watch->status().plan.workloadDigest.view())) != std::string::npos);
}

void TestLaunch::everyKeepGetsAnotherReport()
{
    Scene scene;
    std::vector<Record> all;
    for (int i = 0; i < 2; ++i) {
        const auto watch = scene.launch({.module = "hello"});
        REQUIRE_LAUNCHED(watch, scene);
        VERIFY_KEEP(watch->untilClosed(), *watch);
        std::ranges::move(scene.records(watch->id()), std::back_inserter(all));
    }
    QCOMPARE(all.size(), std::size_t(4));
    for (std::size_t a = 0; a < all.size(); ++a)
        for (std::size_t b = a + 1; b < all.size(); ++b) {
            QVERIFY(all[a].evidence.report != all[b].evidence.report);
            QVERIFY(a / 2 == b / 2 || all[a].binding->wardenKey != all[b].binding->wardenKey);
            QVERIFY(a / 2 == b / 2 || all[a].binding->nonce != all[b].binding->nonce);
        }
}

void TestLaunch::theExitStatusComesBack()
{
    Scene scene;
    for (const char *status : {"0", "7", "255"}) {
        const auto watch = scene.launch({.module = "exit", .args = {status}});
        REQUIRE_LAUNCHED(watch, scene);
        VERIFY_KEEP(watch->untilClosed(), *watch);
        VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
        VERIFY_KEEP(watch->status().exitCode == std::stoi(status), *watch);
        QCOMPARE(watch->status().trap, "");
    }
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::aTrapIsNamed()
{
    Scene scene;
    const auto watch = scene.launch({.module = "trap"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
    VERIFY_KEEP(watch->status().trap.find("unreachable") != std::string::npos, *watch);
    VERIFY_KEEP(!watch->status().exitCode, *watch);
    QCOMPARE(watch->output(), "about to trap\n");
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::secretsReachTheWorkloadAndNothingElse()
{
    const std::string secret = "correct-horse-battery-" + toHex(randomFixed<Sha256>().view());
    unsigned long sum = 0;
    for (const unsigned char byte : secret)
        sum += byte;
    Scene scene;
    const auto watch = scene.launch({.module = "secret", .secrets = {{"token", secret}}});
    REQUIRE_LAUNCHED(watch, scene);
    // While it runs no command line and no environment shows it.
    for (const pid_t process : allProcesses())
        for (const char *file : {"/cmdline", "/environ"})
            QVERIFY(contentOf("/proc/" + std::to_string(process) + file).find(secret) == std::string::npos);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(
        watch->output() == "length " + std::to_string(secret.size()) + " sum " + std::to_string(sum) + "\nwritable no, other file no\n",
        *watch);

    const std::string written = allFilesBelow(scene.folder().path());
    QVERIFY(written.size() > 10000);
    QVERIFY(written.find(secret) == std::string::npos);
    QVERIFY(written.find(toHex(asBytes(secret))) == std::string::npos);
    QVERIFY(written.find(toBase64(asBytes(secret)).substr(0, 24)) == std::string::npos);
    QVERIFY2(written.find(toHex(sha256(asBytes(secret)).view())) == std::string::npos, "a bare digest of a secret lets it be guessed");
    const auto records = scene.records(watch->id());
    QVERIFY(!records.empty() && records.back().manifest.find("secret:token") != std::string::npos);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::twoKeepsAtOnce()
{
    Scene scene;
    const auto first = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(first, scene);
    const auto second = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(second, scene);
    VERIFY_KEEP(first->untilOutput("ready\n"), *first);
    VERIFY_KEEP(second->untilOutput("ready\n"), *second);
    QCOMPARE(keeps::list().size(), std::size_t(2));
    QVERIFY(first->client().sendInput(asBytes("for the first\n")));
    QVERIFY(second->client().sendInput(asBytes("for the second\n")));
    QVERIFY(first->client().closeInput());
    VERIFY_KEEP(first->untilClosed(), *first);
    VERIFY_KEEP(second->untilOutput("for the second\n"), *second);
    QCOMPARE(first->output(), "ready\nfor the first\n");
    QCOMPARE(second->output(), "ready\nfor the second\n");
    VERIFY_KEEP(second->status().state == KeepState::Running, *second);
    QVERIFY(second->client().stop(0));
    VERIFY_KEEP(second->untilClosed(), *second);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::attestedByHandAndByTheClock()
{
    Scene scene;
    const auto watch = scene.launch({.module = "echo", .change = [](LaunchPlan &plan) { plan.reattestSeconds = 1; }});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    QVERIFY(watch->client().attest());
    VERIFY_KEEP(watch->until([&] { return watch->status().records.size() >= 3; }), *watch);
    VERIFY_KEEP(watch->until([&] { return watch->status().records.size() >= 5; }), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Running, *watch);
    VERIFY_KEEP(watch->status().verdict == "trusted", *watch);
    const auto records = scene.records(watch->id());
    for (std::size_t i = 2; i < records.size(); ++i) {
        QCOMPARE(records[i].kind, "reattest");
        QVERIFY(records[i].binding->nonce != records[i - 1].binding->nonce);
        QCOMPARE(toHex(ByteView(records[i].evidence.report).subspan(0x50, 64)), toHex(records[i].binding->deliverData().view()));
    }
    QVERIFY(watch->client().closeInput());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::compiledAheadOfTime()
{
    if (!compilerAvailable())
        QSKIP("there is no compiler on this machine");
    Scene scene;
    const auto watch = scene.launch({.module = "hello", .execution = "aot"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Stopped && watch->status().verdict == "trusted", *watch);
    QCOMPARE(watch->status().execution, "aot");
    QCOMPARE(watch->output(), "hello from the keep\n");
    const auto records = scene.records(watch->id());
    QVERIFY(records.back().manifest.find("module.aot") != std::string::npos);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::aChangedModuleIsNotSent()
{
    Scene scene;
    const auto plan = scene.plan({.module = "hello"});
    QVERIFY(plan);
    QVERIFY(fs::copy_file(workloadFolder() / "exit.wasm", fs::path(plan->workload) / "main.wasm", fs::copy_options::overwrite_existing));
    const auto watch = scene.launch(*plan);
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Failed, *watch);
    VERIFY_KEEP(watch->status().reason.find("changed since it was planned") != std::string::npos, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::anotherExpectedDigestIsRefused()
{
    Scene scene;
    const auto watch = scene.launch({.module = "hello", .change = [](LaunchPlan &plan) { plan.expected.launchDigest->bytes[47] ^= 1; }});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused, *watch);
    VERIFY_KEEP(watch->status().reason.find("launch.digest") != std::string::npos, *watch);
    VERIFY_KEEP(!watch->wasIn(KeepState::Delivering), *watch);
    const auto records = scene.records(watch->id());
    QCOMPARE(records.size(), std::size_t(1));
    QCOMPARE(records[0].appraisal.verdict, Verdict::Refused);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::aFloorThatTheFirmwareDoesNotReachIsRefused()
{
    Scene scene;
    const auto watch = scene.launch({.module = "hello", .change = [](LaunchPlan &plan) {
                                         plan.expected.minimumTcb = {{"snp", 250}};
                                         plan.expected.strict = true;
                                     }});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == KeepState::Refused, *watch);
    VERIFY_KEEP(watch->status().reason.find("tcb.minimum") != std::string::npos, *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestLaunch::theSandboxGivenUpShowsAndIsRecorded_data()
{
    QTest::addColumn<bool>("strict");
    QTest::newRow("shown") << false;
    QTest::newRow("strict") << true;
}

void TestLaunch::theSandboxGivenUpShowsAndIsRecorded()
{
    QFETCH(const bool, strict);
    Scene scene;
    const auto watch = scene.launch({.module = "hello", .change = [strict](LaunchPlan &plan) {
                                         plan.noSandbox = true;
                                         plan.expected.strict = strict;
                                     }});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().state == (strict ? KeepState::Refused : KeepState::Stopped), *watch);
    VERIFY_KEEP(watch->wasIn(KeepState::Delivering) != strict, *watch);
    const auto records = scene.records(watch->id());
    QVERIFY(!records.empty());
    for (const Record &record : records) {
        QVERIFY(std::ranges::find(record.appraisal.overrides, "--no-sandbox") != record.appraisal.overrides.end());
        QVERIFY(record.appraisal.sentence.find("--no-sandbox") != std::string::npos || strict);
        const auto finding = std::ranges::find(record.appraisal.findings, "sandbox.isolation", &Finding::id);
        QVERIFY(finding != record.appraisal.findings.end());
        QVERIFY(finding->outcome == Outcome::Fail);
        QCOMPARE(finding->required, strict);
    }
    QCOMPARE(scene.leftovers(), "");
}

QTEST_GUILESS_MAIN(TestLaunch)
#include "test_launch.moc"
