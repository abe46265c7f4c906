// SPDX-License-Identifier: Apache-2.0
// Foreground launches through the program itself: output, input, exit codes, JSON, signals, refusal.
#include "program.h"

#include <QtCore/QCryptographicHash>
#include <QtCore/QDir>
#include <QtCore/QDirIterator>
#include <QtCore/QElapsedTimer>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QRandomGenerator>
#include <QtTest/QTest>

#include <csignal>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlLaunch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void helloPrintsHello();
    void jsonSaysTrusted();
    void argumentsAndVariables();
    void quietSaysNothing();
    void twoMebibytesThereAndBack();
    void inputOfAWorkloadThatDoesNotRead();
    void secretArrivesAndLeavesNoTrace();
    void missingSecretIsNotLaunched();
    void trapIs134();
    void flippedBitIsRefused();
    void wrongExpectedDigestIsRefused();
    void profileLaunchesAgain();
    void unusableInputIs125_data();
    void unusableInputIs125();
    void interruptStops();
    void twoInterruptsEndAtOnce();
    void readerThatGoesAwayStopsTheKeep();
    void planDoesNothing();
    void anotherRootIsRefusedByThePlan();

private:
    /// Waits until the newest keep of that name runs.
    bool isRunning(const QString &name);
    QString flippedImage();
    Program m_program;
};

bool TestKeepctlLaunch::isRunning(const QString &name)
{
    return QTest::qWaitFor(
        [&] { return m_program.run({u"keep"_s, u"show"_s, u"--json"_s, name}).json()["state"_L1].toString() == "running"_L1; }, 60'000);
}

void TestKeepctlLaunch::helloPrintsHello()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.out, QByteArray("hello from a keep\n"));
    for (const char *said :
        {"verdict: trusted", "EMULATED: proves the procedure, nothing about hardware", "required checks passed", "record r"})
        QVERIFY2(ran.err.contains(said), ran.all());
    QVERIFY2(!ran.err.contains('\033') && !ran.err.contains('\r'), ran.all()); // no terminal: no colours
}

void TestKeepctlLaunch::jsonSaysTrusted()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, u"--name"_s, u"in json"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    const QJsonObject json = ran.json();
    QCOMPARE(json["verdict"_L1].toString(), u"trusted"_s);
    QCOMPARE(json["emulated"_L1].toBool(), true);
    QCOMPARE(json["outcome"_L1].toString(), u"exited"_s);
    QCOMPARE(json["exitCode"_L1].toInt(-1), 0);
    QVERIFY(json["trap"_L1].isNull());
    QCOMPARE(json["status"_L1].toInt(-1), 0);
    QCOMPARE(json["name"_L1].toString(), u"in json"_s);
    QCOMPARE(json["state"_L1].toString(), u"stopped"_s);
    QCOMPARE(json["keep"_L1].toString().size(), 32);
    QCOMPARE(json["records"_L1].toArray().size(), 2); // before and after delivery
    QCOMPARE(json["output"_L1]["stdout"_L1]["text"_L1].toString(), u"hello from a keep\n"_s);
    QCOMPARE(json["output"_L1]["stdout"_L1]["truncated"_L1].toBool(true), false);
    QStringList ids;
    for (const auto &finding : json["findings"_L1].toArray()) {
        ids << finding["id"_L1].toString();
        QVERIFY2(!finding["required"_L1].toBool() || finding["result"_L1].toString() == "pass"_L1
                || finding["result"_L1].toString() == "info"_L1,
            qPrintable(ids.back()));
    }
    for (const char *id : {"launch.digest", "report.signature", "report.data", "workload.digest", "root.kind"})
        QVERIFY2(ids.contains(QString::fromUtf8(id)), id);
}

void TestKeepctlLaunch::argumentsAndVariables()
{
    const QString file = m_program.write(u"greeting"_s, "good morning");
    const Ran ran = m_program.run(
        {u"keep"_s, u"launch"_s, u"-q"_s, u"-e"_s, u"GREETING=@"_s + file, u"-a"_s, u"Ada"_s, u"--arg=--help"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.out, QByteArray("good morning from a keep\nto Ada\nto --help\n"));
}

void TestKeepctlLaunch::quietSaysNothing()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--quiet"_s, example("hello")});
    QCOMPARE(ran.exit, 0);
    QCOMPARE(ran.err, QByteArray());
}

void TestKeepctlLaunch::twoMebibytesThereAndBack()
{
    QByteArray sent(2 << 20, Qt::Uninitialized);
    QRandomGenerator(7).fillRange(reinterpret_cast<quint32 *>(sent.data()), sent.size() / 4);
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, example("echo")}, sent);
    QVERIFY2(ran.exit == 0, ran.err);
    QCOMPARE(ran.out.size(), sent.size());
    QVERIFY(ran.out == sent);
    const Ran json = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, example("echo")}, sent);
    QCOMPARE(json.exit, 0);
    const auto out = json.json()["output"_L1]["stdout"_L1];
    QCOMPARE(out["bytes"_L1].toInt(), sent.size());
    QVERIFY(out["truncated"_L1].toBool());
    QCOMPARE(QByteArray::fromBase64(out["base64"_L1].toString().toLatin1()), sent.left(1 << 20));
}

void TestKeepctlLaunch::inputOfAWorkloadThatDoesNotRead()
{
    const auto process = m_program.start({u"keep"_s, u"launch"_s, u"-a"_s, u"1000000"_s, u"--name"_s, u"stuck"_s, example("compute")});
    process->write(QByteArray(64 << 20, 'x')); // far more than anybody buffers
    // It is taken until nobody takes any more of it.
    QVERIFY(isRunning(u"stuck"_s));
    qint64 left = 0;
    do {
        left = process->bytesToWrite();
        process->waitForBytesWritten(2000);
    } while (process->bytesToWrite() < left);
    QVERIFY(process->bytesToWrite() > (32 << 20));
    // Even then the keep hears that it has to stop.
    ::kill(pid_t(process->processId()), SIGTERM);
    ::kill(pid_t(process->processId()), SIGINT);
    const Ran ran = Program::finish(*process);
    QVERIFY2(ran.exit == 143, ran.all()); // the first signal's
}

void TestKeepctlLaunch::secretArrivesAndLeavesNoTrace()
{
    const QByteArray secret = "correct horse battery staple";
    const QString file = m_program.write(u"token"_s, secret);
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--secret"_s, u"token="_s + file, example("secret")});
    QVERIFY2(ran.exit == 0, ran.all());
    QVERIFY2(ran.out.contains(QCryptographicHash::hash(secret, QCryptographicHash::Sha256).toHex().left(8)), ran.all());
    QDirIterator files(m_program.dataFolder(), QDir::Files | QDir::Hidden, QDirIterator::Subdirectories);
    int count = 0;
    while (files.hasNext()) {
        QFile content(files.next());
        QVERIFY(content.open(QIODevice::ReadOnly));
        QVERIFY2(!content.readAll().contains(secret), qPrintable(content.fileName()));
        ++count;
    }
    QVERIFY(count > 3);
}

void TestKeepctlLaunch::missingSecretIsNotLaunched()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, example("secret")});
    QVERIFY2(ran.exit == 125, ran.all());
    QVERIFY2(ran.json()["error"_L1]["message"_L1].toString().contains("token"_L1), ran.all());
    QVERIFY(ran.json()["verdict"_L1].isNull());
    const QString file = m_program.write(u"x"_s, "x");
    const Ran unasked = m_program.run({u"keep"_s, u"launch"_s, u"-s"_s, u"nobody="_s + file, example("hello")});
    QVERIFY2(unasked.exit == 125 && unasked.err.contains("nobody"), unasked.all());
}

void TestKeepctlLaunch::trapIs134()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, example("trap")});
    QVERIFY2(ran.exit == 134, ran.all());
    QCOMPARE(ran.out, QByteArray("this line is the last before the trap\n"));
    QVERIFY2(ran.err.contains("trapped"), ran.all());
    const QJsonObject json = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, example("trap")}).json();
    QCOMPARE(json["outcome"_L1].toString(), u"trapped"_s);
    QVERIFY(!json["trap"_L1].toString().isEmpty());
    QCOMPARE(json["status"_L1].toInt(), 134);
    QCOMPARE(json["verdict"_L1].toString(), u"trusted"_s);
}

/// A copy of the keep image with one bit of the runner changed.
QString TestKeepctlLaunch::flippedImage()
{
    const QString folder = m_program.path(u"image"_s);
    if (QFileInfo::exists(folder))
        return folder;
    QDirIterator files(keepImage(), QDir::Files, QDirIterator::Subdirectories);
    while (files.hasNext()) {
        const QString from = files.next(), to = folder + from.mid(keepImage().size());
        QDir().mkpath(QFileInfo(to).path());
        if (!QFile::copy(from, to))
            qFatal("cannot copy %s", qPrintable(from));
    }
    QFile runner(folder + u"/usr/bin/keep-runner"_s);
    runner.setPermissions(runner.permissions() | QFile::WriteOwner);
    if (!runner.open(QIODevice::ReadWrite) || !runner.seek(runner.size() / 2))
        qFatal("cannot change the runner");
    const char byte = char(runner.peek(1).at(0) ^ 1);
    runner.write(&byte, 1);
    return folder;
}

void TestKeepctlLaunch::flippedBitIsRefused()
{
    const QString image = flippedImage();
    m_program.set(u"KASTELLAN_KEEP_IMAGE"_s, image);
    const Ran person = m_program.run({u"keep"_s, u"launch"_s, example("hello")});
    const Ran json = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, example("hello")});
    m_program.unset(u"KASTELLAN_KEEP_IMAGE"_s);
    QVERIFY2(person.exit == 126, person.all());
    QCOMPARE(person.out, QByteArray());
    QVERIFY2(person.err.contains("verdict: refused") && person.err.contains("launch.digest"), person.all());
    QVERIFY2(person.err.contains("/usr/bin/keep-runner"), person.all()); // which file it is
    QCOMPARE(json.exit, 126);
    QCOMPARE(json.json()["verdict"_L1].toString(), u"refused"_s);
    QCOMPARE(json.json()["outcome"_L1].toString(), u"refused"_s);
    QVERIFY(json.json()["exitCode"_L1].isNull());
    QCOMPARE(json.json()["output"_L1]["stdout"_L1]["bytes"_L1].toInt(-1), 0);

    const Ran measured = m_program.run({u"measure"_s, u"process"_s, u"--image"_s, image, u"--json"_s});
    QVERIFY2(measured.exit == 1, measured.all());
    QCOMPARE(measured.json()["matches"_L1].toBool(true), false);
    QCOMPARE(measured.json()["differences"_L1].toArray().size(), 1);
    QVERIFY(measured.json()["differences"_L1][0].toString().startsWith("/usr/bin/keep-runner"_L1));
}

void TestKeepctlLaunch::wrongExpectedDigestIsRefused()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--expect-digest"_s, QString(96, u'a'), example("hello")});
    QVERIFY2(ran.exit == 126 && ran.out.isEmpty() && ran.err.contains("launch.digest"), ran.all());
    const Ran floor = m_program.run({u"keep"_s, u"launch"_s, u"--strict"_s, u"--min-tcb"_s, u"snp=255"_s, example("hello")});
    QVERIFY2(floor.exit == 126 && floor.out.isEmpty(), floor.all());
}

void TestKeepctlLaunch::profileLaunchesAgain()
{
    const QString secret = m_program.path(u"profile-token"_s);
    QFile file(secret);
    QVERIFY(file.open(QIODevice::WriteOnly) && file.write("hunter2") == 7);
    file.close();
    const Ran first = m_program.run({u"keep"_s, u"launch"_s, u"--name"_s, u"first"_s, u"-s"_s, u"token="_s + secret, u"--save-profile"_s,
        u"again"_s, example("secret")});
    QVERIFY2(first.exit == 0, first.all());
    const Ran shown = m_program.run({u"profile"_s, u"show"_s, u"again"_s, u"--json"_s});
    QVERIFY2(shown.exit == 0 && !shown.out.contains("hunter2") && shown.out.contains("profile-token"), shown.all());
    // From another folder, with an option over it.
    const Ran second = m_program.run({u"keep"_s, u"launch"_s, u"--profile"_s, u"again"_s, u"--name"_s, u"second"_s, u"--json"_s});
    QVERIFY2(second.exit == 0, second.all());
    QCOMPARE(second.json()["name"_L1].toString(), u"second"_s);
    QCOMPARE(second.json()["output"_L1]["stdout"_L1]["text"_L1].toString().toUtf8(), first.out);
    const Ran taken = m_program.run({u"keep"_s, u"plan"_s, u"--profile"_s, u"again"_s, u"--save-profile"_s, u"again"_s});
    QVERIFY2(taken.exit == 2 && taken.err.contains("--force"), taken.all());
    // A launch that can't be planned is not kept.
    const Ran bad = m_program.run({u"keep"_s, u"launch"_s, u"--save-profile"_s, u"bad"_s, u"/nowhere/x.wasm"_s});
    QVERIFY2(bad.exit == 125, bad.all());
    const Ran list = m_program.run({u"profile"_s, u"list"_s, u"--json"_s});
    QCOMPARE(list.json()["profiles"_L1].toArray().size(), 1);
    QVERIFY(m_program.run({u"profile"_s, u"remove"_s, u"again"_s}).exit == 0);
    const Ran gone = m_program.run({u"keep"_s, u"launch"_s, u"--profile"_s, u"again"_s});
    QVERIFY2(gone.exit == 125 && gone.err.contains("again"), gone.all());
}

void TestKeepctlLaunch::unusableInputIs125_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("no such file") << QStringList{u"/nowhere/x.wasm"_s} << u"/nowhere/x.wasm"_s;
    QTest::newRow("no module") << QStringList{u"/etc/hostname"_s} << u"/etc/hostname"_s;
    QTest::newRow("unknown option") << QStringList{u"--detahc"_s, example("hello")} << u"Did you mean --detach?"_s;
    QTest::newRow("no workload") << QStringList{} << u"needs a WORKLOAD"_s;
    QTest::newRow("unknown host") << QStringList{u"--host"_s, u"emulatde"_s, example("hello")} << u"emulatde"_s;
    QTest::newRow("unknown key") << QStringList{u"--owner-key"_s, u"nobody"_s, example("hello")} << u"nobody"_s;
    QTest::newRow("bad digest") << QStringList{u"--expect-digest"_s, u"00"_s, example("hello")} << u"96 hex digits"_s;
}

void TestKeepctlLaunch::unusableInputIs125()
{
    QFETCH(const QStringList, arguments);
    QFETCH(const QString, says);
    const Ran ran = m_program.run(QStringList{u"keep"_s, u"launch"_s} + arguments);
    QVERIFY2(ran.exit == 125, ran.all());
    QVERIFY2(ran.err.contains(says.toUtf8()), ran.all());
    QVERIFY2(ran.out.isEmpty(), ran.all());
    const Ran json = m_program.run(QStringList{u"keep"_s, u"launch"_s, u"--json"_s} + arguments);
    QCOMPARE(json.exit, 125);
    QVERIFY2(json.json()["error"_L1]["message"_L1].toString().contains(says), json.all());
    QCOMPARE(json.json()["status"_L1].toInt(), 125);
}

void TestKeepctlLaunch::interruptStops()
{
    for (const auto &[signal, exit] : {std::pair{SIGINT, 130}, {SIGTERM, 143}}) {
        const auto process =
            m_program.start({u"keep"_s, u"launch"_s, u"--name"_s, u"interrupted"_s, example("echo")}); // ends with its input
        QVERIFY(isRunning(u"interrupted"_s));
        ::kill(pid_t(process->processId()), signal);
        const Ran ran = Program::finish(*process);
        QVERIFY2(ran.exit == exit, ran.all());
        QVERIFY2(ran.err.contains("once more ends it at once"), ran.all());
        QCOMPARE(m_program.run({u"keep"_s, u"show"_s, u"interrupted"_s, u"--json"_s}).json()["state"_L1].toString(), u"stopped"_s);
    }
}

void TestKeepctlLaunch::twoInterruptsEndAtOnce()
{
    const auto process = m_program.start({u"keep"_s, u"launch"_s, u"-a"_s, u"1000000"_s, u"--name"_s, u"twice"_s, example("compute")});
    QVERIFY(isRunning(u"twice"_s));
    QElapsedTimer clock;
    clock.start();
    ::kill(pid_t(process->processId()), SIGINT);
    QVERIFY(QTest::qWaitFor(
        [&] { return process->waitForReadyRead(10), process->readAllStandardError().contains("once more ends it at once"); }, 10'000));
    ::kill(pid_t(process->processId()), SIGINT);
    const Ran ran = Program::finish(*process);
    QVERIFY2(ran.exit == 130 && ran.err.contains("ending the keep at once"), ran.all());
    QVERIFY(clock.elapsed() < 9'000); // not after the grace time
}

void TestKeepctlLaunch::readerThatGoesAwayStopsTheKeep()
{
    const auto process =
        m_program.startShell(u"{ keepctl keep launch --name headless \"$1\"; echo \"exits with $?\" >&2; } | true"_s, {example("echo")});
    process->write("hello\n"); // and the input stays open
    const Ran ran = Program::finish(*process);
    QVERIFY2(ran.err.contains("exits with 137\n"), ran.all());
    QVERIFY2(ran.err.contains("standard output"), ran.all());
    QCOMPARE(m_program.run({u"keep"_s, u"show"_s, u"headless"_s, u"--json"_s}).json()["state"_L1].toString(), u"stopped"_s);
}

void TestKeepctlLaunch::planDoesNothing()
{
    const QByteArray before = m_program.run({u"keep"_s, u"list"_s}).out;
    const Ran ran = m_program.run({u"keep"_s, u"plan"_s, u"--json"_s, u"--name"_s, u"planned"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.json()["name"_L1].toString(), u"planned"_s);
    const Ran person = m_program.run({u"keep"_s, u"plan"_s, example("hello")});
    QVERIFY2(person.exit == 0 && person.out.contains("/usr/bin/keep-warden") && person.out.contains("accepted root"), person.all());
    QCOMPARE(m_program.run({u"keep"_s, u"list"_s}).out, before);
    const Ran bad = m_program.run({u"keep"_s, u"plan"_s, u"/nowhere"_s});
    QVERIFY2(bad.exit == 2, bad.all());
}

void TestKeepctlLaunch::anotherRootIsRefusedByThePlan()
{
    const QString folder = m_program.path(u"amd-only"_s);
    QVERIFY(QDir().mkpath(folder));
    QVERIFY(QFile::copy(example("hello") + u"/main.wasm"_s, folder + u"/main.wasm"_s));
    m_program.write(u"amd-only/Keep.toml"_s, "[expect]\nroot = \"amd\"\n");
    const Ran refused = m_program.run({u"keep"_s, u"plan"_s, folder});
    QVERIFY2(refused.exit == 2 && refused.err.contains("accepts the root 'amd' alone"), refused.all());

    const Ran host = m_program.run({u"keep"_s, u"plan"_s, u"--json"_s, example("hello")});
    const QByteArray root = host.json()["expected"_L1]["root"_L1].toString().toLatin1();
    QVERIFY2(root.startsWith("emulated:"), host.all());
    m_program.write(u"amd-only/Keep.toml"_s, "[expect]\nroot = \"" + root + "\"\n");
    const Ran accepted = m_program.run({u"keep"_s, u"plan"_s, folder});
    QVERIFY2(accepted.exit == 0, accepted.all());
}

QTEST_GUILESS_MAIN(TestKeepctlLaunch)
#include "test_keepctl_launch.moc"
