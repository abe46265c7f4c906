// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/keeps/plan.h"

#include <QtTest/QTest>

using namespace kastellan;

class TestKeepState : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesGoBothWays();
    void onlyTheDesignsStepsAreAllowed();
    void plansSurviveJson();
    void statusesSurviveJson();
    void brokenJsonIsNamed_data();
    void brokenJsonIsNamed();
};

namespace {

LaunchPlan samplePlan()
{
    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.name = "hello <b> \"quoted\"";
    plan.workload = "/tmp/hello";
    plan.workloadDigest = sha256(asBytes("module"));
    plan.configuration = "args = []\n";
    plan.args = {"--a", "b\nc"};
    plan.secretNames = {"token"};
    plan.image = {{"/usr/bin/keep-warden", 12345, sha256(asBytes("warden")), 0755}};
    plan.expected.root = "emulated:00";
    plan.expected.launchDigest = randomFixed<LaunchDigest>();
    plan.expected.minimumTcb = {{"snp", 23}};
    plan.expected.vmpl = 0;
    plan.ownerKey = toHex(sha256(asBytes("key")).view());
    plan.policy = 0x30000;
    plan.reattestSeconds = 900;
    plan.stopOnFailedAttestation = true;
    plan.created = 1'700'000'000;
    return plan;
}

} // namespace

void TestKeepState::namesGoBothWays()
{
    for (int i = 0; i <= int(KeepState::Refused); ++i)
        QCOMPARE(keepStateFromName(name(KeepState(i))), KeepState(i));
    QVERIFY(!keepStateFromName("asleep"));
}

void TestKeepState::onlyTheDesignsStepsAreAllowed()
{
    using enum KeepState;
    const std::vector<std::pair<KeepState, KeepState>> allowed{
        {Planned, Starting},
        {Starting, Attesting},
        {Attesting, Delivering},
        {Attesting, Refused},
        {Delivering, Running},
        {Delivering, Refused},
        {Running, Suspect},
        {Suspect, Running},
    };
    for (int from = 0; from <= int(Refused); ++from)
        for (int to = 0; to <= int(Refused); ++to) {
            const bool ends = !isFinal(KeepState(from)) && (KeepState(to) == Stopped || KeepState(to) == Failed);
            const bool listed = std::ranges::find(allowed, std::pair(KeepState(from), KeepState(to))) != allowed.end();
            QVERIFY2(mayFollow(KeepState(from), KeepState(to)) == (ends || listed),
                qPrintable(QString::number(from) % QLatin1Char('>') % QString::number(to)));
        }
}

void TestKeepState::plansSurviveJson()
{
    const LaunchPlan plan = samplePlan();
    const std::string json = toJson(plan);
    const auto back = planFromJson(json);
    QVERIFY2(back, back ? "" : back.error().message().c_str());
    QCOMPARE(toJson(*back), json);
    QCOMPARE(back->id, plan.id);
    QCOMPARE(back->expected.launchDigest, plan.expected.launchDigest);
    QCOMPARE(back->image.at(0).sha256, plan.image.at(0).sha256);
    QCOMPARE(back->image.at(0).mode, 0755U);
    QVERIFY(back->stopOnFailedAttestation);
}

void TestKeepState::statusesSurviveJson()
{
    KeepStatus status;
    status.plan = samplePlan();
    status.state = KeepState::Suspect;
    status.reason = "the session broke";
    status.timeline = {{KeepState::Planned, 1}, {KeepState::Starting, 2}};
    status.exitCode = 300;
    status.trap = "unreachable";
    status.records = {"r1", "r2"};
    status.wardenPid = 42;
    status.wardenStart = 4711;
    const std::string json = toJson(status);
    const auto back = statusFromJson(json);
    QVERIFY2(back, back ? "" : back.error().message().c_str());
    QCOMPARE(toJson(*back), json);
    QCOMPARE(*back->exitCode, 300);
    QCOMPARE(back->wardenStart, std::uint64_t(4711));
}

void TestKeepState::brokenJsonIsNamed_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    QTest::newRow("no name") << QByteArray("\"name\"") << QByteArray("\"nom\"");
    QTest::newRow("short id") << QByteArray("\"keep\": \"") << QByteArray("\"keep\": \"00");
    QTest::newRow("text for a number") << QByteArray("\"policy\": 196608") << QByteArray("\"policy\": \"196608\"");
    QTest::newRow("cut off") << QByteArray("\"created\"") << QByteArray("");
}

void TestKeepState::brokenJsonIsNamed()
{
    QFETCH(QByteArray, from);
    QFETCH(QByteArray, to);
    QByteArray json = QByteArray::fromStdString(toJson(samplePlan()));
    QVERIFY(json.contains(from));
    json.replace(from, to);
    const auto result = planFromJson(json.toStdString());
    QVERIFY(!result);
    QCOMPARE(result.error().kind, ErrorKind::Input);
    QVERIFY(!result.error().why.empty());
}

QTEST_GUILESS_MAIN(TestKeepState)
#include "test_keep_state.moc"
