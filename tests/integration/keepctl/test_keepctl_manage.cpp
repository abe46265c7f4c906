// SPDX-License-Identifier: Apache-2.0
// All that is not a foreground launch: keeps in the background, evidence, keys, hosts, the activity log, words for shells.
#include "program.h"

#include <QtCore/QDir>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

#include <csignal>

#include <pwd.h>
#include <unistd.h>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestKeepctlManage : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void hosts();
    void detachListStopRemove();
    void followEndsWithTheKeep();
    void logsWithTimestamps();
    void attest();
    void wrongKeeps_data();
    void wrongKeeps();
    void evidenceListAndShow();
    void evidenceExport_data();
    void evidenceExport();
    void exportRefuses();
    void pdfWithoutTheDesktopProgram();
    void fsck();
    void keys();
    void activity();
    void measure();
    void completionWords();
    void generatedFilesAreThere();
    void wrongUsageIs2_data();
    void wrongUsageIs2();

private:
    QString launchDetached(const QString &name, const QStringList &more = {});
    Program m_program;
    QString m_record;
};

/// One keep that has ended, with its records: what most of the tests look at.
void TestKeepctlManage::initTestCase()
{
    const Ran ran = m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, u"--name"_s, u"first"_s, example("hello")});
    QVERIFY2(ran.exit == 0, ran.all());
    m_record = ran.json()["records"_L1].toArray().last().toString();
    QVERIFY(m_record.startsWith(u'r'));
}

QString TestKeepctlManage::launchDetached(const QString &name, const QStringList &more)
{
    const Ran ran = m_program.run(QStringList{u"keep"_s, u"launch"_s, u"--detach"_s, u"--name"_s, name} + more
        + QStringList{u"-a"_s, u"1000000"_s, example("compute")});
    if (ran.exit != 0)
        qWarning("%s", ran.all().constData());
    return QString::fromUtf8(ran.out.trimmed());
}

void TestKeepctlManage::hosts()
{
    const Ran list = m_program.run({u"host"_s, u"list"_s, u"--json"_s});
    QVERIFY2(list.exit == 0, list.all());
    QCOMPARE(list.json()["hosts"_L1][0]["id"_L1].toString(), u"emulated"_s);
    QCOMPARE(list.json()["hosts"_L1][0]["emulated"_L1].toBool(), true);
    QVERIFY(m_program.run({u"host"_s, u"list"_s}).out.contains("emulated"));
    const Ran show = m_program.run({u"host"_s, u"show"_s, u"emul"_s}); // a beginning
    QVERIFY2(show.exit == 0 && show.out.contains("nothing about hardware"), show.all());
    const Ran wrong = m_program.run({u"host"_s, u"show"_s, u"emulatde"_s});
    QVERIFY2(wrong.exit == 2 && wrong.err.contains("Did you mean emulated?"), wrong.all());
}

void TestKeepctlManage::detachListStopRemove()
{
    const QString id = launchDetached(u"background"_s);
    QCOMPARE(id.size(), 32);
    const Ran list = m_program.run({u"keep"_s, u"list"_s, u"--running"_s, u"--json"_s});
    QVERIFY2(list.exit == 0, list.all());
    QCOMPARE(list.json()["keeps"_L1].toArray().size(), 1);
    QCOMPARE(list.json()["keeps"_L1][0]["loader_alive"_L1].toBool(), true);
    const Ran person = m_program.run({u"keep"_s, u"list"_s});
    QVERIFY2(person.out.contains(id.left(12).toUtf8()) && person.out.contains("trusted (emulated)"), person.all());
    const Ran show = m_program.run({u"keep"_s, u"show"_s, id.left(6), u"--json"_s});
    QVERIFY2(show.exit == 0 && show.json()["state"_L1].toString() == "running"_L1, show.all());
    const Ran early = m_program.run({u"keep"_s, u"remove"_s, u"background"_s});
    QVERIFY2(early.exit == 1 && early.err.contains("Stop it first"), early.all());
    const Ran recover = m_program.run({u"keep"_s, u"recover"_s, u"background"_s}); // nothing to recover
    QVERIFY2(recover.exit == 0, recover.all());
    const Ran stop = m_program.run({u"keep"_s, u"stop"_s, u"--grace"_s, u"1"_s, u"--json"_s, u"background"_s});
    QVERIFY2(stop.exit == 0 && stop.json()["state"_L1].toString() == "stopped"_L1, stop.all());
    const Ran again = m_program.run({u"keep"_s, u"stop"_s, u"background"_s});
    QVERIFY2(again.exit == 0 && again.err.contains("had ended already"), again.all());
    const Ran remove = m_program.run({u"keep"_s, u"remove"_s, u"nobody"_s, u"background"_s}); // the good ones all the same
    QVERIFY2(remove.exit == 2 && remove.err.contains("nobody"), remove.all());
    QCOMPARE(m_program.run({u"keep"_s, u"show"_s, id}).exit, 2);
    // Its evidence stays, by the keep's name too.
    const Ran evidence = m_program.run({u"evidence"_s, u"list"_s, u"--keep"_s, u"background"_s, u"--json"_s});
    QVERIFY2(evidence.exit == 0 && evidence.json()["records"_L1].toArray().size() >= 2, evidence.all());
}

void TestKeepctlManage::followEndsWithTheKeep()
{
    const QString id = launchDetached(u"followed"_s, {u"--interpreter"_s});
    const auto logs = m_program.start({u"keep"_s, u"logs"_s, u"-f"_s, id});
    QVERIFY(QTest::qWaitFor(
        [&] { return logs->waitForReadyRead(10) || logs->bytesAvailable() > 0 || !logs->readAllStandardError().isEmpty(); }, 30'000));
    QCOMPARE(logs->state(), QProcess::Running);
    QCOMPARE(m_program.run({u"keep"_s, u"stop"_s, u"--grace"_s, u"0"_s, id}).exit, 0);
    const Ran ran = Program::finish(*logs);
    QVERIFY2(ran.exit == 0 && ran.err.contains("state: stopped"), ran.all());
}

void TestKeepctlManage::logsWithTimestamps()
{
    const Ran plain = m_program.run({u"keep"_s, u"logs"_s, u"--no-events"_s, u"first"_s});
    QVERIFY2(plain.exit == 0, plain.all());
    QCOMPARE(plain.out, QByteArray("hello from a keep\n"));
    QCOMPARE(plain.err, QByteArray());
    const Ran events = m_program.run({u"keep"_s, u"logs"_s, u"first"_s});
    QCOMPARE(events.out, QByteArray("hello from a keep\n"));
    QVERIFY2(events.err.contains("state: running"), events.all());
    const Ran stamped = m_program.run({u"keep"_s, u"logs"_s, u"-t"_s, u"first"_s});
    QVERIFY2(stamped.out.contains(" out   hello from a keep\n") && stamped.out.contains(" event state: running"), stamped.all());
}

void TestKeepctlManage::attest()
{
    const QString id = launchDetached(u"attested"_s);
    const Ran ran = m_program.run({u"keep"_s, u"attest"_s, u"--json"_s, u"attested"_s});
    QVERIFY2(ran.exit == 0, ran.all());
    QCOMPARE(ran.json()["verdict"_L1].toString(), u"trusted"_s);
    const Ran show = m_program.run({u"evidence"_s, u"show"_s, u"attested"_s, u"--json"_s});
    QVERIFY2(show.exit == 0 && show.json()["id"_L1].toString() == ran.json()["record"_L1].toString(), show.all());
    const Ran person = m_program.run({u"keep"_s, u"attest"_s, id});
    QVERIFY2(person.exit == 0 && person.out.contains("verdict: trusted"), person.all());
    QCOMPARE(m_program.run({u"keep"_s, u"stop"_s, u"--grace"_s, u"0"_s, id}).exit, 0);
    const Ran ended = m_program.run({u"keep"_s, u"attest"_s, id});
    QVERIFY2(ended.exit == 1 && ended.err.contains("it has ended"), ended.all());
}

void TestKeepctlManage::wrongKeeps_data()
{
    QTest::addColumn<QString>("verb");
    for (const char *verb : {"show", "logs", "stop", "remove", "attest", "recover"})
        QTest::newRow(verb) << QString::fromUtf8(verb);
}

void TestKeepctlManage::wrongKeeps()
{
    QFETCH(const QString, verb);
    const Ran ran = m_program.run({u"keep"_s, verb, u"nobody"_s});
    QVERIFY2(ran.exit == 2 && ran.out.isEmpty() && ran.err.contains("nobody") && ran.err.contains("keepctl keep list"), ran.all());
}

void TestKeepctlManage::evidenceListAndShow()
{
    const Ran list = m_program.run({u"evidence"_s, u"list"_s, u"--json"_s, u"--limit"_s, u"1"_s});
    QVERIFY2(list.exit == 0, list.all());
    QCOMPARE(list.json()["records"_L1].toArray().size(), 1);
    QVERIFY(m_program.run({u"evidence"_s, u"list"_s}).out.contains(m_record.toUtf8()));
    const Ran show = m_program.run({u"evidence"_s, u"show"_s, m_record.left(8), u"--fields"_s});
    QVERIFY2(show.exit == 0, show.all());
    for (const char *said : {"TRUSTED (EMULATED)", "launch.digest", "trusted, as then", "certificates, leaf first", "signature good",
             "layers", "fields of the report"})
        QVERIFY2(show.out.contains(said), said);
    const QJsonObject json = m_program.run({u"evidence"_s, u"show"_s, u"--json"_s, u"first"_s}).json();
    QCOMPARE(json["id"_L1].toString(), m_record);
    const Ran wrong = m_program.run({u"evidence"_s, u"show"_s, u"r000000000000ffff"_s});
    QVERIFY2(wrong.exit == 2 && wrong.out.isEmpty(), wrong.all());
    QCOMPARE(m_program.run({u"evidence"_s, u"list"_s, u"--limit"_s, u"many"_s}).exit, 2);
    QCOMPARE(m_program.run({u"evidence"_s, u"list"_s, u"--keep"_s, u"nobody"_s}).exit, 2);
}

void TestKeepctlManage::evidenceExport_data()
{
    QTest::addColumn<QString>("format");
    QTest::addColumn<QString>("ending");
    QTest::addColumn<QByteArray>("holds");
    QTest::newRow("json") << u"json"_s << u"json"_s << QByteArray("\"launch.digest\"");
    QTest::newRow("html") << u"html"_s << u"html"_s << QByteArray("launch.digest");
    QTest::newRow("bundle") << u"bundle"_s << u"zip"_s << QByteArray("README");
}

void TestKeepctlManage::evidenceExport()
{
    QFETCH(const QString, format);
    QFETCH(const QString, ending);
    QFETCH(const QByteArray, holds);
    // By default into the current folder, by the record's id.
    const Ran ran = m_program.run({u"evidence"_s, u"export"_s, u"first"_s, u"--format"_s, format});
    QVERIFY2(ran.exit == 0, ran.all());
    const QString file = m_record + u'.' + ending;
    QCOMPARE(ran.out, file.toUtf8() + "\n");
    QFile content(m_program.path(file));
    QVERIFY(content.open(QIODevice::ReadOnly));
    const QByteArray bytes = content.readAll();
    QVERIFY(bytes.contains(holds));
    QVERIFY(format != "html"_L1 || (bytes.contains("EMULATED") && !bytes.contains("<script")));
    QVERIFY(format != "json"_L1 || QJsonDocument::fromJson(bytes).isObject());
    QVERIFY(format != "bundle"_L1 || bytes.startsWith("PK"));
    // The format by the ending, and to standard output.
    const QString named = m_program.path(u"named."_s + ending);
    QCOMPARE(m_program.run({u"evidence"_s, u"export"_s, m_record, u"-o"_s, named}).exit, 0);
    QVERIFY(QFile(named).size() > 500);
    const Ran out = m_program.run({u"evidence"_s, u"export"_s, m_record, u"--format"_s, format, u"-o"_s, u"-"_s});
    QVERIFY2(out.exit == 0 && out.out.contains(holds), out.err);
    // Never over an existing file.
    const Ran again = m_program.run({u"evidence"_s, u"export"_s, m_record, u"-o"_s, named});
    QVERIFY2(again.exit == 2 && again.err.contains("--force"), again.all());
    QCOMPARE(m_program.run({u"evidence"_s, u"export"_s, m_record, u"-o"_s, named, u"--force"_s}).exit, 0);
}

void TestKeepctlManage::exportRefuses()
{
    const Ran format = m_program.run({u"evidence"_s, u"export"_s, m_record, u"--format"_s, u"pfd"_s});
    QVERIFY2(format.exit == 2 && format.err.contains("Did you mean pdf?"), format.all());
    const Ran folder = m_program.run({u"evidence"_s, u"export"_s, m_record, u"-o"_s, u"/nowhere/x.html"_s});
    QVERIFY2(folder.exit == 3 && folder.err.contains("/nowhere"), folder.all());
    QCOMPARE(m_program.run({u"evidence"_s, u"export"_s, u"rffffffffffffffff"_s}).exit, 2);
}

/// A copy of keepctl in a folder without kastellan.
void TestKeepctlManage::pdfWithoutTheDesktopProgram()
{
    const QString copy = m_program.path(u"keepctl"_s);
    QVERIFY(QFile::copy(qEnvironmentVariable("KASTELLAN_BIN") + u"/keepctl"_s, copy));
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(u"KASTELLAN_DATA"_s, m_program.dataFolder());
    process.setProcessEnvironment(environment);
    process.setWorkingDirectory(m_program.path({}));
    process.start(copy, {u"evidence"_s, u"export"_s, m_record, u"--format"_s, u"pdf"_s});
    const Ran ran = Program::finish(process);
    QVERIFY2(ran.exit == 3 && ran.err.contains("--format html"), ran.all());
    QVERIFY(!QFile::exists(m_program.path(m_record + u".pdf"_s)));
}

void TestKeepctlManage::fsck()
{
    const Ran good = m_program.run({u"evidence"_s, u"fsck"_s});
    QVERIFY2(good.exit == 0 && good.out.contains("nothing wrong"), good.all());
    const QJsonObject json = m_program.run({u"evidence"_s, u"fsck"_s, u"--json"_s}).json();
    QVERIFY(json["checked"_L1].toInt() >= 2);
    // A store of which one record was changed.
    const QString tool = QStandardPaths::findExecutable(u"sqlite3"_s);
    if (tool.isEmpty())
        QSKIP("sqlite3 is not installed");
    Program other;
    QVERIFY(other.run({u"keep"_s, u"launch"_s, u"-q"_s, example("hello")}).exit == 0);
    const auto sql = [&](const QString &statement) {
        QProcess sqlite;
        sqlite.start(
            tool, {u"-cmd"_s, u".timeout 10000"_s, other.dataFolder() + u"/evidence.db"_s, statement}); // a loader may be just ending
        const bool done = sqlite.waitForFinished() && sqlite.exitCode() == 0;
        return done ? QString::fromUtf8(sqlite.readAllStandardOutput()).split(u'\n', Qt::SkipEmptyParts) : QStringList{u"failed"_s};
    };
    for (const QString &trigger : sql(u"SELECT name FROM sqlite_master WHERE type='trigger'"_s)) // they keep honest programs from it
        QCOMPARE(sql(u"DROP TRIGGER %1"_s.arg(trigger)), QStringList());
    const QString table = sql(u"SELECT name FROM sqlite_master WHERE type='table' AND sql LIKE '%keep_name%'"_s).value(0);
    QCOMPARE(sql(u"UPDATE %1 SET keep_name = 'another'"_s.arg(table)), QStringList());
    const Ran bad = other.run({u"evidence"_s, u"fsck"_s});
    QVERIFY2(bad.exit == 1 && bad.out.contains("problems"), bad.all());
}

void TestKeepctlManage::keys()
{
    const Ran create = m_program.run({u"keys"_s, u"create"_s, u"alice"_s, u"--json"_s});
    QVERIFY2(create.exit == 0, create.all());
    const QString fingerprint = create.json()["fingerprint"_L1].toString();
    QCOMPARE(fingerprint.size(), 64);
    QVERIFY(create.json()["public"_L1].toString().startsWith("-----BEGIN PUBLIC KEY-----"_L1));
    const Ran again = m_program.run({u"keys"_s, u"create"_s, u"alice"_s});
    QVERIFY2(again.exit == 2, again.all());
    QCOMPARE(m_program.run({u"keys"_s, u"create"_s, u"../alice"_s}).exit, 2);
    const Ran list = m_program.run({u"keys"_s, u"list"_s});
    QVERIFY2(list.exit == 0 && list.out.contains("alice") && list.out.contains("record") && !list.out.contains("PRIVATE"), list.all());
    const Ran show = m_program.run({u"keys"_s, u"show"_s, fingerprint.left(8)});
    QVERIFY2(
        show.exit == 0 && show.out.contains("alice") && show.out.contains("BEGIN PUBLIC KEY") && !show.out.contains("PRIVATE"), show.all());
    const Ran launch =
        m_program.run({u"keep"_s, u"launch"_s, u"--json"_s, u"--owner-key"_s, u"alice"_s, u"--name"_s, u"owned"_s, example("hello")});
    QVERIFY2(launch.exit == 0, launch.all());
    QCOMPARE(m_program.run({u"keep"_s, u"show"_s, u"owned"_s, u"--json"_s}).json()["plan"_L1]["owner_key"_L1].toString(), fingerprint);
    const Ran half = m_program.run({u"keys"_s, u"remove"_s, fingerprint.left(8)});
    QVERIFY2(half.exit == 2 && half.err.contains("whole name"), half.all());
    QCOMPARE(m_program.run({u"keys"_s, u"remove"_s, u"alice"_s}).exit, 0);
    const Ran gone = m_program.run({u"keys"_s, u"show"_s, u"alice"_s});
    QVERIFY2(gone.exit == 2, gone.all());
}

void TestKeepctlManage::activity()
{
    const Ran ran = m_program.run({u"log"_s, u"--limit"_s, u"1000"_s});
    QVERIFY2(ran.exit == 0 && ran.out.contains("create key"), ran.all());
    const QJsonArray newest = m_program.run({u"log"_s, u"--json"_s, u"-n"_s, u"2"_s}).json()["activity"_L1].toArray();
    QCOMPARE(newest.size(), 2);
    const passwd *user = ::getpwuid(::geteuid());
    QCOMPARE(newest[0]["who"_L1].toString(), QString::fromLocal8Bit(user ? user->pw_name : ""));
    QCOMPARE(m_program.run({u"log"_s, u"-n"_s, u"x"_s}).exit, 2);
}

void TestKeepctlManage::measure()
{
    const Ran ran = m_program.run({u"measure"_s, u"process"_s, u"--pages"_s, u"--json"_s});
    QVERIFY2(ran.exit == 0, ran.all());
    const QJsonObject json = ran.json();
    QCOMPARE(json["digest"_L1].toString(), json["reference"_L1].toString());
    QVERIFY(json["matches"_L1].toBool() && json["differences"_L1].toArray().isEmpty());
    QCOMPARE(json["pages"_L1].toArray().last()["type"_L1].toString(), u"VMSA"_s);
    // The record says the same.
    const QString measured = json["digest"_L1].toString();
    QVERIFY(m_program.run({u"evidence"_s, u"show"_s, u"--json"_s, u"first"_s}).out.contains(measured.toUtf8()));
    const Ran person = m_program.run({u"measure"_s, u"process"_s});
    QVERIFY2(person.exit == 0 && person.out.contains("the same"), person.all());
    const Ran empty = m_program.run({u"measure"_s, u"process"_s, u"-i"_s, u"/nowhere"_s});
    QVERIFY2(empty.exit == 3 && empty.err.contains("/nowhere"), empty.all());
}

void TestKeepctlManage::completionWords()
{
    QVERIFY(m_program.run({u"--words"_s, u"hosts"_s}).out.startsWith("emulated\t"));
    QVERIFY(m_program.run({u"--words"_s, u"keeps"_s}).out.contains("\tfirst, stopped\n"));
    QVERIFY(m_program.run({u"--words"_s, u"records"_s}).out.contains(QByteArray(m_record.toUtf8() + "\tfirst, trusted\n")));
    QVERIFY(m_program.run({u"--words"_s, u"keys"_s}).out.contains("record\t"));
    QCOMPARE(m_program.run({u"--words"_s, u"colours"_s}).exit, 2);
}

/// What the build made is what the program makes now.
void TestKeepctlManage::generatedFilesAreThere()
{
    const QString share = qEnvironmentVariable("KASTELLAN_BUILD") + u"/share/"_s;
    const QList<std::pair<QString, QString>> kinds{{u"man"_s, u"man/man1"_s}, {u"bash"_s, u"bash-completion/completions"_s},
        {u"zsh"_s, u"zsh/site-functions"_s}, {u"fish"_s, u"fish/vendor_completions.d"_s}};
    for (const auto &[kind, folder] : kinds) {
        const QString made = m_program.path(u"made-"_s + kind);
        QCOMPARE(m_program.run({u"--generate"_s, kind, u"--output"_s, made}).exit, 0);
        const QStringList names = QDir(made).entryList(QDir::Files);
        QVERIFY(!names.isEmpty());
        for (const QString &name : names) {
            QFile now(made + u'/' + name), then(share + folder + u'/' + name);
            QVERIFY2(now.open(QIODevice::ReadOnly) && then.open(QIODevice::ReadOnly), qPrintable(then.fileName()));
            QVERIFY2(now.readAll() == then.readAll(), qPrintable(name));
        }
    }
    if (QStandardPaths::findExecutable(u"man"_s).isEmpty())
        QSKIP("man is not installed");
    for (const QString &page : QDir(share + u"man/man1"_s).entryList({u"keepctl*.1"_s})) {
        QProcess man;
        man.start(u"man"_s, {u"--warnings"_s, u"-E"_s, u"UTF-8"_s, u"-l"_s, share + u"man/man1/"_s + page});
        QVERIFY(man.waitForFinished());
        const QByteArray problems = man.readAllStandardError();
        QVERIFY2(man.exitCode() == 0 && problems.isEmpty(), problems);
    }
}

void TestKeepctlManage::wrongUsageIs2_data()
{
    QTest::addColumn<QStringList>("line");
    for (const char *line : {"", "hots", "keep", "keep luanch x", "keep show", "keep show a b", "evidence show", "keys create", "host show",
             "measure proces", "--generate man", "--generate ksh --output x", "keep stop --grace many first"})
        QTest::newRow(line) << QString::fromUtf8(line).split(u' ', Qt::SkipEmptyParts);
}

void TestKeepctlManage::wrongUsageIs2()
{
    QFETCH(const QStringList, line);
    const Ran ran = m_program.run(line);
    QVERIFY2(ran.exit == 2 && ran.out.isEmpty(), ran.all());
    QCOMPARE(ran.err.count('\n'), 1);
    QVERIFY(ran.err.startsWith("keepctl: cannot "));
    if (line.size() > 1 && !line.first().startsWith(u'-')) {
        const Ran json = m_program.run(line + QStringList{u"--json"_s});
        QVERIFY2(json.exit == 2 && json.json()["error"_L1].isObject(), json.all());
    }
}

QTEST_GUILESS_MAIN(TestKeepctlManage)
#include "test_keepctl_manage.moc"
