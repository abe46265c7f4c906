// SPDX-License-Identifier: Apache-2.0
// The stand-in with a real QEMU: what is measured boots, what was exchanged does not, and nothing survives anything.
#include "rehearsal_scene.h"

#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

#define NEED_SCENE()                                                                                                                       \
    if (!m_scene->missing().isEmpty())                                                                                                     \
    QSKIP(qPrintable(QString(u"there is no "_s + m_scene->missing())))

class TestRehearsalQemu : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { m_scene = std::make_unique<RehearsalScene>(); }
    void boots_data();
    void boots();
    void tampered_data();
    void tampered();
    void refuses_data();
    void refuses();
    void badIdBlock();
    void deaths_data();
    void deaths();
    void monitorComesAgain();
    void descriptors();

private:
    /// Each machine has a monitor of its own: the one before may still be taking its away.
    [[nodiscard]] QStringList waiting()
    {
        ++m_machine;
        return m_scene->line(u"sev-snp-guest"_s, {u"-S"_s, u"-qmp"_s, u"unix:"_s + monitor() + u",server=on,wait=off"_s});
    }
    [[nodiscard]] QString monitor() const { return m_scene->path(("qmp" + std::to_string(m_machine)).c_str()); }
    [[nodiscard]] QByteArray serial() const
    {
        QFile file(m_scene->path("serial"));
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    std::unique_ptr<RehearsalScene> m_scene;
    int m_machine = 0;
};

void TestRehearsalQemu::boots_data()
{
    QTest::addColumn<QString>("object");
    QTest::addColumn<int>("vcpus");
    QTest::newRow("SNP") << u"sev-snp-guest,kernel-hashes=on"_s << 1;
    QTest::newRow("SNP, 4 vCPUs") << u"sev-snp-guest,kernel-hashes=on"_s << 4;
    QTest::newRow("SEV-ES") << u"sev-guest,policy=5,kernel-hashes=on"_s << 2;
}

void TestRehearsalQemu::boots()
{
    NEED_SCENE();
    QFETCH(const QString, object);
    QFETCH(const int, vcpus);
    QFile::remove(m_scene->path("serial"));
    QProcess qemu;
    qemu.start(m_scene->emulator(), m_scene->line(object, {u"-smp"_s, QString::number(vcpus)}));
    QVERIFY(qemu.waitForFinished(180'000));
    const QByteArray said = serial();
    QVERIFY2(said.contains("USERSPACE REACHED") && said.contains("DONE"), QByteArray(said + qemu.readAllStandardError()).constData());
    QCOMPARE(qemu.exitCode(), 0);
    if (object.startsWith(u"sev-snp"_s))
        QVERIFY2(said.contains(QByteArray("REPORT " + m_scene->digest(static_cast<unsigned>(vcpus), "EPYC-v4"))), said.constData());
    else
        QVERIFY(!said.contains("REPORT"));
}

void TestRehearsalQemu::tampered_data()
{
    QTest::addColumn<QString>("fault");
    for (const char *what : {"kernel", "initrd", "command-line"})
        QTest::newRow(what) << QString(u"tampered-"_s + QString::fromUtf8(what));
}

/// A host that has the right bytes measured and serves others. The firmware refuses them and stands still: its processor is seen at one
/// instruction again and again, with interrupts that change nothing.
void TestRehearsalQemu::tampered()
{
    NEED_SCENE();
    QFETCH(const QString, fault);
    QFile::remove(m_scene->path("serial"));
    QStringList words = waiting();
    words.replaceInStrings(u"sev-snp-guest,id"_s, u"sev-snp-guest,kernel-hashes=on,id"_s);
    QProcess qemu;
    qemu.start(m_scene->emulator(fault), words);
    Qmp qmp;
    QVERIFY2(qmp.open(monitor()), qemu.readAllStandardError().constData());
    QVERIFY(qmp.command(u"cont"_s).contains(u"return"_s));
    const QRegularExpression place(u"RIP=([0-9a-f]+) .*HLT=0"_s);
    QString last;
    for (int same = 0; same < 30 && qemu.state() == QProcess::Running;) {
        const QString registers =
            qmp.command(u"human-monitor-command"_s, {{u"command-line"_s, u"info registers"_s}}).value(u"return"_s).toString();
        const QString now = place.match(registers).captured(1);
        same = !now.isEmpty() && now == last ? same + 1 : 0;
        last = now;
        QTest::qWait(50); // between looks; what is waited for is the loop
    }
    QCOMPARE(qemu.state(), QProcess::Running);
    QVERIFY2(!serial().contains("USERSPACE") && !serial().contains("Kernel panic"), serial().constData());
    qmp.command(u"quit"_s);
    QVERIFY(qemu.waitForFinished(60'000));
}

void TestRehearsalQemu::refuses_data()
{
    QTest::addColumn<QString>("object");
    QTest::addColumn<QString>("faults");
    QTest::addColumn<QString>("words");
    QTest::newRow("policy") << u"sev-snp-guest,policy=0x10000"_s << QString() << u"SNP_LAUNCH_START ret=-22 fw_error=0 ''"_s;
    QTest::newRow("no ASID") << u"sev-snp-guest"_s << u"no-asid"_s << u"failed to initialize ret=-16 fw_error=0 ''"_s;
    QTest::newRow("firmware") << u"sev-guest"_s << u"launch-start=RESOURCE_LIMIT"_s
                              << u"LAUNCH_START ret=1 fw_error=23 'Required firmware resource depleted'"_s;
    QTest::newRow("at its end") << u"sev-snp-guest"_s << u"snp-launch-finish=BAD_MEASUREMENT"_s
                                << u"SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'"_s;
    QTest::newRow("no session") << u"sev-guest,session-file=/nonexistent"_s << QString() << u"SEV: Failed to read '/nonexistent'"_s;
}

void TestRehearsalQemu::refuses()
{
    NEED_SCENE();
    QFETCH(const QString, object);
    QFETCH(const QString, faults);
    QFETCH(const QString, words);
    QProcess qemu;
    qemu.start(m_scene->emulator(faults), m_scene->line(object));
    QVERIFY(qemu.waitForFinished(60'000));
    const QByteArray said = qemu.readAllStandardError();
    QVERIFY2(said.contains(words.toUtf8()), said.constData());
    QCOMPARE(qemu.exitCode(), 1);
}

/// At the moment when the machine is to run, as with the real one; the client sees the end of its monitor.
void TestRehearsalQemu::badIdBlock()
{
    NEED_SCENE();
    QStringList words = waiting();
    words.replaceInStrings(u"sev-snp-guest,id"_s,
        u"sev-snp-guest,id-block="_s + QString::fromLatin1(QByteArray(96, '\1').toBase64()) + u",id-auth="_s
            + QString::fromLatin1(QByteArray(4096, '\0').toBase64()) + u",id"_s);
    QProcess qemu;
    qemu.start(m_scene->emulator(), words);
    Qmp qmp;
    QVERIFY(qmp.open(monitor()));
    QCOMPARE(qmp.command(u"query-sev"_s).value(u"return"_s).toObject().value(u"state"_s).toString(), u"launch-update"_s);
    QVERIFY(qmp.command(u"cont"_s).isEmpty());
    QVERIFY(qemu.waitForFinished(60'000));
    QVERIFY(qemu.readAllStandardError().contains("SNP_LAUNCH_FINISH ret=-5 fw_error="));
    QVERIFY(qemu.exitStatus() == QProcess::CrashExit || qemu.exitCode() != 0);
}

void TestRehearsalQemu::deaths_data()
{
    QTest::addColumn<QString>("who");
    QTest::addColumn<int>("signal");
    QTest::addColumn<bool>("clean");
    QTest::newRow("QEMU killed") << u"qemu"_s << SIGKILL << false;
    QTest::newRow("QEMU asked to end") << u"qemu"_s << SIGTERM << true;
    QTest::newRow("supervisor killed") << u"supervisor"_s << SIGKILL << false;
    QTest::newRow("supervisor asked to end") << u"supervisor"_s << SIGTERM << true;
}

void TestRehearsalQemu::deaths()
{
    NEED_SCENE();
    QFETCH(const QString, who);
    QFETCH(const int, signal);
    QFETCH(const bool, clean);
    const QString emulator = m_scene->emulator();
    QProcess qemu;
    qemu.start(emulator, waiting());
    Qmp qmp;
    QVERIFY(qmp.open(monitor()));
    QTRY_COMPARE(RehearsalScene::beside(emulator).size(), 2);
    const qint64 target = who == u"qemu"_s ? qemu.processId() : RehearsalScene::beside(emulator).first();
    ::kill(static_cast<pid_t>(target), signal);
    QVERIFY(qemu.waitForFinished(60'000));
    QCOMPARE(qemu.exitStatus(), clean ? QProcess::NormalExit : QProcess::CrashExit);
    QTRY_COMPARE(RehearsalScene::beside(emulator).size(), 0);
    if (who == u"qemu"_s)
        QVERIFY(!QFile::exists(monitor()));
}

void TestRehearsalQemu::monitorComesAgain()
{
    NEED_SCENE();
    QProcess qemu;
    qemu.start(m_scene->emulator(), waiting());
    for (int client = 0; client < 5; ++client) {
        Qmp qmp;
        QVERIFY(qmp.open(monitor()));
        QCOMPARE(qmp.command(u"query-status"_s).value(u"return"_s).toObject().value(u"status"_s).toString(), u"prelaunch"_s);
        qmp.socket().write("{\"execute\":\"query-blo"); // cut in the middle
        qmp.socket().flush();
        qmp.close();
    }
    Qmp qmp;
    QVERIFY(qmp.open(monitor()));
    QVERIFY(qmp.command(u"query-sev-launch-measure"_s).contains(u"error"_s));
    QVERIFY(qmp.command(u"migrate"_s, {{u"uri"_s, u"exec:cat"_s}}).contains(u"error"_s));
    qmp.command(u"quit"_s);
    QVERIFY(qemu.waitForFinished(60'000));
}

/// add-fd needs a descriptor that comes with the command.
void TestRehearsalQemu::descriptors()
{
    NEED_SCENE();
    QProcess qemu;
    qemu.start(m_scene->emulator(), waiting());
    Qmp qmp;
    QVERIFY(qmp.open(monitor()));
    qmp.socket().flush();
    const QByteArray text = "{\"execute\":\"add-fd\",\"arguments\":{\"fdset-id\":7}}";
    iovec where{const_cast<char *>(text.constData()), static_cast<std::size_t>(text.size())};
    const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof file)] = {};
    msghdr message{};
    message.msg_iov = &where;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *const head = CMSG_FIRSTHDR(&message);
    head->cmsg_level = SOL_SOCKET;
    head->cmsg_type = SCM_RIGHTS;
    head->cmsg_len = CMSG_LEN(sizeof file);
    std::memcpy(CMSG_DATA(head), &file, sizeof file);
    QCOMPARE(::sendmsg(static_cast<int>(qmp.socket().socketDescriptor()), &message, 0), text.size());
    ::close(file);
    const QJsonObject reply = qmp.read();
    QCOMPARE(reply.value(u"return"_s).toObject().value(u"fdset-id"_s).toInt(), 7);
    qmp.command(u"quit"_s);
    QVERIFY(qemu.waitForFinished(60'000));
}

QTEST_GUILESS_MAIN(TestRehearsalQemu)
#include "test_rehearsal_qemu.moc"
