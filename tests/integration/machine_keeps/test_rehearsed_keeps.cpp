// SPDX-License-Identifier: Apache-2.0
// Keeps in virtual machines, rehearsed, as a person launches them: the same workloads, configuration and secrets as on the emulated host
// give the same output; whatever dies, nothing is lost that could be kept, and nothing stays behind.
#include "../hosts/session_daemon.h"
#include "../keepctl/program.h"

#include <QtCore/QDir>
#include <QtCore/QDirIterator>
#include <QtCore/QFile>
#include <QtCore/QJsonArray>
#include <QtTest/QTest>

#include <csignal>
#include <optional>

#include <sys/types.h>

using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsedKeeps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void workloads_data();
    void workloads();
    void twoAtOnceAndALoaderThatDies();
    void libvirtThatDies();
    void qemuThatDies();
    void interruptedWhileItBoots();
    void anotherImageIsRefused_data();
    void anotherImageIsRefused();

private:
    [[nodiscard]] QStringList launch(const QStringList &more) const
    {
        return QStringList{u"keep"_s, u"launch"_s, u"--host"_s, u"qemu:///session"_s, u"--rehearse"_s} + more;
    }
    [[nodiscard]] QJsonObject shown(const QString &name) { return m_program->run({u"keep"_s, u"show"_s, u"--json"_s, name}).json(); }
    [[nodiscard]] bool becomes(const QString &name, const QString &state, QJsonObject *last = nullptr);
    [[nodiscard]] QByteArray domains() const
    {
        return SessionDaemon::said(u"virsh"_s, {u"-q"_s, u"-c"_s, u"qemu:///session"_s, u"list"_s, u"--all"_s, u"--name"_s}).trimmed();
    }
    /// The process whose number is in the one file of that kind below libvirt's folder.
    [[nodiscard]] pid_t processIn(const QString &pattern) const;
    /// A copy of the keep image for machines.
    [[nodiscard]] QString imageCopy(const QString &name);

    std::optional<SessionDaemon> m_daemon;
    std::optional<Program> m_program; // ends its keeps before the daemon goes
    QString m_image;
};

#define NEED_HERE()                                                                                                                        \
    if (!m_program)                                                                                                                        \
    QSKIP("not here")

void TestRehearsedKeeps::initTestCase()
{
    if (const QString why = SessionDaemon::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    m_image = qEnvironmentVariable("KASTELLAN_BUILD") + u"/share/kastellan/vm-image"_s;
    if (!QFile::exists(m_image + u"/image.json"_s))
        QSKIP("the keep image for virtual machines was not built: one of its pinned inputs is gone (./dev build vm-image says which)");
    m_daemon.emplace();
    m_program.emplace();
    for (const auto &[name, folder] : {std::pair{u"HOME"_s, u"home"_s}, {u"XDG_RUNTIME_DIR"_s, u"run"_s}, {u"XDG_CONFIG_HOME"_s, u"conf"_s},
             {u"XDG_CACHE_HOME"_s, u"cache"_s}})
        m_program->set(name, m_daemon->path(folder));
}

void TestRehearsedKeeps::cleanup()
{
    if (m_program)
        QCOMPARE(domains(), QByteArray());
}

bool TestRehearsedKeeps::becomes(const QString &name, const QString &state, QJsonObject *last)
{
    return QTest::qWaitFor(
        [&] {
            const QJsonObject now = shown(name);
            if (last)
                *last = now;
            return now["state"_L1].toString() == state;
        },
        90'000);
}

pid_t TestRehearsedKeeps::processIn(const QString &pattern) const
{
    QDirIterator files(m_daemon->path(u"run/libvirt"_s), {pattern}, QDir::Files, QDirIterator::Subdirectories);
    if (!files.hasNext())
        return 0;
    QFile file(files.next());
    return file.open(QIODevice::ReadOnly) ? static_cast<pid_t>(file.readAll().trimmed().toInt()) : 0;
}

QString TestRehearsedKeeps::imageCopy(const QString &name)
{
    const QString folder = m_program->path(name);
    QDir().mkpath(folder);
    for (const QString &file : QDir(m_image).entryList(QDir::Files))
        QFile::copy(m_image + u'/' + file, folder + u'/' + file);
    return folder;
}

void TestRehearsedKeeps::workloads_data()
{
    QTest::addColumn<QString>("technology");
    QTest::addColumn<QString>("verdict");
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QByteArray>("input");
    const QStringList secret{u"--secret"_s, u"token=SECRET"_s, example("secret")};
    QTest::newRow("hello, SNP") << u"snp"_s << u"trusted"_s << QStringList{example("hello"), u"--arg"_s, u"Ada"_s} << QByteArray();
    QTest::newRow("echo, SNP") << u"snp"_s << u"trusted"_s << QStringList{example("echo")} << QByteArray(300'000, 'e') + "\n";
    QTest::newRow("secret, SNP") << u"snp"_s << u"trusted"_s << secret << QByteArray();
    QTest::newRow("compute, SNP, four processors")
        << u"snp"_s << u"trusted"_s << QStringList{u"--vcpus"_s, u"4"_s, example("compute")} << QByteArray();
    QTest::newRow("secret, SEV-ES") << u"es"_s << u"authentic"_s << secret << QByteArray();
    QTest::newRow("echo, SEV") << u"sev"_s << u"authentic"_s << QStringList{example("echo")} << QByteArray("one\ntwo\n");
}

void TestRehearsedKeeps::workloads()
{
    NEED_HERE();
    QFETCH(const QString, technology);
    QFETCH(const QString, verdict);
    QFETCH(QStringList, words);
    QFETCH(const QByteArray, input);
    words.replaceInStrings(u"SECRET"_s, m_program->write(u"secret"_s, "correct horse battery staple"));
    QStringList there = words;
    if (const qsizetype vcpus = there.indexOf(u"--vcpus"_s); vcpus >= 0)
        there.remove(vcpus, 2);
    const Ran wanted = m_program->run(QStringList{u"keep"_s, u"launch"_s} + there, input);
    QVERIFY2(wanted.exit == 0, wanted.all());
    const Ran ran = m_program->run(launch(QStringList{u"--json"_s, u"--technology"_s, technology} + words), input);
    QVERIFY2(ran.exit == 0, ran.all());
    const QJsonObject json = ran.json();
    QCOMPARE(json["output"_L1]["stdout"_L1]["text"_L1].toString().toUtf8(), wanted.out);
    QCOMPARE(json["verdict"_L1].toString(), verdict);
    QCOMPARE(json["emulated"_L1].toBool(), true);
    QCOMPARE(json["state"_L1].toString(), u"stopped"_s);
}

void TestRehearsedKeeps::twoAtOnceAndALoaderThatDies()
{
    NEED_HERE();
    const auto one = m_program->start(launch({u"--name"_s, u"one"_s, example("echo")}));
    const auto two = m_program->start(launch({u"--name"_s, u"two"_s, example("echo")}));
    QJsonObject first;
    QVERIFY2(becomes(u"one"_s, u"running"_s, &first), one->readAllStandardError());
    QVERIFY2(becomes(u"two"_s, u"running"_s), two->readAllStandardError());
    QCOMPARE(domains().count('\n'), 1); // two lines
    // A loader dies with its keepctl: a new one finds the machine again, and appraises it before anything flows.
    const qsizetype records = first["records"_L1].toArray().size();
    QCOMPARE(::kill(static_cast<pid_t>(first["loader"_L1]["pid"_L1].toInt()), SIGKILL), 0);
    static_cast<void>(Program::finish(*one));
    const Ran recovered = m_program->run({u"keep"_s, u"recover"_s, u"one"_s});
    QVERIFY2(recovered.exit == 0, recovered.all());
    QVERIFY(QTest::qWaitFor(
        [&] {
            first = shown(u"one"_s);
            return first["records"_L1].toArray().size() > records && first["state"_L1].toString() == u"running"_s;
        },
        60'000));
    QCOMPARE(first["verdict"_L1].toString(), u"trusted"_s);
    // The other has noticed nothing of it.
    two->write("still here\n");
    two->closeWriteChannel();
    const Ran second = Program::finish(*two);
    QVERIFY2(second.exit == 0 && second.out == "still here\n", second.all());
    const Ran stopped = m_program->run({u"keep"_s, u"stop"_s, u"one"_s});
    QVERIFY2(stopped.exit == 0, stopped.all());
}

void TestRehearsedKeeps::libvirtThatDies()
{
    NEED_HERE();
    const auto keep = m_program->start(launch({u"--name"_s, u"outlives"_s, example("echo")}));
    QVERIFY2(becomes(u"outlives"_s, u"running"_s), keep->readAllStandardError());
    const pid_t daemon = processIn(u"libvirtd.pid"_s);
    QVERIFY(daemon > 1 && ::kill(daemon, SIGKILL) == 0);
    // The machine goes on; the loader finds its way back to it.
    keep->write("after libvirt's death\n");
    keep->closeWriteChannel();
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit == 0 && ran.out == "after libvirt's death\n", ran.all());
}

void TestRehearsedKeeps::qemuThatDies()
{
    NEED_HERE();
    const auto keep = m_program->start(launch({u"--name"_s, u"dies"_s, example("echo")}));
    QVERIFY2(becomes(u"dies"_s, u"running"_s), keep->readAllStandardError());
    const pid_t qemu = processIn(u"kastellan-*.pid"_s);
    QVERIFY(qemu > 1 && ::kill(qemu, SIGKILL) == 0);
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit != 0 && ran.exit != -1, ran.all());
    const QJsonObject last = shown(u"dies"_s);
    QCOMPARE(last["state"_L1].toString(), u"failed"_s);
    QVERIFY2(!last["reason"_L1].toString().isEmpty(), ran.all());
}

void TestRehearsedKeeps::interruptedWhileItBoots()
{
    NEED_HERE();
    const auto keep = m_program->start(launch({u"--name"_s, u"unwanted"_s, example("echo")}));
    QVERIFY2(becomes(u"unwanted"_s, u"attesting"_s), keep->readAllStandardError());
    keep->terminate();
    const Ran ran = Program::finish(*keep);
    QVERIFY2(ran.exit != 0 && ran.exit != -1, ran.all());
    QVERIFY(becomes(u"unwanted"_s, u"stopped"_s));
}

void TestRehearsedKeeps::anotherImageIsRefused_data()
{
    QTest::addColumn<QString>("file");
    for (const char *file : {"firmware.fd", "kernel", "initrd", "image.json"})
        QTest::newRow(file) << QString::fromLatin1(file);
}

void TestRehearsedKeeps::anotherImageIsRefused()
{
    NEED_HERE();
    QFETCH(const QString, file);
    const QString image = imageCopy(u"image-"_s + file);
    QFile changed(image + u'/' + file);
    QVERIFY(changed.open(QIODevice::ReadWrite));
    QByteArray content = changed.readAll();
    if (file == "image.json"_L1)
        content.replace("oops=panic", "mitigations=off");
    else
        content[content.size() / 2] = static_cast<char>(content[content.size() / 2] ^ 1);
    changed.seek(0);
    changed.resize(0);
    changed.write(content);
    changed.close();
    const Ran ran = m_program->run(launch({u"--image"_s, image, example("hello")}));
    QVERIFY2(ran.exit == 125 && ran.out.isEmpty(), ran.all());
    QVERIFY2(ran.err.contains(file == "image.json"_L1 ? "mitigations=off" : file.toUtf8()), ran.all());
}

QTEST_GUILESS_MAIN(TestRehearsedKeeps)
#include "test_rehearsed_keeps.moc"
