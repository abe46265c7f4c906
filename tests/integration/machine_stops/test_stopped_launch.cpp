// SPDX-License-Identifier: Apache-2.0
// A real rehearsed machine is stopped at every step of its launch, under each technology: it is gone, and nothing of it stays.
#include "stops_scene.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

class TestStoppedLaunch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void stopped_data();
    void stopped();

private:
    std::optional<StopsScene> m_scene;
};

void TestStoppedLaunch::initTestCase()
{
    if (const QString why = RehearsedScene::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_scene.emplace();
}

void TestStoppedLaunch::stopped_data()
{
    QTest::addColumn<QString>("technology");
    QTest::addColumn<QByteArray>("step"); ///< of its launch, or the state
    for (const auto &technology : {u"snp"_s, u"es"_s, u"sev"_s})
        for (const char *step : {"starting", "the firmware has measured the waiting machine", "the session secret is sealed",
                 "the machine runs", "its warden has answered", "delivering", "running"}) {
            if (technology == "snp"_L1 && std::string_view(step).contains("the firmware has measured"))
                continue; // SNP measures nothing that waits
            if (technology == "snp"_L1 && std::string_view(step).contains("secret"))
                continue;
            const QByteArray row = technology.toUtf8() + ", " + step;
            QTest::newRow(row.constData()) << technology << QByteArray(step);
        }
}

void TestStoppedLaunch::stopped()
{
    NEED_SCENE();
    QFETCH(const QString, technology);
    QFETCH(const QByteArray, step);
    const QString module = m_scene->program().write(u"slow.wasm"_s, padded(testModule("echo"), 24 << 20));
    const LiveKeep keep = m_scene->launch(technology, {step == "running" ? testModule("echo") : module});
    QVERIFY(keep.watch);
    const auto wanted = keepStateFromName(std::string_view(step.constData()));
    const auto reached = [&] {
        if (wanted)
            return keep.watch->status().state >= *wanted;
        return std::ranges::any_of(keep.watch->progress(), [&](const std::string &line) { return line.contains(step.constData()); });
    };
    VERIFY_LIVE(keep.watch->until(reached, 90s), keep);
    VERIFY_LIVE(!isFinal(keep.watch->status().state), keep);
    QVERIFY(keep.watch->client().stop(0));
    VERIFY_LIVE(keep.watch->until([&] { return keep.watch->closed(); }, 60s), keep);
    VERIFY_LIVE(keep.onDisk().state == KeepState::Stopped, keep);
    VERIFY_LIVE(!keep.onDisk().reason.contains("Not removed"), keep);
    QCOMPARE(m_scene->leftOf(keep), QByteArray());
    QCOMPARE(SessionDaemon::domains(), QByteArray());
    if (step != "running")
        VERIFY_LIVE(!keep.watch->wasIn(KeepState::Running), keep);
}

QTEST_GUILESS_MAIN(TestStoppedLaunch)
#include "test_stopped_launch.moc"
