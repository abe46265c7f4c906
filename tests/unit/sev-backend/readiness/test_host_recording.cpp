// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/facts.h"
#include "sev-backend/readiness/recording.h"
#include "tests/unit/sev-backend/readiness/machines.h"

#include <QtTest>

using namespace kastellan;
using namespace kastellan::sev;

class TestHostRecording : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesBack();
    void refuses_data();
    void refuses();
    void numbers();
    void perCpu();
};

void TestHostRecording::comesBack()
{
    HostFacts facts = test::factsOf(test::healthy("Turin"));
    facts.failed("kvm.run", "a guest", "it \x01 \"broke\"\n");
    facts.notLooked("qemu.version", "QEMU", "probes were not wanted");
    facts.root = "/somewhere";
    const auto back = fromRecording(toRecording(facts), "x.json");
    QVERIFY2(back.has_value(), back ? "" : back.error().message().c_str());
    QVERIFY(back->all() == facts.all());
    QCOMPARE(back->root, facts.root);
    QCOMPARE(back->title, "Turin");
    QCOMPARE(back->time, facts.time);
    QCOMPARE(back->recordedBy, "a test");
    QVERIFY(back->recording);
    QCOMPARE(toRecording(*back), toRecording(facts));
}

void TestHostRecording::refuses_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("why");
    const auto with = [](const QByteArray &facts) {
        return QByteArray(R"({"schema":"kastellan-host-1","host":"h","facts":)") + facts + "}";
    };
    QTest::newRow("empty") << QByteArray() << QByteArray("well-formed");
    QTest::newRow("no object") << QByteArray("[]") << QByteArray("no recording of a host");
    QTest::newRow("other schema") << QByteArray(R"({"schema":"kastellan-record-1","facts":{}})") << QByteArray("not known");
    QTest::newRow("no facts") << QByteArray(R"({"schema":"kastellan-host-1"})") << QByteArray("no recording of a host");
    QTest::newRow("facts as list") << with("[]") << QByteArray("object is expected");
    QTest::newRow("key with a blank") << with(R"({"a b":{"value":"1"}})") << QByteArray("no key");
    QTest::newRow("key with a path") << with(R"({"../x":{"value":"1"}})") << QByteArray("no key");
    QTest::newRow("long key") << with("{\"" + QByteArray(200, 'a') + R"(":{"value":"1"}})") << QByteArray("no key");
    QTest::newRow("number as value") << with(R"({"a":{"value":1}})") << QByteArray("facts.a");
    QTest::newRow("neither value nor state") << with(R"({"a":{"how":"x"}})") << QByteArray("neither a value nor");
    QTest::newRow("unknown state") << with(R"({"a":{"state":"fine"}})") << QByteArray("neither a value nor");
    QTest::newRow("long value") << with("{\"a\":{\"value\":\"" + QByteArray(70000, 'x') + "\"}}") << QByteArray("at most 65536");
    QTest::newRow("long how") << with("{\"a\":{\"value\":\"\",\"how\":\"" + QByteArray(3000, 'x') + "\"}}") << QByteArray("at most 2000");
    QTest::newRow("deep") << with(QByteArray(100, '[') + QByteArray(100, ']')) << QByteArray("nested");
    QTest::newRow("time") << QByteArray(R"({"schema":"kastellan-host-1","time":-5,"facts":{}})") << QByteArray("time");
    QByteArray many = "{";
    for (int i = 0; i < 4001; ++i)
        many += (i ? ",\"k" : "\"k") + QByteArray::number(i) + "\":{\"value\":\"\"}";
    QTest::newRow("many") << with(many + "}") << QByteArray("more than 4000");
    QTest::newRow("large") << QByteArray(5 << 20, ' ') << QByteArray("at most");
}

void TestHostRecording::refuses()
{
    QFETCH(const QByteArray, text);
    QFETCH(const QByteArray, why);
    const auto facts = fromRecording(std::string_view(text.constData(), static_cast<std::size_t>(text.size())), "x.json");
    QVERIFY(!facts.has_value());
    QCOMPARE(facts.error().kind, ErrorKind::Input);
    QVERIFY2(QByteArray::fromStdString(facts.error().message()).contains(why), facts.error().message().c_str());
}

void TestHostRecording::numbers()
{
    QVERIFY(factNumber("12") == 12u);
    QVERIFY(factNumber("0xff") == 255u);
    for (const char *bad : {"", "0x", "-1", "1 ", "0xg", "99999999999999999999"})
        QVERIFY2(!factNumber(bad), bad);
}

void TestHostRecording::perCpu()
{
    QCOMPARE(perCpuText({{0, 5}, {1, 5}, {2, 7}, {3, 5}, {10, 7}}), "0x5 on 0-1,3; 0x7 on 2,10");
    const auto groups = perCpuGroups("0x5 on 0-1,3; 0x7 on 2,10");
    QCOMPARE(groups.size(), 2u);
    QCOMPARE(groups[0].value, 5u);
    QCOMPARE(groups[0].count, 3u);
    QCOMPARE(groups[1].cpus, "2,10");
    QCOMPARE(groups[1].count, 2u);
    for (const char *bad : {"", "5", "0x5 on", "0x5 on x", "0x5 on 3-1", "on 3", "0x5 on 0-1; ", "0x5 on 0-99999999"})
        QVERIFY2(perCpuGroups(bad).empty() || std::string_view(bad) == "0x5 on 0-1; ", bad);
}

QTEST_GUILESS_MAIN(TestHostRecording)
#include "test_host_recording.moc"
