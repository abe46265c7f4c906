// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "tests/integration/scene/processes.h"
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <csignal>
#include <thread>

using namespace kastellan;
using namespace kastellan::test;
using namespace std::chrono_literals;

class TestStreams : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void twoMebibytesThereAndBack();
    void inputBeforeTheStartIsNotLost();
    void muchOutputIsHeldBackInLittleMemory();
    void anEndlessLoopIsStopped();
    void aTimeLimitEndsTheWorkload();
    void anOutputLimitEndsTheWorkload();
};

void TestStreams::twoMebibytesThereAndBack()
{
    Bytes data(2 << 20);
    randomBytes(data);
    Scene scene;
    const auto watch = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilOutput("ready\n"), *watch);
    // The loader stops reading while the workload does not keep up, so sending and receiving go on side by side.
    auto second = KeepClient::connect(watch->id());
    QVERIFY(second);
    std::jthread sender([&] {
        if (!(*second)->sendInput(data) || !(*second)->closeInput())
            std::abort();
    });
    VERIFY_KEEP(watch->untilClosed(), *watch);
    sender.join();
    VERIFY_KEEP(watch->status().exitCode == 0, *watch);
    const std::string output = watch->output();
    QCOMPARE(output.size(), data.size() + 6);
    QVERIFY(output.substr(6) == asText(data));
    QCOMPARE(scene.leftovers(), "");
}

void TestStreams::inputBeforeTheStartIsNotLost()
{
    Scene scene;
    const auto watch = scene.launch({.module = "echo"});
    REQUIRE_LAUNCHED(watch, scene);
    QVERIFY(watch->client().sendInput(asBytes("early bird\n")));
    QVERIFY(watch->client().closeInput());
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->output() == "ready\nearly bird\n", *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestStreams::muchOutputIsHeldBackInLittleMemory()
{
    constexpr std::uint64_t size = 100ull << 20, most = 40ull << 20;
    Scene scene;
    const auto watch = scene.launch({.module = "flood", .args = {std::to_string(size)}});
    REQUIRE_LAUNCHED(watch, scene);
    // Stopped as soon as it runs: on a quiet machine all of it would be through a moment later.
    VERIFY_KEEP(watch->until([&] { return watch->status().state == KeepState::Running || watch->closed(); }), *watch);
    VERIFY_KEEP(!watch->closed(), *watch);
    const auto warden = static_cast<pid_t>(watch->status().wardenPid);
    const auto loader = static_cast<pid_t>(watch->status().loaderPid);
    QVERIFY(::kill(loader, SIGSTOP) == 0);
    // The module runs into a full pipe, the warden into a full buffer: all of them sleep, and need little memory.
    const auto sleeping = [&] {
        const auto all = companions(warden);
        return !all.empty() && std::ranges::all_of(all, [](pid_t process) { return statusOf(process)["State"].starts_with("S"); });
    };
    int calm = 0;
    QVERIFY(eventually([&] { return (calm = sleeping() ? calm + 1 : 0) > 20; }));
    for (const pid_t process : companions(warden)) {
        const auto memory = memoryOf(process);
        QVERIFY2(memory < most, (statusOf(process)["Name"] + " holds " + std::to_string(memory)).c_str());
    }
    QVERIFY(::kill(loader, SIGCONT) == 0);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().exitCode == 0, *watch);
    const std::string output = watch->output();
    QCOMPARE(output.size(), std::size_t(size));
    constexpr std::uint64_t block = 1 << 16;
    for (std::uint64_t number = 0; number < size / block; ++number) {
        const std::string digits = std::to_string(number);
        const std::string expected = std::string(16 - digits.size(), '0') + digits + std::string(block - 17, '.') + "\n";
        QVERIFY2(std::string_view(output).substr(number * block, block) == expected, digits.c_str());
    }
    QCOMPARE(scene.leftovers(), "");
}

void TestStreams::anEndlessLoopIsStopped()
{
    Scene scene;
    for (const unsigned grace : {0u, 1u}) {
        const auto watch = scene.launch({.module = "loop"});
        REQUIRE_LAUNCHED(watch, scene);
        VERIFY_KEEP(watch->untilOutput("looping\n"), *watch);
        QVERIFY(watch->client().stop(grace));
        VERIFY_KEEP(watch->untilClosed(), *watch);
        VERIFY_KEEP(watch->status().state == KeepState::Stopped, *watch);
        VERIFY_KEEP(!watch->status().reason.empty(), *watch);
    }
    QCOMPARE(scene.leftovers(), "");
}

void TestStreams::aTimeLimitEndsTheWorkload()
{
    Scene scene;
    const auto watch = scene.launch({.module = "loop", .toml = "[limits]\ntime = \"1s\"\n"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(isFinal(watch->status().state), *watch);
    VERIFY_KEEP(watch->status().reason.find("time") != std::string::npos, *watch);
    QCOMPARE(scene.leftovers(), "");
}

void TestStreams::anOutputLimitEndsTheWorkload()
{
    Scene scene;
    const auto watch = scene.launch({.module = "flood", .args = {std::to_string(10 << 20)}, .toml = "[limits]\noutput = \"1 MiB\"\n"});
    REQUIRE_LAUNCHED(watch, scene);
    VERIFY_KEEP(watch->untilClosed(), *watch);
    VERIFY_KEEP(watch->status().reason.find("output") != std::string::npos, *watch);
    QVERIFY(watch->output().size() <= (1 << 20));
    QCOMPARE(scene.leftovers(), "");
}

QTEST_GUILESS_MAIN(TestStreams)
#include "test_streams.moc"
