// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/readiness.h"

#include <QtTest>

using namespace kastellan;

namespace {

Readiness sample()
{
    Readiness readiness;
    readiness.host = "local";
    readiness.title = "This computer";
    readiness.time = 1795437470;
    readiness.lookedAt = "this computer";
    readiness.root = "/";
    readiness.verdicts = {{"snp", "SEV-SNP", ReadinessVerdict::State::NotReady, "It cannot.", {"cpu.snp"}}};
    ReadinessCheck first, second;
    first.id = "cpu.sev";
    first.area = "Processor";
    first.title = "SEV";
    first.state = CheckState::Pass;
    second.id = "cpu.snp";
    second.area = "Processor";
    second.title = "SEV-SNP";
    second.state = CheckState::Fail;
    second.parent = "cpu.sev";
    second.needs = {"cpu.sev"};
    second.saw = "none";
    second.means = "no <b>";
    second.remedy = "buy";
    second.command = "true";
    second.source = "APM";
    second.looked = "CPUID";
    second.blocks = {"snp"};
    readiness.checks = {first, second};
    readiness.facts = {{"Processor", "x"}};
    return readiness;
}

} // namespace

class TestReadinessJson : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void comesBack();
    void finds();
    void names();
    void refuses_data();
    void refuses();
};

void TestReadinessJson::comesBack()
{
    const Readiness readiness = sample();
    const auto back = readinessFromJson(toJson(readiness));
    QVERIFY2(back.has_value(), back ? "" : back.error().message().c_str());
    QVERIFY(back->checks == readiness.checks);
    QVERIFY(back->verdicts == readiness.verdicts);
    QVERIFY(back->facts == readiness.facts);
    QCOMPARE(back->host, readiness.host);
    QCOMPARE(back->time, readiness.time);
    QCOMPARE(back->lookedAt, readiness.lookedAt);
    QCOMPARE(back->root, readiness.root);
    QVERIFY(!back->emulated);
    QCOMPARE(toJson(*back), toJson(readiness));
}

void TestReadinessJson::finds()
{
    const Readiness readiness = sample();
    QCOMPARE(readiness.check("cpu.snp")->title, "SEV-SNP");
    QVERIFY(!readiness.check("cpu"));
    QCOMPARE(readiness.verdict("snp")->causes.size(), 1u);
    QVERIFY(!readiness.verdict("sev"));
}

void TestReadinessJson::names()
{
    for (const auto state :
        {CheckState::Pass, CheckState::Fail, CheckState::Warning, CheckState::Unknown, CheckState::Skipped, CheckState::Info})
        QCOMPARE(*checkStateFromName(name(state)), state);
    for (const auto state : {ReadinessVerdict::State::Ready, ReadinessVerdict::State::NotReady, ReadinessVerdict::State::Unknown})
        QCOMPARE(*verdictStateFromName(name(state)), state);
    QVERIFY(!checkStateFromName("").has_value());
    QVERIFY(!verdictStateFromName("Ready").has_value());
}

void TestReadinessJson::refuses_data()
{
    QTest::addColumn<QByteArray>("from");
    QTest::addColumn<QByteArray>("to");
    const auto row = [](const char *name, const char *from, const char *to) { QTest::newRow(name) << QByteArray(from) << QByteArray(to); };
    row("schema", "kastellan-readiness-1", "kastellan-readiness-9");
    row("state", "\"fail\"", "\"bad\"");
    row("verdict", "\"not ready\"", "\"perhaps\"");
    row("orphan", "\"parent\": \"cpu.sev\"", "\"parent\": \"cpu.none\"");
    row("its own parent", "\"parent\": \"cpu.sev\"", "\"parent\": \"cpu.snp\"");
    row("twice", "\"id\": \"cpu.snp\"", "\"id\": \"cpu.sev\"");
    row("time", "1795437470", "-1");
    row("type", "\"remedy\": \"buy\"", "\"remedy\": 7");
    row("cut", "\"facts\"", "");
    QTest::newRow("long") << QByteArray("no <b>") << QByteArray(10000, 'x');
}

void TestReadinessJson::refuses()
{
    QFETCH(const QByteArray, from);
    QFETCH(const QByteArray, to);
    QByteArray text = QByteArray::fromStdString(toJson(sample()));
    QVERIFY(text.contains(from));
    text.replace(from, to);
    const auto back = readinessFromJson(std::string_view(text.constData(), static_cast<std::size_t>(text.size())));
    QVERIFY(!back.has_value());
    QCOMPARE(back.error().kind, ErrorKind::Input);
}

QTEST_GUILESS_MAIN(TestReadinessJson)
#include "test_readiness_json.moc"
