// SPDX-License-Identifier: Apache-2.0
// Policy files through the program: made from evidence, checked, imported, launched with; results for programs.
#include "program.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlPolicy : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void madeFromARecord();
    void launchedWith();
    void appraisedAgainUnderAnother();
    void launchRefusedByPolicy();
    void whatAPolicyGivesUpIsRecorded();
    void mistakesShowBeforeALaunch();
    void madeFromFiles();
    void checked();
    void imported();
    void appraisalsMeetTheSchema();
    void attestationResults();

private:
    QByteArray content(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    Program m_program;
    QString m_policy;
};

void TestKeepctlPolicy::initTestCase()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--name"_s, u"first"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    m_policy = m_program.path(u"strict.toml"_s);
}

void TestKeepctlPolicy::madeFromARecord()
{
    const Ran ran =
        m_program.run({u"evidence"_s, u"policy"_s, u"new"_s, u"--from"_s, u"first"_s, u"--name"_s, u"mine"_s, u"-o"_s, m_policy});
    QVERIFY2(ran.exit == 0, ran.all());
    const QByteArray text = content(m_policy);
    for (const char *said :
        {"version = 1", "name = \"mine\"", "root = \"emulated:", "products = [\"Genoa\"]", "[launch]", "digests = [", "[tcb.minimum]"})
        QVERIFY2(text.contains(said), text);
    // An existing file is not replaced, unless asked.
    QCOMPARE(m_program.run({u"evidence"_s, u"policy"_s, u"new"_s, u"--from"_s, u"first"_s, u"-o"_s, m_policy}).exit, 2);
    QCOMPARE(content(m_policy), text);
}

void TestKeepctlPolicy::launchedWith()
{
    // Another launch has another owner key: the strictest policy is this launch's alone.
    const Ran strict = m_program.run({u"keep"_s, u"launch"_s, u"--policy"_s, m_policy, u"--json"_s, example("hello")});
    QVERIFY2(strict.exit == 126, strict.all());
    QByteArray text = content(m_policy);
    const auto at = text.indexOf("host_data = ");
    QVERIFY(at > 0);
    text.insert(at, '#');
    const QString loosened = m_program.write(u"loosened.toml"_s, text);
    const Ran ran =
        m_program.run({u"keep"_s, u"launch"_s, u"--policy"_s, loosened, u"--json"_s, u"--name"_s, u"second"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    const QJsonObject json = ran.json();
    QCOMPARE(json["verdict"_L1].toString(), u"trusted"_s);
    QStringList passed;
    for (const auto &finding : json["findings"_L1].toArray())
        if (finding["result"_L1].toString() == "pass"_L1)
            passed << finding["id"_L1].toString();
    for (const char *id : {"policy.file", "tcb.minimum.current", "product.allowed", "chip.allowed", "firmware.version", "policy.abi"})
        QVERIFY2(passed.contains(QLatin1String(id)), id);
    // The record keeps the policy, so that it can be appraised again.
    const Ran record = m_program.run({u"evidence"_s, u"show"_s, u"second"_s, u"--json"_s});
    QVERIFY2(record.json()["expected"_L1]["policy"_L1].toString().contains("name = \"mine\""_L1), record.all());
    QCOMPARE(record.json()["recomputed"_L1]["verdict"_L1].toString(), u"trusted"_s);
}

// A new policy takes the place of the record's: what only the old one asked for passes or fails no more.
void TestKeepctlPolicy::appraisedAgainUnderAnother()
{
    const QString policy = m_program.write(u"another.toml"_s, "version = 1\nreport.minimum_version = 99\n");
    const Ran ran =
        m_program.run({u"evidence"_s, u"reappraise"_s, u"--keep"_s, u"second"_s, u"--policy"_s, policy, u"--record"_s, u"--json"_s});
    QVERIFY2(ran.exit == 1, ran.all());
    const QString added = ran.json()["changed"_L1][0]["appended"_L1].toString();
    const Ran shown = m_program.run({u"evidence"_s, u"show"_s, added, u"--json"_s});
    QStringList ids;
    for (const auto &finding : shown.json()["appraisal"_L1]["findings"_L1].toArray())
        ids << finding["id"_L1].toString();
    for (const char *id : {"report.minimum", "policy.file", "workload.digest", "launch.digest"})
        QVERIFY2(ids.contains(QLatin1String(id)), shown.all());
    for (const char *id : {"product.allowed", "chip.allowed", "policy.abi"})
        QVERIFY2(!ids.contains(QLatin1String(id)), id);
}

void TestKeepctlPolicy::whatAPolicyGivesUpIsRecorded()
{
    const QString policy = m_program.write(u"debug.toml"_s, "version = 1\nguest_policy.allowed = ['smt', 'debug']\n");
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--policy"_s, policy, u"--json"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.json()["overrides"_L1].toArray(), QJsonArray{u"policy: allows debug"_s});
    QVERIFY2(ran.json()["sentence"_L1].toString().contains("policy: allows debug"_L1), ran.all());
}

void TestKeepctlPolicy::launchRefusedByPolicy()
{
    const QString policy = m_program.write(u"floor.toml"_s, "version = 1\ntcb.minimum.snp = 250\n");
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--policy"_s, policy, example("hello")});
    QVERIFY2(ran.exit == 126, ran.all());
    QVERIFY2(ran.out.isEmpty() && ran.err.contains("tcb.minimum"), ran.all());
}

void TestKeepctlPolicy::mistakesShowBeforeALaunch()
{
    const QString policy = m_program.write(u"wrong.toml"_s, "version = 1\n[guest_policy]\nalowed = 'smt'\n");
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--policy"_s, policy, example("hello")});
    QVERIFY2(ran.exit == 125, ran.all());
    QVERIFY2(ran.err.contains("line 3") && ran.err.contains("guest_policy.allowed"), ran.all());
    QCOMPARE(m_program.run({u"keep"_s, u"plan"_s, u"--policy"_s, policy, example("hello")}).exit, 2);
}

void TestKeepctlPolicy::madeFromFiles()
{
    const Ran json = m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--format"_s, u"json"_s, u"-o"_s, u"-"_s});
    QVERIFY2(json.exit == 0, json.all());
    QVERIFY(QDir().mkpath(m_program.path(u"folder"_s)));
    const QString file = m_program.write(u"folder/record"_s, json.out);
    const QStringList line{u"evidence"_s, u"policy"_s, u"new"_s, u"--from"_s};
    const Ran ofFile = m_program.run(line + QStringList{file}), ofFolder = m_program.run(line + QStringList{m_program.path(u"folder"_s)});
    QVERIFY2(ofFile.exit == 0 && ofFile.out.contains("root = \"emulated:"), ofFile.all());
    const auto rules = [](const QByteArray &text) { return text.mid(text.indexOf("version = 1")); };
    QCOMPARE(rules(ofFolder.out), rules(ofFile.out));
    QCOMPARE(m_program.run(line + QStringList{m_program.path(u"nothing/"_s)}).exit, 2);
}

void TestKeepctlPolicy::checked()
{
    const Ran good = m_program.run({u"evidence"_s, u"policy"_s, u"check"_s, m_policy});
    QVERIFY2(good.exit == 0 && good.out.contains("mine"), good.all());
    const Ran json = m_program.run({u"evidence"_s, u"policy"_s, u"check"_s, u"--json"_s, m_policy});
    QCOMPARE(json.json()["name"_L1].toString(), u"mine"_s);
    const Ran bad =
        m_program.run({u"evidence"_s, u"policy"_s, u"check"_s, m_program.write(u"bad.toml"_s, "version = 1\nporducts = 'Milan'\n")});
    QVERIFY2(bad.exit == 2 && bad.err.contains("Did you mean 'products'?"), bad.all());
    for (const QStringList &words : {QStringList{u"chek"_s, m_policy}, {u"check"_s}, {u"new"_s}, {u"new"_s, m_policy},
             {u"check"_s, m_policy, m_policy}, {u"check"_s, u"/nowhere"_s}, {u"new"_s, u"--from"_s, u"nothing-of-that-name"_s}})
        QCOMPARE(m_program.run(QStringList{u"evidence"_s, u"policy"_s} + words).exit, 2);
}

void TestKeepctlPolicy::imported()
{
    const QString file = m_program.write(u"check.textproto"_s,
        "root_of_trust { product_line: 'Milan' check_crl: true cabundles: 'x' }\npolicy { policy: 0x30000 minimum_guest_svn: 3 }\n");
    const Ran ran = m_program.run({u"evidence"_s, u"policy"_s, u"import"_s, file});
    QVERIFY2(ran.exit == 0 && ran.out.contains("minimum_guest_svn = 3") && ran.err.contains("root_of_trust.cabundles"), ran.all());
    QCOMPARE(m_program.run({u"evidence"_s, u"policy"_s, u"check"_s, m_program.write(u"imported.toml"_s, ran.out)}).exit, 0);
    const Ran steward = m_program.run(
        {u"evidence"_s, u"policy"_s, u"import"_s, u"--json"_s, m_program.write(u"steward.toml"_s, "[snp]\nabi = '>=1.51'\n")});
    QVERIFY2(steward.json()["policy"_L1].toString().contains("minimum_abi = \"1.51\""_L1), steward.all());
    QCOMPARE(m_program.run({u"evidence"_s, u"policy"_s, u"import"_s, m_program.write(u"none"_s, "polcy {}")}).exit, 2);
}

void TestKeepctlPolicy::appraisalsMeetTheSchema()
{
    const QString top = qEnvironmentVariable("KASTELLAN_SOURCE", u"."_s);
    const QByteArray launch = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, example("hello")}).out;
    const QByteArray refused = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, u"--policy"_s, m_policy, example("hello")}).out;
    const QJsonObject record = m_program.run({u"evidence"_s, u"show"_s, u"--json"_s, u"first"_s}).json();
    const QStringList files{m_program.write(u"launch.json"_s, launch), m_program.write(u"refused.json"_s, refused),
        m_program.write(u"stored.json"_s, QJsonDocument(record["appraisal"_L1].toObject()).toJson()),
        m_program.write(u"again.json"_s, QJsonDocument(record["recomputed"_L1].toObject()).toJson())};
    QProcess python;
    python.start(u"python3"_s, QStringList{top + u"/tests/support/check_schema.py"_s, top + u"/docs/appraisal.schema.json"_s} + files);
    QVERIFY(python.waitForFinished(60'000));
    QByteArray lines = python.readAllStandardOutput();
    const auto valid = lines.count(": valid\n");
    lines += python.readAllStandardError();
    QVERIFY2(python.exitCode() == 0 && valid == files.size(), lines);
}

void TestKeepctlPolicy::attestationResults()
{
    const QString jwt = m_program.path(u"first.jwt"_s), cwt = m_program.path(u"first.cwt"_s);
    const Ran ran = m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"-o"_s, jwt});
    QVERIFY2(ran.exit == 0, ran.all());
    const QList<QByteArray> parts = content(jwt).trimmed().split('.');
    QCOMPARE(parts.size(), 3);
    const auto claims = QJsonDocument::fromJson(QByteArray::fromBase64(parts[1], QByteArray::Base64UrlEncoding)).object();
    const QJsonObject snp = claims["submods"_L1]["snp"_L1].toObject();
    QCOMPARE(snp["ear_status"_L1].toString(), u"contraindicated"_s); // emulated: it never affirms
    QCOMPARE(snp["ear_verifier_claims"_L1]["kastellan"_L1]["emulated"_L1].toBool(), true);
    QVERIFY(!claims["eat_nonce"_L1].toString().isEmpty());
    QCOMPARE(m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--format"_s, u"ear-cwt"_s, u"-o"_s, cwt}).exit, 0);
    QVERIFY(content(cwt).startsWith(QByteArray::fromHex("d83dd284"))); // CWT, COSE_Sign1, four parts
    // The key is a key like others, and another one can sign.
    const Ran key = m_program.run({u"keys"_s, u"show"_s, u"results"_s, u"--json"_s});
    QVERIFY2(key.exit == 0, key.all());
    const auto header = QJsonDocument::fromJson(QByteArray::fromBase64(parts[0], QByteArray::Base64UrlEncoding)).object();
    QVERIFY2(key.out.contains(header["kid"_L1].toString().toUtf8()), key.all());
    const Ran old = m_program.run(
        {u"evidence"_s, u"export"_s, u"first"_s, u"--format"_s, u"ear-jwt"_s, u"--ear-profile"_s, u"veraison-2023"_s, u"-o"_s, u"-"_s});
    QVERIFY2(QByteArray::fromBase64(old.out.split('.').value(1), QByteArray::Base64UrlEncoding).contains("ear.status"), old.all());
}

QTEST_GUILESS_MAIN(TestKeepctlPolicy)
#include "test_keepctl_policy.moc"
