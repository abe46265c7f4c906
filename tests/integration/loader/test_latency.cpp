// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scene/scene.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::test;
using Clock = std::chrono::steady_clock;

/// How long a launch takes, from the request to the first byte of output in the log, attested twice. Prints figures; the bound of the
/// test itself is generous, for machines that are busy.
class TestLatency : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void launchToFirstOutput();
};

void TestLatency::launchToFirstOutput()
{
    Scene scene;
    std::vector<double> first, whole;
    for (int i = 0; i < 10; ++i) {
        const auto plan = scene.plan({.module = "hello"});
        QVERIFY(plan);
        const auto start = Clock::now();
        const auto watch = scene.launch(*plan);
        REQUIRE_LAUNCHED(watch, scene);
        VERIFY_KEEP(watch->until([&] { return watch->status().logBytes > 0 && !watch->output().empty(); }), *watch);
        first.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        VERIFY_KEEP(watch->untilClosed(), *watch);
        whole.push_back(std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        std::string steps;
        for (std::size_t step = 1; step < watch->status().timeline.size(); ++step)
            steps += " " + std::string(name(watch->status().timeline[step].first)) + " +"
                + std::to_string(watch->status().timeline[step].second - watch->status().timeline[1].second);
        qInfo("first output %.0f ms, over %.0f ms:%s", first.back(), whole.back(), steps.c_str());
    }
    std::ranges::sort(first);
    std::ranges::sort(whole);
    qInfo("median: first output %.0f ms, over %.0f ms", first[first.size() / 2], whole[whole.size() / 2]);
    QVERIFY(first[first.size() / 2] < 2000);
    QCOMPARE(scene.leftovers(), "");
}

QTEST_GUILESS_MAIN(TestLatency)
#include "test_latency.moc"
