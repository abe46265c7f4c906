// SPDX-License-Identifier: Apache-2.0
// Failures that need no SEV to happen: real libvirt, real QEMU, real ssh are made to fail, and what they say is recognised. The other rows
// of the table are tested by recorded lines (tests/unit/sev-backend/failures).
#include "session_daemon.h"
#include "sev-backend/failures/failures.h"

#include <QtCore/QFile>
#include <QtCore/QStandardPaths>
#include <QtTest/QTest>

#include <optional>

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
        recognised(id, SessionDaemon::said(u"virsh"_s, {u"-q"_s, u"-c"_s, u"qemu:///session"_s, verb, path}));
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

private:
    static void recognised(const QString &id, const QByteArray &said)
    {
        const auto found = sev::explainFailure(said.toStdString());
        QVERIFY2(found, said);
        QVERIFY2(QString::fromStdString(found->id).startsWith(id), QByteArray(QByteArray::fromStdString(found->id) + ": " + said));
        // And as an error of ours, with every word of theirs kept.
        const Error error = sev::explained({ErrorKind::Environment, "start the keep", "qemu:///session", said.toStdString(), ""});
        QVERIFY(error.remedy.contains(said.toStdString()) && !error.why.contains(said.toStdString()));
    }
    std::optional<SessionDaemon> m_daemon;
};

QTEST_GUILESS_MAIN(TestRealFailures)
#include "test_real_failures.moc"
