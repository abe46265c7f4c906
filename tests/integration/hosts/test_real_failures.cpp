// SPDX-License-Identifier: Apache-2.0
// Failures that need no SEV to happen: real libvirt, real QEMU, real ssh are made to fail, and what they say is recognised. Others are
// rehearsed (tests/integration/rehearsal), and the rest known by recorded lines (tests/unit/sev-backend/failures).
#include "sev-backend/failures/failures.h"
#include "tests/support/channel_in_the_middle.h"
#include "tests/support/failure_kinds.h"
#include "tests/support/session_daemon.h"

#include <QtCore/QFile>
#include <QtCore/QStandardPaths>
#include <QtNetwork/QTcpServer>
#include <QtTest/QTest>

#include <csignal>
#include <optional>
#include <set>

#include <pwd.h>
#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

namespace {

constexpr const char *snp = "<launchSecurity type='sev-snp'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits>"
                            "<policy>0x30000</policy></launchSecurity>";

QByteArray domain(const char *type, const char *os, const char *inOs, const char *more)
{
    return QByteArray("<domain type='") + type + "'><name>fails</name><memory unit='MiB'>64</memory><vcpu>1</vcpu><os" + os
        + "><type arch='x86_64' machine='q35'>hvm</type>" + inOs + "</os><features><acpi/></features>" + more + "<devices/></domain>";
}

} // namespace

class TestRealFailures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = SessionDaemon::missing(); !why.isEmpty())
            QSKIP(qPrintable(why));
        m_daemon.emplace();
    }

    void libvirt_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("verb");
        QTest::addColumn<QByteArray>("xml");
        QTest::newRow("no SNP in this QEMU") << u"machine.launch-security"_s << u"define"_s << domain("qemu", "", "", snp);
        QTest::newRow("no firmware of that kind")
            << u"machine.firmware-missing"_s << u"define"_s
            << domain("qemu", " firmware='efi'",
                   "<firmware><feature enabled='yes' name='enrolled-keys'/><feature enabled='yes' name='secure-boot'/></firmware>"
                   "<loader type='rom'/>",
                   "");
        QTest::newRow("no KVM") << u"kvm.missing"_s << u"define"_s << domain("kvm", "", "", "");
        QTest::newRow("no such model") << u"machine.cpu-model"_s << u"create"_s
                                       << domain("qemu", "", "", "<cpu mode='custom'><model>EPYC-Nonesuch</model></cpu>");
        QTest::newRow("no such firmware") << u"machine.firmware-missing"_s << u"create"_s
                                          << domain("qemu", "", "<loader type='rom'>/nowhere/OVMF.fd</loader>", "");
        QTest::newRow("no huge pages") << u"machine.hugepages"_s << u"create"_s
                                       << domain("qemu", "", "", "<memoryBacking><hugepages/></memoryBacking>");
    }
    void libvirt()
    {
        QFETCH(QString, id);
        QFETCH(QString, verb);
        QFETCH(QByteArray, xml);
        const QString path = m_daemon->path(u"domain.xml"_s);
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(xml) == xml.size());
        file.close();
        recognised(id, SessionDaemon::virsh({verb, path}).all());
    }

    void connections_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("uri");
        QTest::addColumn<QString>("verb");
        QTest::newRow("no SEV") << u"machine.launch-security"_s << u"qemu:///session"_s << u"nodesevinfo"_s;
        if (!QFile::exists(u"/run/libvirt/libvirt-sock"_s) && !QFile::exists(u"/var/run/libvirt/libvirt-sock"_s))
            QTest::newRow("no daemon") << u"libvirt.no-daemon"_s << u"qemu:///system"_s << u"list"_s;
        if (!QFile::exists(u"/etc/pki/CA/cacert.pem"_s))
            QTest::newRow("no certificate") << u"libvirt.tls"_s << u"qemu+tls://127.0.0.1:1/system"_s << u"list"_s;
        if (!QStandardPaths::findExecutable(u"ssh"_s).isEmpty())
            QTest::newRow("nobody there") << u"libvirt.unreachable"_s << u"qemu+ssh://127.0.0.1:1/system"_s << u"list"_s;
    }
    void connections()
    {
        QFETCH(QString, id);
        QFETCH(QString, uri);
        QFETCH(QString, verb);
        recognised(id, SessionDaemon::said(u"virsh"_s, {u"-q"_s, u"-c"_s, uri, verb}));
    }

    void socketThatMayNotBeOpened()
    {
        const QString path = m_daemon->path(u"closed"_s);
        const Fd listener = listenOnSocket(path.toStdString());
        QVERIFY(QFile::setPermissions(path, {}));
        recognised(
            u"libvirt.permission"_s, SessionDaemon::said(u"virsh"_s, {u"-q"_s, u"-c"_s, u"qemu:///session?socket="_s + path, u"list"_s}));
    }

    /// The daemon dies with a question on its way: it is stopped before it is asked, and killed once it was.
    void daemonThatDies()
    {
        QVERIFY(SessionDaemon::virsh({u"uri"_s}).exit == 0);
        QProcess virsh;
        virsh.setProcessChannelMode(QProcess::MergedChannels);
        virsh.start(u"virsh"_s, {u"-q"_s, u"-c"_s, u"qemu:///session"_s});
        virsh.write("echo connected\nuri\n");
        QByteArray said;
        QVERIFY(QTest::qWaitFor([&] { return (said += virsh.readAll()).contains("qemu:///session\n"); }, 60'000));
        const pid_t daemon = m_daemon->daemon();
        QVERIFY(daemon > 1 && ::kill(daemon, SIGSTOP) == 0);
        virsh.write("list\n");
        // It waits for an answer: its command is echoed, and it sleeps.
        const auto asleep = [&] {
            QFile file(u"/proc/%1/stat"_s.arg(virsh.processId()));
            return file.open(QIODevice::ReadOnly) && file.readAll().contains(") S ");
        };
        int times = 0;
        QVERIFY(QTest::qWaitFor(
            [&] {
                said += virsh.readAll();
                times = said.endsWith("list\n") && asleep() ? times + 1 : 0;
                return times > 20;
            },
            60'000));
        ::kill(daemon, SIGKILL);
        virsh.closeWriteChannel();
        QVERIFY(virsh.waitForFinished(60'000));
        recognised(u"libvirt.lost"_s, said + virsh.readAll());
    }

    void ssh_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("more");
        QTest::newRow("a host that is not known") << u"libvirt.ssh-host"_s << QString();
        QTest::newRow("a key that is not known") << u"libvirt.ssh-key"_s << u"&no_verify=1"_s;
    }
    /// A real server, which lets nobody in.
    void ssh()
    {
        QFETCH(QString, id);
        QFETCH(QString, more);
        const QString server = QStandardPaths::findExecutable(u"sshd"_s, {u"/usr/sbin"_s}), key = m_daemon->path(u"host-key"_s);
        if (server.isEmpty() || QStandardPaths::findExecutable(u"ssh-keygen"_s).isEmpty() || ::getpwuid(::getuid()) == nullptr)
            QSKIP("there is no sshd, or this user has no name");
        QVERIFY(QFile::exists(key)
            || SessionDaemon::run(u"ssh-keygen"_s, {u"-q"_s, u"-t"_s, u"ed25519"_s, u"-N"_s, u""_s, u"-f"_s, key}).exit == 0);
        QFile config(m_daemon->path(u"sshd_config"_s));
        quint16 port = 0;
        {
            QTcpServer free;
            QVERIFY(free.listen(QHostAddress::LocalHost));
            port = free.serverPort();
        }
        QVERIFY(config.open(QIODevice::WriteOnly));
        config.write("Port " + QByteArray::number(port) + "\nListenAddress 127.0.0.1\nHostKey " + key.toUtf8()
            + "\nPidFile none\nUsePAM no\nAuthorizedKeysFile none\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
              "StrictModes no\n");
        config.close();
        QProcess sshd;
        sshd.start(server, {u"-D"_s, u"-e"_s, u"-f"_s, config.fileName()});
        QByteArray log;
        QVERIFY2(QTest::qWaitFor([&] { return (log += sshd.readAllStandardError()).contains("listening"); }, 60'000), log);
        recognised(id,
            SessionDaemon::said(u"virsh"_s,
                {u"-q"_s, u"-c"_s, u"qemu+ssh://127.0.0.1:"_s + QString::number(port) + u"/session?no_tty=1"_s + more, u"list"_s}));
        sshd.terminate();
        QVERIFY(sshd.waitForFinished(60'000));
    }

    void qemu_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QStringList>("arguments");
        QTest::newRow("no such model") << u"machine.cpu-model"_s << QStringList{u"-cpu"_s, u"EPYC-Nonesuch"_s};
        QTest::newRow("no such firmware") << u"machine.firmware-missing"_s << QStringList{u"-bios"_s, u"/nowhere/OVMF.fd"_s};
        QTest::newRow("SNP without KVM") << u"kvm.missing"_s
                                         << QStringList{u"-machine"_s, u"q35,accel=tcg,confidential-guest-support=s"_s, u"-object"_s,
                                                u"sev-snp-guest,id=s,cbitpos=51,reduced-phys-bits=1"_s};
        QTest::newRow("too much memory") << u"machine.hugepages"_s
                                         << QStringList{u"-m"_s, u"900T"_s, u"-object"_s, u"memory-backend-ram,id=m,size=900T"_s,
                                                u"-machine"_s, u"memory-backend=m"_s};
        // Opening the device is refused, or it is not there: both are known.
        QTest::newRow("no KVM") << u"kvm."_s << QStringList{u"-accel"_s, u"kvm"_s};
        QTest::newRow("an unreadable image") << u"machine.image-permission"_s << QStringList{u"-drive"_s, u"file=@UNREADABLE,format=raw"_s};
    }
    void qemu()
    {
        QFETCH(QString, id);
        QFETCH(QStringList, arguments);
        const QString unreadable = m_daemon->path(u"unreadable.img"_s);
        QFile image(unreadable);
        QVERIFY(image.exists() || (image.open(QIODevice::WriteOnly) && image.write("x") == 1));
        image.close();
        QVERIFY(QFile::setPermissions(unreadable, {}));
        for (auto &argument : arguments)
            argument.replace(u"@UNREADABLE"_s, unreadable);
        QByteArray said =
            SessionDaemon::said(u"qemu-system-x86_64"_s, QStringList{u"-nodefaults"_s, u"-display"_s, u"none"_s, u"-S"_s} + arguments);
        recognised(id, said);
    }

    void allRowsWereHere()
    {
        if (!m_daemon)
            QSKIP("not here");
        QByteArray missing;
        for (const std::string_view id : failuresMade)
            if (!m_seen.contains(std::string(id)))
                missing += QByteArray(id.data(), qsizetype(id.size())) + " ";
        // What depends on this machine: which of the two there is of KVM; whether something listens or is installed.
        for (const char *sometimes :
            {"kvm.permission ", "libvirt.no-daemon ", "libvirt.tls ", "libvirt.unreachable ", "libvirt.ssh-host ", "libvirt.ssh-key "})
            missing.replace(sometimes, "");
        QCOMPARE(missing, QByteArray());
    }

private:
    void recognised(const QString &id, const QByteArray &said)
    {
        const auto found = sev::explainFailure(said.toStdString());
        QVERIFY2(found, said);
        QVERIFY2(QString::fromStdString(found->id).startsWith(id), QByteArray(QByteArray::fromStdString(found->id) + ": " + said));
        m_seen.insert(found->id);
        // And as an error of ours, with every word of theirs kept.
        const Error error = sev::explained({ErrorKind::Environment, "start the keep", "qemu:///session", said.toStdString(), ""});
        QVERIFY(error.remedy.contains(said.toStdString()) && !error.why.contains(said.toStdString()));
    }
    std::optional<SessionDaemon> m_daemon;
    std::set<std::string> m_seen;
};

QTEST_GUILESS_MAIN(TestRealFailures)
#include "test_real_failures.moc"
