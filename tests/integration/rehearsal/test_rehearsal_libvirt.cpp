// SPDX-License-Identifier: Apache-2.0
// An unmodified libvirt, its session daemon run by an ordinary user, and the stand-in in QEMU's place: it sees SEV, starts guests of all
// three technologies, shows their measurement, takes their secret and says why a launch was refused.
#include "rehearsal_scene.h"

#include "sev-backend/legacy/owner.h"
#include "tests/support/session_daemon.h"

#include <QtCore/QFile>
#include <QtCore/QFileInfo>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <optional>

#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsalLibvirt : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanupTestCase();
    void capabilities();
    void snp();
    void sev_data();
    void sev();
    void refused();

private:
    static SessionDaemon::Said virsh(const QStringList &arguments) { return SessionDaemon::virsh(arguments); }
    QString write(const char *name, const QByteArray &content) const
    {
        QFile file(m_scene->path(name));
        if (!file.open(QIODevice::WriteOnly | QIODevice::Truncate) || file.write(content) != content.size())
            qFatal("cannot write a file");
        return file.fileName();
    }
    [[nodiscard]] QByteArray domain(const QByteArray &security, const QString &emulator) const;
    [[nodiscard]] bool reached();
    std::unique_ptr<RehearsalScene> m_scene;
    std::optional<SessionDaemon> m_daemon;
    QString m_emulator;
};

void TestRehearsalLibvirt::initTestCase()
{
    if (::geteuid() == 0)
        QSKIP("an ordinary user's libvirt: see test_rehearsal_libvirt_as_user");
    m_scene = std::make_unique<RehearsalScene>();
    if (const QString why = SessionDaemon::missing(); !why.isEmpty())
        QSKIP(qPrintable(why));
    if (!m_scene->missing().isEmpty())
        QSKIP(qPrintable(QString(u"there is no "_s + m_scene->missing())));
    m_emulator = m_scene->emulator();
    m_daemon.emplace();
    // The connection's own QEMU is the stand-in, too: nodesevinfo asks that one.
    qputenv("PATH", QByteArray(QFileInfo(m_emulator).path().toUtf8() + ":/usr/bin:/usr/sbin:/bin"));
}

void TestRehearsalLibvirt::cleanupTestCase()
{
    if (!m_daemon)
        return;
    m_daemon.reset();
    QTRY_COMPARE(RehearsalScene::beside(m_emulator).size(), 0);
}

QByteArray TestRehearsalLibvirt::domain(const QByteArray &security, const QString &emulator) const
{
    return "<domain type='qemu'><name>rehearsed</name><memory unit='MiB'>512</memory><vcpu>2</vcpu><os><type arch='x86_64' "
           "machine='q35'>hvm</type><loader readonly='yes' type='rom'>"
        + m_scene->firmware().toUtf8() + "</loader><kernel>" + m_scene->kernel().toUtf8() + "</kernel><initrd>" + m_scene->initrd().toUtf8()
        + "</initrd><cmdline>" + m_scene->commandLine().toUtf8()
        + "</cmdline></os><features><acpi/></features><cpu mode='custom' match='exact' check='none'><model "
          "fallback='forbid'>EPYC-Milan</model></cpu>"
          "<on_poweroff>destroy</on_poweroff><on_reboot>destroy</on_reboot><on_crash>destroy</on_crash><devices><emulator>"
        + emulator.toUtf8() + "</emulator><controller type='usb' model='none'/><memballoon model='none'/><serial type='file'><source path='"
        + m_scene->path("serial").toUtf8()
        + "' append='off'/></serial><channel type='unix'><target type='virtio' name='org.kastellan.session.0'/></channel></devices>"
        + security + "</domain>";
}

/// The guest has reached its first program and ended, and its domain with it.
bool TestRehearsalLibvirt::reached()
{
    QFile file(m_scene->path("serial"));
    for (int tries = 0; tries < 120; ++tries) {
        file.close();
        if (file.open(QIODevice::ReadOnly) && file.readAll().contains("DONE") && virsh({u"list"_s, u"--name"_s}).out.trimmed().isEmpty())
            return true;
        QTest::qWait(500);
    }
    return false;
}

void TestRehearsalLibvirt::capabilities()
{
    const auto ran = virsh({u"domcapabilities"_s, u"--emulatorbin"_s, m_emulator, u"--virttype"_s, u"qemu"_s, u"--machine"_s, u"q35"_s});
    for (const char *part : {"<sev supported='yes'>", "<cbitpos>51</cbitpos>", "<value>sev</value>", "<value>sev-snp</value>"})
        QVERIFY2(ran.out.contains(part), QByteArray(ran.out + ran.err).constData());
    // What the connection says of its node are the emulated platform's own certificates.
    const auto node = virsh({u"nodesevinfo"_s});
    const auto processor = sev::openRehearsalProcessor(m_scene->place());
    QVERIFY(processor);
    const auto exported = (*processor)->legacy().pdhCertExport(SIZE_MAX, SIZE_MAX);
    QVERIFY(exported);
    QVERIFY2(node.out.contains(QByteArray::fromStdString(toBase64(exported->pdh))), QByteArray(node.out + node.err).constData());
    QVERIFY(node.out.contains(QByteArray::fromStdString(toBase64(exported->chain))));
    // Another platform is another emulator: libvirt must not remember the old one's.
    QVERIFY(m_scene->emulator(u"no-asid"_s) != m_emulator);
}

void TestRehearsalLibvirt::snp()
{
    const QString file = write("snp.xml",
        domain("<launchSecurity type='sev-snp' "
               "kernelHashes='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>0x30000</policy>"
               "</launchSecurity>",
            m_emulator));
    QCOMPARE(virsh({u"define"_s, file}).exit, 0);
    const auto started = virsh({u"start"_s, u"rehearsed"_s});
    QVERIFY2(started.exit == 0, started.err.constData());
    QVERIFY(reached());
    QFile serial(m_scene->path("serial"));
    QVERIFY(serial.open(QIODevice::ReadOnly));
    QVERIFY(serial.readAll().contains(QByteArray("REPORT " + m_scene->digest(2, "EPYC-Milan"))));
    QCOMPARE(virsh({u"undefine"_s, u"rehearsed"_s}).exit, 0);
}

void TestRehearsalLibvirt::sev_data()
{
    QTest::addColumn<bool>("es");
    QTest::newRow("SEV") << false;
    QTest::newRow("SEV-ES") << true;
}

void TestRehearsalLibvirt::sev()
{
    QFETCH(const bool, es);
    const sev::legacy::Policy policy = es ? 0x5 : 0x1;
    const auto processor = sev::openRehearsalProcessor(m_scene->place());
    QVERIFY(processor);
    const auto pdh = sev::legacy::Certificate::parse((*processor)->legacy().pdhCertExport(SIZE_MAX, SIZE_MAX)->pdh, "PDH");
    const auto session = sev::legacy::newSession(*pdh, policy);
    QVERIFY(session);
    const QString file = write("sev.xml",
        domain("<launchSecurity type='sev' kernelHashes='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>"
                + QByteArray::number(policy) + "</policy><dhCert>" + QByteArray::fromStdString(toBase64(session->first.godh))
                + "</dhCert><session>" + QByteArray::fromStdString(toBase64(session->first.session)) + "</session></launchSecurity>",
            m_emulator));
    const auto created = virsh({u"create"_s, u"--paused"_s, file});
    QVERIFY2(created.exit == 0, created.err.constData());
    const auto info = virsh({u"domlaunchsecinfo"_s, u"rehearsed"_s});
    const auto text = QRegularExpression(u"sev-measurement: *(\\S+)"_s).match(QString::fromUtf8(info.out)).captured(1);
    const auto bytes = fromBase64(text.toStdString());
    QVERIFY(bytes);
    const auto measure = sev::legacy::LaunchMeasure::parse(*bytes, "measurement");
    QVERIFY(measure);
    const auto expected = Sha256::from(*fromHex(m_scene->shortDigest(2, "EPYC-Milan", es).toStdString()), "digest");
    const auto &version = (*sev::findProfile("genoa"))->firmware;
    QCOMPARE(toHex(measure->measure.view()),
        toHex(sev::legacy::launchMeasurement(
            session->second.tik, {version.major, version.minor, version.build}, policy, *expected, measure->nonce)
                .view()));
    // The secret arrives where the firmware says, and nowhere before that.
    const auto table = sev::legacy::secretTable({{"736869e5-84f0-4973-92ec-06879ce3da0b", Bytes(32, 0x5e)}});
    const auto packet = sev::legacy::sealSecret(*table, session->second, measure->measure, {9});
    const auto base64 = [](const Bytes &part) { return QByteArray::fromStdString(toBase64(part)); };
    const auto set = virsh({u"domsetlaunchsecstate"_s, u"rehearsed"_s, u"--secrethdr"_s, write("header", base64(packet->header)),
        u"--secret"_s, write("secret", base64(packet->payload))});
    QVERIFY2(set.exit == 0, set.err.constData());
    const QString memory = m_scene->path("memory");
    const auto dumped = virsh({u"qemu-monitor-command"_s, u"rehearsed"_s,
        u"{\"execute\":\"pmemsave\",\"arguments\":{\"val\":8454144,\"size\":4096,\"filename\":\"%1\"}}"_s.arg(memory)});
    QVERIFY2(dumped.exit == 0, dumped.err.constData());
    QFile dump(memory);
    QVERIFY(dump.open(QIODevice::ReadOnly));
    QCOMPARE(dump.read(static_cast<qint64>(table->size())),
        QByteArray(reinterpret_cast<const char *>(table->data()), static_cast<qsizetype>(table->size())));
    QCOMPARE(virsh({u"resume"_s, u"rehearsed"_s}).exit, 0);
    QVERIFY(reached());
}

void TestRehearsalLibvirt::refused()
{
    const QByteArray security =
        "<launchSecurity type='sev-snp' kernelHashes='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits>"
        "<policy>0x30000</policy>%1</launchSecurity>";
    const auto create = [&](const QByteArray &more, const QString &emulator) {
        return virsh({u"create"_s, write("refused.xml", domain(QByteArray(security).replace("%1", more), emulator))}).err;
    };
    const QByteArray policy = create({}, m_scene->emulator(u"snp-launch-start=POLICY_FAILURE"_s));
    QVERIFY2(policy.contains("SNP_LAUNCH_START ret=-5 fw_error=7 'Policy is not allowed'"), policy.constData());
    const QByteArray measured = create({}, m_scene->emulator(u"snp-launch-finish=BAD_MEASUREMENT"_s));
    QVERIFY2(measured.contains("SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'"), measured.constData());
    QVERIFY(virsh({u"list"_s, u"--all"_s, u"--name"_s}).out.trimmed().isEmpty());
    QTRY_COMPARE(RehearsalScene::beside(m_emulator).size(), 0);
}

QTEST_GUILESS_MAIN(TestRehearsalLibvirt)
#include "test_rehearsal_libvirt.moc"
