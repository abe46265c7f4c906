// SPDX-License-Identifier: Apache-2.0
// Refused launches, each for a reason of its own: what the stand-in writes in QEMU's place is recognised, and explained by the right row of
// the table of failures.
#include "rehearsal_scene.h"

#include "sev-backend/failures/failures.h"
#include "sev-backend/legacy/owner.h"
#include "sev-backend/machine/id_signing.h"
#include "tests/support/failure_kinds.h"
#include "tests/support/firmware_image.h"

#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtTest/QTest>

#include <set>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestRehearsalFailures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void refused_data();
    void refused();
    void idBlocks_data();
    void idBlocks();
    void session();
    void noEncryptedRegisters();
    void noPlaceForTheSecret();
    void allRowsWereHere();

private:
    void recognised(const QString &id, const QByteArray &said);
    /// What the stand-in says of a launch that it refuses.
    [[nodiscard]] QByteArray refusal(const QString &faults, const QStringList &line) const;
    QString write(const char *name, ByteView content) const;
    std::unique_ptr<RehearsalScene> m_scene;
    std::set<std::string> m_seen;
};

#define NEED_SCENE()                                                                                                                       \
    if (!m_scene->missing().isEmpty())                                                                                                     \
    QSKIP(qPrintable(QString(u"there is no "_s + m_scene->missing())))

void TestRehearsalFailures::initTestCase()
{
    m_scene = std::make_unique<RehearsalScene>();
    FirmwareImage image{.pages = 16};
    write("plain.fd", image.bytes()); // a table, and no place for a secret
    image.hashTable.reset();
    std::erase_if(image.sections, [](const auto &section) { return section.type == 0x10; });
    write("no-hashes.fd", image.bytes());
    write("no-table.fd", Bytes(65536, 0x5a));
}

QString TestRehearsalFailures::write(const char *name, ByteView content) const
{
    QFile file(m_scene->path(name));
    if (!file.open(QIODevice::WriteOnly)
        || file.write(reinterpret_cast<const char *>(content.data()), static_cast<qint64>(content.size()))
            != static_cast<qint64>(content.size()))
        qFatal("cannot write a file");
    return file.fileName();
}

void TestRehearsalFailures::recognised(const QString &id, const QByteArray &said)
{
    const auto found = sev::explainFailure(said.toStdString());
    QVERIFY2(found, said);
    QVERIFY2(found->id == id.toStdString(), QByteArray(QByteArray::fromStdString(found->id) + ": " + said));
    m_seen.insert(found->id);
    const Error error = sev::explained({ErrorKind::Environment, "start the keep", "qemu:///session", said.toStdString(), ""});
    QVERIFY(error.remedy.contains(said.toStdString()) && error.why.starts_with(found->what));
}

QByteArray TestRehearsalFailures::refusal(const QString &faults, const QStringList &line) const
{
    QProcess qemu;
    qemu.start(m_scene->emulator(faults), line);
    if (!qemu.waitForFinished(60'000)) {
        qemu.kill();
        qemu.waitForFinished();
        return "it was not refused";
    }
    return qemu.exitStatus() == QProcess::NormalExit && qemu.exitCode() == 0 ? "it was not refused" : qemu.readAllStandardError();
}

void TestRehearsalFailures::refused_data()
{
    QTest::addColumn<QString>("object");
    QTest::addColumn<QString>("faults");
    QTest::addColumn<QString>("firmware"); // in place of the real one: "plain.fd"; "flash": the real one as flash
    const QString snp = u"sev-snp-guest,kernel-hashes=on"_s, es = u"sev-guest,policy=5,kernel-hashes=on"_s, none;
    const auto row = [](const char *id, const QString &object, const QString &faults, const QString &firmware, const char *more = "") {
        QTest::addRow("%s%s", id, more) << object << faults << firmware;
    };
    // By the emulated firmware, or because of what was asked for:
    row("launch.policy", u"sev-snp-guest,policy=0x3ff00"_s, none, none, " (an ABI that no firmware has)");
    row("launch.policy", es, u"launch-start=POLICY_FAILURE"_s, none, " (SEV-ES)");
    row("launch.snp-start", u"sev-snp-guest,policy=0x10000"_s, none, none);
    row("launch.firmware", u"sev-guest"_s, u"launch-start=RESOURCE_LIMIT"_s, none);
    row("platform.init", u"sev-guest"_s, u"launch-start=INVALID_PLATFORM_STATE"_s, none);
    row("machine.cbitpos", u"sev-snp-guest,cbitpos=47"_s, none, none);
    row("machine.pflash", snp, none, u"flash"_s);
    row("machine.no-guid-table", u"sev-snp-guest"_s, none, u"no-table.fd"_s, " (SNP)");
    row("machine.no-guid-table", u"sev-guest,policy=5"_s, none, u"no-table.fd"_s, " (SEV-ES)");
    row("machine.kernel-hashes", u"sev-guest,kernel-hashes=on"_s, none, u"no-hashes.fd"_s);
    // By what a host can be like:
    row("launch.no-asid", snp, u"no-asid"_s, none);
    row("launch.kvm-abi", snp, u"old-kernel"_s, none);
    row("launch.asid-range", snp, u"no-support"_s, none);
    row("launch.memlock", es, u"memlock"_s, none);
    row("launch.cpuid", snp, u"cpuid"_s, none);
    row("kvm.snp-off", snp, u"no-vm-type"_s, none);
    row("kvm.sev-off", es, u"no-vm-type"_s, none);
    row("kvm.no-guest-memory", snp, u"no-guest-memory"_s, none);
    row("machine.memory-region", snp, u"memory-region"_s, none);
    row("platform.no-device", snp, u"no-device"_s, none);
    row("platform.permission", es, u"no-permission"_s, none);
}

void TestRehearsalFailures::refused()
{
    NEED_SCENE();
    QFETCH(const QString, object);
    QFETCH(const QString, faults);
    QFETCH(const QString, firmware);
    QStringList line = m_scene->line(object);
    if (firmware == "flash"_L1) {
        const qsizetype bios = line.indexOf(u"-bios"_s);
        line[bios] = u"-drive"_s;
        line[bios + 1] = u"if=pflash,format=raw,unit=0,readonly=on,file="_s + m_scene->firmware();
    } else if (!firmware.isEmpty()) {
        line.replaceInStrings(m_scene->firmware(), m_scene->path(firmware.toUtf8().constData()));
    }
    recognised(QString::fromLatin1(QTest::currentDataTag()).section(u' ', 0, 0), refusal(faults, line));
}

void TestRehearsalFailures::idBlocks_data()
{
    QTest::addColumn<QString>("id");
    QTest::addColumn<bool>("digest");
    QTest::addColumn<bool>("policy");
    QTest::addColumn<bool>("signature");
    QTest::newRow("another digest") << u"launch.bad-measurement"_s << false << true << true;
    QTest::newRow("another policy") << u"launch.id-block"_s << true << false << true;
    QTest::newRow("another signature") << u"launch.id-block"_s << true << true << false;
}

void TestRehearsalFailures::idBlocks()
{
    NEED_SCENE();
    QFETCH(const QString, id);
    QFETCH(const bool, digest);
    QFETCH(const bool, policy);
    QFETCH(const bool, signature);
    const auto key = sev::P384PrivateKey::make();
    sev::IdBlock block;
    block.launchDigest = *LaunchDigest::from(*fromHex(m_scene->digest(1, "EPYC-v4").toStdString()), "digest");
    if (!digest)
        block.launchDigest.bytes[0] ^= 1;
    block.policy = sev::GuestPolicy(policy ? 0x30000 : 0xb0000);
    const Bytes auth = sev::authenticate(block, key, nullptr);
    if (!signature)
        block.guestSvn = 9;
    const QString object = u"sev-snp-guest,kernel-hashes=on,policy=0x30000,id-block="_s + QString::fromStdString(toBase64(block.encode()))
        + u",id-auth="_s + QString::fromStdString(toBase64(auth));
    recognised(id, refusal({}, m_scene->line(object)));
}

/// One that was made for another policy: its code does not verify.
void TestRehearsalFailures::session()
{
    NEED_SCENE();
    const auto processor = sev::openRehearsalProcessor(m_scene->place());
    QVERIFY(processor);
    static_cast<void>((*processor)->legacy().init(true));
    const auto pdh = sev::legacy::Certificate::parse((*processor)->legacy().pdhCertExport(SIZE_MAX, SIZE_MAX)->pdh, "PDH");
    const auto session = sev::legacy::newSession(*pdh, 0x1);
    QVERIFY(session);
    const std::string blob = toBase64(session->first.session), godh = toBase64(session->first.godh);
    recognised(u"launch.session"_s,
        refusal({},
            m_scene->line(u"sev-guest,policy=3,session-file="_s + write("session", asBytes(blob)) + u",dh-cert-file="_s
                + write("godh", asBytes(godh)))));
}

void TestRehearsalFailures::noEncryptedRegisters()
{
    NEED_SCENE();
    const auto processor = sev::openRehearsalProcessor(m_scene->place());
    QVERIFY(processor);
    static_cast<void>((*processor)->legacy().shutdown());
    QVERIFY((*processor)->legacy().init(false).has_value());
    recognised(u"launch.es-unavailable"_s, refusal({}, m_scene->line(u"sev-guest,policy=5"_s)));
    QVERIFY((*processor)->legacy().shutdown().has_value());
}

void TestRehearsalFailures::noPlaceForTheSecret()
{
    NEED_SCENE();
    const QString monitor = m_scene->path("qmp");
    QStringList line = m_scene->line(u"sev-guest,policy=1"_s, {u"-S"_s, u"-qmp"_s, u"unix:"_s + monitor + u",server=on,wait=off"_s});
    line.replaceInStrings(m_scene->firmware(), m_scene->path("plain.fd"));
    QProcess qemu;
    qemu.start(m_scene->emulator(), line);
    Qmp qmp;
    QVERIFY2(qmp.open(monitor), qemu.readAllStandardError().constData());
    const QJsonObject reply = qmp.command(u"sev-inject-launch-secret"_s, {{u"packet-header"_s, u"AAAA"_s}, {u"secret"_s, u"AAAA"_s}});
    recognised(u"launch.secret-area"_s, reply.value(u"error"_s).toObject().value(u"desc"_s).toString().toUtf8());
    qmp.command(u"quit"_s);
    QVERIFY(qemu.waitForFinished(60'000));
}

void TestRehearsalFailures::allRowsWereHere()
{
    NEED_SCENE();
    for (const std::string_view id : failuresRehearsed)
        QVERIFY2(m_seen.contains(std::string(id)), std::string(id).c_str());
    QCOMPARE(m_seen.size(), failuresRehearsed.size());
}

QTEST_GUILESS_MAIN(TestRehearsalFailures)
#include "test_rehearsal_failures.moc"
