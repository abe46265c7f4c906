// SPDX-License-Identifier: Apache-2.0
// keepctl owner as people use it: sessions, measurements, secrets, reports and VMSAs, with sevctl's vectors.
#include "core/base/bytes.h"
#include "program.h"
#include "tests/support/firmware_image.h"
#include "tests/support/vectors.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtTest/QTest>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlOwner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void sevctlMeasurements_data();
    void sevctlMeasurements();
    void measurementThatDoesNotMatch();
    void measurementFromDomlaunchsecinfo();
    void sevctlSecrets();
    void secretsThatDoNotFit();
    void sessionForAVerifiedPlatform();
    void sessionOfEveryForm();
    void sessionIsRefused();
    void sessionWithoutVerification();
    void sessionWritesAllOrNothing();
    void policyInWords_data();
    void policyInWords();
    void reportIsChecked();
    void sevctlVmsas();
    void vmsaUpdateKeepsTheRest();

private:
    Ran owner(const QStringList &arguments) { return m_program->run(QStringList{u"owner"_s} + arguments); }
    QString platform();
    QStringList files() const { return QDir(m_program->path(u"out"_s)).entryList(QDir::Files | QDir::Hidden, QDir::Name); }
    std::unique_ptr<Program> m_program;
};

namespace {

QString vectorPath(const QString &path)
{
    return qEnvironmentVariable("KASTELLAN_VECTORS") + QLatin1Char('/') + path;
}
QByteArray read(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}
const QString rhel = u"ovmf/OVMF.amdsev.rhel9-tail.fd"_s;

} // namespace

void TestKeepctlOwner::init()
{
    m_program = std::make_unique<Program>();
    QDir().mkpath(m_program->path(u"out"_s));
}

/// A sevctl export of the real Naples platform.
QString TestKeepctlOwner::platform()
{
    QByteArray chain;
    for (const char *name : {"pdh", "pek", "oca", "cek"})
        chain += read(vectorPath(u"sev-naples/%1.cert"_s.arg(QLatin1StringView(name))));
    return m_program->write(u"platform.sev"_s, chain);
}

void TestKeepctlOwner::sevctlMeasurements_data()
{
    QTest::addColumn<QString>("words"); // V/ is the folder of the vectors
    QTest::addColumn<QByteArray>("measurement");
    const QString common =
        u"--api-major 0x01 --api-minor 40 --build-id 40 --policy 0x03 --tik V/sev-measurement/tik1.bin --nonce wxP6tRHCFrFQWxsuqZA8QA== "_s;
    QTest::newRow("digest") << common + u"--launch-digest xkvRAfyaSizgonxAjZIAkR8TmolUabBKQKb6KJCDDSM="_s
                            << QByteArray("lswbxWxI9gckya16JQvdFtpYmNO4b+3inAPpqsgoBI7DE/q1EcIWsVBbGy6pkDxA");
    QTest::newRow("firmware") << common + u"--firmware V/ovmf/OVMF.amdsev.rhel9-tail.fd"_s
                              << QByteArray("oMDewIouJSpbpNRHj7Mk3p08H2dPZQdsZMU14qIymBnDE/q1EcIWsVBbGy6pkDxA");
    QTest::newRow("kernel") << common
            + u"--firmware V/ovmf/OVMF.amdsev.rhel9-tail.fd --kernel V/sev-measurement/vmlinuz-fake --initrd V/sev-measurement/initrd-fake --cmdline foo_bar_baz_fake_kernel=cmdline"_s
                            << QByteArray("h3auYbWQnVW7EGLWN4Hf9SN0oEYMPU2sK4bLnefWPwvDE/q1EcIWsVBbGy6pkDxA");
    const QString es =
        u"--api-major 1 --api-minor 49 --build-id 6 --policy 0x05 --tik V/sev-measurement/tik1.bin --launch-measure-blob "
        "/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny --firmware V/ovmf/OVMF.amdsev.rhel9-tail.fd --num-cpus 4 "_s;
    QTest::newRow("es, VMSA files") << es + u"--vmsa-cpu0 V/vmsa/vmsa0.bin --vmsa-cpu1 V/vmsa/vmsa1.bin"_s
                                    << QByteArray("/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny");
    QTest::newRow("es, by model") << es + u"--vcpu-type EPYC-Milan --old-vmsa"_s
                                  << QByteArray("/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny");
}

void TestKeepctlOwner::sevctlMeasurements()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QString, words);
    QFETCH(QByteArray, measurement);
    QStringList arguments = words.split(u' ');
    for (QString &argument : arguments)
        argument = argument.startsWith(u"V/"_s) ? vectorPath(argument.mid(2))
            : argument.startsWith(u"foo"_s)     ? argument.replace(u'_', u' ')
                                                : argument;
    const Ran ran = owner(QStringList{u"measurement"_s} + arguments);
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.out.trimmed(), measurement);
    const QString file = m_program->path(u"out/measure.bin"_s);
    const Ran toFile = owner(QStringList{u"measurement"_s, u"--outfile"_s, file} + arguments);
    QCOMPARE(toFile.out, QByteArray());
    QCOMPARE(read(file).toBase64(), measurement);
}

void TestKeepctlOwner::measurementThatDoesNotMatch()
{
    KASTELLAN_NEED_VECTORS();
    const QStringList common{u"measurement"_s, u"--tik"_s, vectorPath(u"sev-measurement/tik1.bin"_s), u"--launch-measure-blob"_s,
        u"/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny"_s, u"--firmware"_s, vectorPath(rhel), u"--vcpu-type"_s,
        u"EPYC-Milan"_s};
    const Ran vcpus = owner(common + u"--api-major 1 --api-minor 49 --build-id 6 --policy 0x05 --vcpus 3"_s.split(u' '));
    QCOMPARE(vcpus.exit, 1);
    QVERIFY2(vcpus.err.contains("NOT the measurement") && vcpus.err.contains("4 vCPUs instead of 3") && vcpus.err.contains("older VMSA"),
        vcpus.all());
    const Ran version = owner(common + u"--api-major 1 --api-minor 51 --build-id 6 --policy 0x05 --vcpus 4 --old-vmsa"_s.split(u' '));
    QCOMPARE(version.exit, 1);
    QVERIFY2(version.err.contains("firmware 1.49 build 6 instead of 1.51 build 6"), version.all());
    const Ran policy = owner(common + u"--api-major 1 --api-minor 49 --build-id 6 --policy 0x07 --vcpus 4 --old-vmsa --json"_s.split(u' '));
    QCOMPARE(policy.exit, 1);
    QVERIFY2(policy.json()["explanations"_L1].toArray()[0].toString().contains("policy 0x5"_L1), policy.all());
}

void TestKeepctlOwner::measurementFromDomlaunchsecinfo()
{
    KASTELLAN_NEED_VECTORS();
    const QStringList common{u"measurement"_s, u"--tik"_s, vectorPath(u"sev-measurement/tik1.bin"_s), u"--ovmf"_s, vectorPath(rhel),
        u"--vcpus"_s, u"4"_s, u"--vcpu-type"_s, u"EPYC-Milan"_s, u"--old-vmsa"_s, u"--domlaunchsecinfo"_s};
    const QString virsh = m_program->write(u"info.txt"_s,
        "sev-measurement: /o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny\nsev-api-major  : 1\nsev-api-minor  : "
        "49\nsev-build-id   : 6\nsev-policy     : 5\n");
    const Ran good = owner(common + QStringList{virsh});
    QVERIFY2(good.exit == 0 && good.err.contains("exactly this"), good.all());
    const QString qmp = m_program->write(u"info.json"_s,
        R"({"return": {"enabled": true, "api-major": 1, "api-minor": 49, "build-id": 6, "policy": 5, "state": "launch-secret"}})");
    const Ran json =
        owner(common + QStringList{qmp, u"--launch-measure-blob"_s, u"/o0nzDKE5XgtVnUZWPhUea/WZYrTKLExR7KCwuMdbActvpWfXTFk21KMZIAAhQny"_s});
    QVERIFY2(json.exit == 0, json.all());
    QCOMPARE(owner(common + QStringList{m_program->write(u"nothing"_s, "nothing here")}).exit, 2);
}

void TestKeepctlOwner::sevctlSecrets()
{
    KASTELLAN_NEED_VECTORS();
    const QStringList common{u"secret"_s, u"--tik"_s, vectorPath(u"sev-secret/tik1.bin"_s), u"--tek"_s,
        vectorPath(u"sev-secret/tek1.bin"_s), u"--launch-measure-blob"_s,
        u"TLeA7607lZQntLjRY1/i+sbtdSZ+75zxpz4Px9hzpBLwItF5Q2o4prA++3ZZv9ZS"_s, u"--iv"_s, u"rFR07U3TLH2YnsUj2SVZ7A=="_s};
    const QString header = m_program->path(u"out/header"_s), payload = m_program->path(u"out/payload"_s);
    const QString one = vectorPath(u"sev-secret/secret1.txt"_s), two = vectorPath(u"sev-secret/secret2.txt"_s);
    const Ran first = owner(common + QStringList{u"--secret"_s, u"736869e5-84f0-4973-92ec-06879ce3da0b:"_s + one, header, payload});
    QVERIFY2(first.exit == 0, first.all());
    QCOMPARE(read(header).toBase64(), QByteArray("AAAAAKxUdO1N0yx9mJ7FI9klWey8FSzeYQ4X8K71VzNKLU/KQsIsQxLjtbhaPUewqshX5Q=="));
    QCOMPARE(
        read(payload).toBase64(), QByteArray("0U3e5PcXv0UW+H4tSBFKOdCYfKE1+j38Bc2fuO16mYiyI+sWx7INfn+lgYj56GL12yyinDa+lVfCCwD/2w5cPA=="));
    const Ran named = owner(common
        + QStringList{u"-s"_s, u"disk-passphrase="_s + one, u"-s"_s, u"736869e5-aaaa-4973-92ec-06879ce3da0b="_s + two, u"--base64"_s,
            u"--qmp"_s, u"--force"_s, header, payload});
    QVERIFY2(named.exit == 0, named.all());
    QCOMPARE(read(header), QByteArray("AAAAAKxUdO1N0yx9mJ7FI9klWeyZ3r0dOEKHUOhIRqzGYYvTJgdMtBPL1nK6GD9aGET7Ng=="));
    QCOMPARE(read(payload),
        QByteArray("0U3e5PcXv0UW+H4tSBFKObWYfKE1+j38Bc2fuO16mYiyI+sWx7INfn+lgYj56GL12yyinDa+lVfCC+WWs332lpLNUX1ZI3YK7vYgtys4X+"
                   "uGxEIlkIQ90v8/w8ZFmQMe"));
    const QJsonObject qmp = QJsonDocument::fromJson(named.out).object();
    QCOMPARE(qmp["execute"_L1].toString(), u"sev-inject-launch-secret"_s);
    QCOMPARE(qmp["arguments"_L1]["secret"_L1].toString().toUtf8(), read(payload));
    // The largest that fits, and padding.
    for (const char *name : {"secret3.txt", "secret4.txt"}) {
        const Ran large = owner(common
            + QStringList{u"--force"_s, u"-s"_s,
                u"23058844-597b-42fb-8259-a0f5d9d495af="_s + vectorPath(u"sev-secret/%1"_s.arg(QLatin1StringView(name))), header, payload});
        QVERIFY2(large.exit == 0, large.all());
        QCOMPARE(read(payload).size(), 16384);
    }
    // The measurement from what virsh says.
    QStringList fromVirsh = common + QStringList{u"-s"_s, u"disk-passphrase="_s + one, u"--force"_s, header, payload};
    fromVirsh.remove(5, 2);
    fromVirsh += {u"--domlaunchsecinfo"_s,
        m_program->write(u"info"_s, "sev-measurement: TLeA7607lZQntLjRY1/i+sbtdSZ+75zxpz4Px9hzpBLwItF5Q2o4prA++3ZZv9ZS\n")};
    QVERIFY2(owner(fromVirsh).exit == 0, "domlaunchsecinfo");
    QCOMPARE(read(header).toBase64(), QByteArray("AAAAAKxUdO1N0yx9mJ7FI9klWey8FSzeYQ4X8K71VzNKLU/KQsIsQxLjtbhaPUewqshX5Q=="));
    // Without --iv it is another one each time.
    QStringList fresh = common.first(common.size() - 2) + QStringList{u"--force"_s, u"-s"_s, u"disk-passphrase="_s + one, header, payload};
    owner(fresh);
    const QByteArray before = read(payload);
    owner(fresh);
    QVERIFY(read(payload) != before);
}

void TestKeepctlOwner::secretsThatDoNotFit()
{
    const QString key = m_program->write(u"key"_s, QByteArray(16, 'k')), text = m_program->write(u"text"_s, "hush");
    const QString header = m_program->path(u"out/header"_s), payload = m_program->path(u"out/payload"_s);
    const QStringList common{u"secret"_s, u"--tik"_s, key, u"--tek"_s, key, u"--launch-measure-blob"_s,
        QString::fromUtf8(QByteArray(48, 'm').toBase64()), header, payload};
    const auto refused = [&](const QStringList &more, const char *says) {
        const Ran ran = owner(common + more);
        return ran.exit == 2 && ran.err.contains(says) && !ran.err.contains("hush") && files().isEmpty();
    };
    QVERIFY(refused({}, "--secret"));
    QVERIFY(refused({u"-s"_s, u"disk-passphrase"_s}, "GUID=FILE"));
    QVERIFY(refused({u"-s"_s, u"something="_s + text}, "disk-passphrase"));
    QVERIFY(refused({u"-s"_s, u"disk-passphrase="_s + text, u"-s"_s, u"disk-passphrase="_s + text}, "twice"));
    QVERIFY(refused({u"-s"_s, u"disk-passphrase="_s + m_program->write(u"large"_s, QByteArray(16385, 'x'))}, "16384"));
    QVERIFY(refused({u"-s"_s, u"disk-passphrase=/nowhere"_s}, "/nowhere"));
    const Ran shortKey = owner({u"secret"_s, u"--tik"_s, text, u"--tek"_s, key, header, payload});
    QCOMPARE(shortKey.exit, 2);
    QVERIFY2(shortKey.err.contains("16") && !shortKey.err.contains("hush"), shortKey.all());
}

void TestKeepctlOwner::sessionForAVerifiedPlatform()
{
    KASTELLAN_NEED_VECTORS();
    const Ran ran = owner({u"session"_s, platform(), u"no-debug,es"_s, u"--name"_s, u"web"_s, u"--output"_s, m_program->path(u"out"_s)});
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY2(ran.err.contains("CEK by ASK: good") && ran.out.contains("AMD Naples, verified"), ran.all());
    QCOMPARE(files(),
        (QStringList{u"web_godh.b64"_s, u"web_godh.cert"_s, u"web_session.b64"_s, u"web_session.bin"_s, u"web_session.json"_s,
            u"web_tek.bin"_s, u"web_tik.bin"_s}));
    const auto file = [&](const char *name) { return m_program->path(u"out/web_%1"_s.arg(QLatin1StringView(name))); };
    for (const char *name : {"tik.bin", "tek.bin"}) {
        QCOMPARE(QFileInfo(file(name)).size(), 16);
        QCOMPARE(QFile::permissions(file(name)) & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther),
            QFile::Permissions());
    }
    QCOMPARE(QByteArray::fromBase64(read(file("godh.b64"))), read(file("godh.cert")));
    QCOMPARE(QByteArray::fromBase64(read(file("session.b64"))), read(file("session.bin")));
    QCOMPARE(read(file("godh.cert")).size(), 2084);
    QCOMPARE(read(file("session.bin")).size(), 128);
    const QJsonObject record = QJsonDocument::fromJson(read(file("session.json"))).object();
    QCOMPARE(record["verified"_L1].toBool(), true);
    QCOMPARE(record["product"_L1].toString(), u"Naples"_s);
    QCOMPARE(record["policy"_L1].toString(), u"0x5"_s);
    // No key in anything that was printed or recorded.
    for (const char *name : {"tik.bin", "tek.bin"})
        for (const QByteArray &text : {ran.out, ran.err, read(file("session.json"))})
            QVERIFY(!text.contains(read(file(name)).toHex()) && !text.contains(read(file(name)).toBase64()));
}

void TestKeepctlOwner::sessionOfEveryForm()
{
    KASTELLAN_NEED_VECTORS();
    const QByteArray whole = read(platform()), pdh = whole.first(2084), rest = whole.mid(2084);
    const QString out = m_program->path(u"out"_s);
    const auto works = [&](const QStringList &more) {
        const Ran ran = owner(QStringList{u"session"_s, u"--force"_s, u"--output"_s, out, u"--json"_s} + more);
        return ran.exit == 0 && ran.json()["verified"_L1].toBool();
    };
    QVERIFY(works({vectorPath(u"sev-naples"_s).replace(u"sev-naples"_s, u"sev-naples/pdh.cert"_s), u"5"_s, u"--chain"_s,
        m_program->write(u"chain"_s, rest)}));
    QVERIFY(works({m_program->write(u"full.sev"_s, whole + read(vectorPath(u"sev-roots/ask_ark_naples.cert"_s))), u"5"_s}));
    QVERIFY(works({m_program->write(u"caps.json"_s,
                       "{\"return\": {\"pdh\": \"" + pdh.toBase64() + "\", \"cert-chain\": \"" + rest.toBase64() + "\", \"cbitpos\": 47}}"),
        u"5"_s}));
    QVERIFY(works({m_program->write(u"nodesevinfo"_s, "pdh : " + pdh.toBase64() + "\ncert-chain : " + rest.toBase64() + "\n"), u"5"_s}));
    QDir().mkpath(m_program->path(u"sev-tool"_s));
    m_program->write(u"sev-tool/pdh.cert"_s, pdh);
    m_program->write(u"sev-tool/cert_chain.cert"_s, rest);
    m_program->write(u"sev-tool/pdh_readable.txt"_s, "PDH in words");
    QVERIFY(works({m_program->path(u"sev-tool"_s), u"5"_s}));
    QVERIFY(works({vectorPath(u"sev-naples"_s), u"5"_s})); // with an ARK that lacks its signature
    const QString zip = m_program->path(u"certs_export.zip"_s);
    Program::finish(*m_program->startShell(u"zip -qj \"$1\" \"$2\"/*.cert"_s, {zip, vectorPath(u"sev-naples"_s)}));
    QVERIFY(works({zip, u"5"_s}));
    const Ran tool = owner({u"session"_s, u"--force"_s, u"--output"_s, out, u"--sev-tool"_s, platform(), u"5"_s});
    QVERIFY2(tool.exit == 0, tool.all());
    QCOMPARE(read(out + u"/tmp_tk.bin"_s), read(out + u"/vm_tek.bin"_s) + read(out + u"/vm_tik.bin"_s));
    QCOMPARE(read(out + u"/launch_blob.bin"_s), read(out + u"/vm_session.bin"_s));
}

void TestKeepctlOwner::sessionIsRefused()
{
    KASTELLAN_NEED_VECTORS();
    const QByteArray whole = read(platform());
    const QString out = m_program->path(u"out"_s);
    const auto refused = [&](const QByteArray &chain, int exit, const char *says, const QStringList &more = {}) {
        const Ran ran = owner(QStringList{u"session"_s, u"--output"_s, out, m_program->write(u"bad.sev"_s, chain), u"5"_s} + more);
        if (ran.exit != exit || !ran.err.contains(says))
            qWarning("%s", ran.all().constData());
        return ran.exit == exit && ran.err.contains(says) && files().isEmpty();
    };
    // A byte of each certificate's signed part, and of the key that is used.
    const char *const names[] = {"PDH by PEK", "PEK by OCA", "OCA by OCA", "CEK by ASK"};
    for (int i = 0; i < 4; ++i) {
        QByteArray bad = whole;
        const qsizetype at = i * 2084 + 5;
        bad[at] = static_cast<char>(bad[at] ^ 1);
        QVERIFY2(refused(bad, 1, names[i]), names[i]);
    }
    QVERIFY(refused(whole.first(2084), 1, "PEK is not there"));
    QVERIFY(refused(whole.mid(2084), 2, "no PDH"));
    QVERIFY(refused("hello", 2, "no SEV certificate"));
    QVERIFY(refused(whole, 1, "ASK", {u"--chain"_s, vectorPath(u"sev-roots/ask_ark_rome.cert"_s)}));
}

void TestKeepctlOwner::sessionWithoutVerification()
{
    KASTELLAN_NEED_VECTORS();
    const Ran ran =
        owner({u"session"_s, u"--output"_s, m_program->path(u"out"_s), u"--no-verify"_s, vectorPath(u"sev-naples/pdh.cert"_s), u"0x1"_s});
    QVERIFY2(ran.exit == 0 && ran.err.contains("NOT VERIFIED") && ran.out.contains("NOT VERIFIED"), ran.all());
    const QJsonObject record = QJsonDocument::fromJson(read(m_program->path(u"out/vm_session.json"_s))).object();
    QCOMPARE(record["verified"_L1].toBool(true), false);
    QVERIFY(record["verification"_L1].toString().contains("--no-verify"_L1));
}

void TestKeepctlOwner::sessionWritesAllOrNothing()
{
    KASTELLAN_NEED_VECTORS();
    const QString out = m_program->path(u"out"_s), chain = platform();
    m_program->write(u"out/vm_session.json"_s, "mine");
    const Ran refused = owner({u"session"_s, u"--output"_s, out, chain, u"5"_s});
    QCOMPARE(refused.exit, 2);
    QCOMPARE(files(), QStringList{u"vm_session.json"_s});
    const Ran forced = owner({u"session"_s, u"--output"_s, out, u"--force"_s, chain, u"5"_s});
    QVERIFY2(forced.exit == 0, forced.all());
    QVERIFY(read(m_program->path(u"out/vm_session.json"_s)) != "mine");
    QCOMPARE(files().size(), 7);
    // A folder that is not there.
    QCOMPARE(owner({u"session"_s, u"--output"_s, out + u"/none"_s, chain, u"5"_s}).exit, 3);
    QCOMPARE(owner({u"session"_s, u"--name"_s, u"a/b"_s, chain, u"5"_s}).exit, 2);
}

void TestKeepctlOwner::policyInWords_data()
{
    QTest::addColumn<QString>("words");
    QTest::addColumn<QString>("number"); // empty: refused
    QTest::newRow("number") << u"5"_s << u"0x5"_s;
    QTest::newRow("hex") << u"0x0007"_s << u"0x7"_s;
    QTest::newRow("words") << u"no-debug,es"_s << u"0x5"_s;
    QTest::newRow("others' words") << u"nodbg,noks,nosend,domain,sev"_s << u"0x3b"_s;
    QTest::newRow("version") << u"no-debug,api=1.51"_s << u"0x33010001"_s;
    QTest::newRow("unknown") << u"no-debug,fast"_s << QString();
    QTest::newRow("reserved") << u"0x40"_s << QString();
    QTest::newRow("too large") << u"0x100000000"_s << QString();
    QTest::newRow("no version") << u"api=1"_s << QString();
}

void TestKeepctlOwner::policyInWords()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QString, words);
    QFETCH(QString, number);
    const Ran ran = owner({u"session"_s, u"--json"_s, u"--output"_s, m_program->path(u"out"_s), platform(), words});
    QCOMPARE(ran.exit, number.isEmpty() ? 2 : 0);
    QCOMPARE(ran.json()["policy"_L1].toString(), number);
}

void TestKeepctlOwner::reportIsChecked()
{
    KASTELLAN_NEED_VECTORS();
    // No report of a real platform is public: this one has no good signature, and that has to be found.
    QByteArray report(208, '\0');
    report.replace(0, 16, QByteArray(16, 'n'));
    report[0x30] = 5;
    report[0x34] = 0x02, report[0x35] = 0x10, report[0x38] = 2;
    const QString file = m_program->write(u"report.bin"_s, report);
    const Ran ran = owner({u"report"_s, u"--json"_s, file, u"--chain"_s, platform(), u"--mnonce"_s,
        QString::fromUtf8(QByteArray(16, 'n').toBase64()), u"--policy"_s, u"no-debug"_s});
    QCOMPARE(ran.exit, 1);
    const QJsonArray checks = ran.json()["checks"_L1].toArray();
    QCOMPARE(checks.size(), 4);
    for (const auto &[index, result] : {std::pair{0, "fail"_L1}, {1, "pass"_L1}, {2, "pass"_L1}, {3, "fail"_L1}})
        QCOMPARE(checks[index]["result"_L1].toString(), QString(result));
    QCOMPARE(owner({u"report"_s, m_program->write(u"short"_s, report.first(207)), u"--chain"_s, platform()}).exit, 2);
    const Ran noPek = owner({u"report"_s, file});
    QCOMPARE(noPek.exit, 2);
    QVERIFY2(noPek.err.contains("--chain"), noPek.all());
}

void TestKeepctlOwner::sevctlVmsas()
{
    KASTELLAN_NEED_VECTORS();
    for (const char *number : {"0", "1"}) {
        const QString n = QString::fromUtf8(number), file = m_program->path(u"out/vmsa%1.bin"_s.arg(n)),
                      published = vectorPath(u"vmsa/vmsa%1.bin"_s.arg(n));
        const QStringList options{u"--cpu"_s, n, u"--family"_s, u"25"_s, u"--model"_s, u"1"_s, u"--stepping"_s, u"1"_s, u"--userspace"_s,
            u"qemu"_s, u"--firmware"_s, vectorPath(rhel)};
        const Ran built = owner(QStringList{u"vmsa"_s, u"build"_s, file} + options);
        QVERIFY2(built.exit == 0, built.all());
        QCOMPARE(read(file).toHex(), read(published).toHex());
        QCOMPARE(owner(QStringList{u"vmsa"_s, u"build"_s, file} + options).exit, 2); // it is there
        QJsonObject shown = owner({u"vmsa"_s, u"show"_s, file}).json();
        QCOMPARE(shown.take("more"_L1)["mxcsr"_L1].toInt(-1), 0);
        QCOMPARE(shown, QJsonDocument::fromJson(read(vectorPath(u"vmsa/vmsa%1-show.txt"_s.arg(n)))).object());
        // Updating the other one makes it this one.
        const QString other =
            m_program->write(u"out/other%1.bin"_s.arg(n), read(vectorPath(n == "0"_L1 ? u"vmsa/vmsa1.bin"_s : u"vmsa/vmsa0.bin"_s)));
        const Ran updated = owner(QStringList{u"vmsa"_s, u"update"_s, other} + options);
        QVERIFY2(updated.exit == 0, updated.all());
        QCOMPARE(read(other), read(published));
    }
}

void TestKeepctlOwner::vmsaUpdateKeepsTheRest()
{
    QByteArray page(4096, '\0');
    page[0x340] = 0x42; // r8
    page[0x800] = 0x43;
    const QString file = m_program->write(u"out/vmsa.bin"_s, page);
    const Ran ran = owner({u"vmsa"_s, u"update"_s, file, u"--vcpu-type"_s, u"EPYC-Milan"_s, u"--new-vmsa"_s});
    QVERIFY2(ran.exit == 0, ran.all());
    const QByteArray after = read(file);
    QCOMPARE(after[0x340], char(0x42));
    QCOMPARE(after[0x800], char(0x43));
    QCOMPARE(after.mid(0x408, 2).toHex(), QByteArray("801f")); // mxcsr
    QCOMPARE(after.mid(0x310, 4).toHex(), QByteArray("110fa000"));
    QCOMPARE(owner({u"vmsa"_s, u"paint"_s, file}).exit, 2);
    const Ran further = owner({u"vmsa"_s, u"build"_s, m_program->path(u"out/x"_s), u"--cpu"_s, u"1"_s});
    QCOMPARE(further.exit, 2);
    QVERIFY2(further.err.contains("--firmware"), further.all());
    QCOMPARE(owner({u"vmsa"_s, u"build"_s, m_program->path(u"out/x"_s), u"--cpu"_s, u"1"_s, u"--userspace"_s, u"krun"_s}).exit, 0);
}

QTEST_GUILESS_MAIN(TestKeepctlOwner)
#include "test_keepctl_owner.moc"
