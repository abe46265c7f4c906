// SPDX-License-Identifier: Apache-2.0
// A launch from its files: what has to fit together, candidates, and the way back from a digest.
#include "core/base/file.h"
#include "sev-backend/machine/launch.h"
#include "tests/support/firmware_image.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::FirmwareImage;

class TestMachineLaunch : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void measuresFiles();
    void whatIsMissingIsNamed_data();
    void whatIsMissingIsNamed();
    void firmwareWithoutHashesSection();
    void movesWithItsFirmware();
    void explainsFromTheFolder();

private:
    std::string put(const char *name, ByteView content);
    LaunchParameters whole() const;
    QTemporaryDir m_folder;
    std::string m_ovmf, m_other, m_kernel, m_initrd;
};
using Bend = std::function<void(LaunchParameters &)>;
Q_DECLARE_METATYPE(Bend)

std::string TestMachineLaunch::put(const char *name, ByteView content)
{
    const std::string path = m_folder.filePath(QString::fromUtf8(name)).toStdString();
    if (!writeFileAtomically(path, content))
        qFatal("cannot write %s", name);
    return path;
}

void TestMachineLaunch::initTestCase()
{
    m_ovmf = put("OVMF.fd", FirmwareImage{}.bytes());
    m_other = put("OVMF.other.fd", FirmwareImage{.pages = 3}.bytes());
    m_kernel = put("vmlinuz", asBytes("kernel"));
    m_initrd = put("initrd", asBytes("initrd"));
    put("notes.txt", asBytes("no firmware"));
}

LaunchParameters TestMachineLaunch::whole() const
{
    LaunchParameters parameters;
    parameters.kind = GuestKind::Snp;
    parameters.vcpus = 2;
    parameters.cpuSignature = 0x800f12;
    parameters.ovmf = m_ovmf;
    parameters.kernel = m_kernel;
    parameters.initrd = m_initrd;
    parameters.append = "quiet";
    return parameters;
}

void TestMachineLaunch::measuresFiles()
{
    const Launch launch = Launch::open(whole()).value();
    const Bytes image = FirmwareImage{}.bytes();
    VmParameters machine;
    machine.vcpus = 2;
    machine.cpuSignature = 0x800f12;
    machine.boot = hashBoot(m_kernel, m_initrd, "quiet").value();
    QCOMPARE(toHex(launch.measure().value()), toHex(measureSnp(Ovmf::parse(image, "ovmf").value(), machine).value().view()));
    QCOMPARE(launch.vmsas().value().size(), std::size_t(2));
    LaunchParameters off = whole();
    off.kernelHashes = false;
    const Launch unhashed = Launch::open(off).value();
    QVERIFY(unhashed.files() && !unhashed.machine().boot);
    QVERIFY(unhashed.measure().value() != launch.measure().value());
    LaunchParameters sev = whole();
    sev.kind = GuestKind::Sev;
    sev.vcpus.reset();
    sev.cpuSignature.reset(); // neither is part of it
    QCOMPARE(Launch::open(sev).value().measure().value().size(), std::size_t(32));
}

void TestMachineLaunch::whatIsMissingIsNamed_data()
{
    QTest::addColumn<Bend>("bend");
    QTest::addColumn<QByteArray>("words");
    const auto row = [](const char *name, const char *words, Bend bend) { QTest::newRow(name) << bend << QByteArray(words); };
    row("kind", "sev, es, snp", [](LaunchParameters &p) { p.kind.reset(); });
    row("firmware", "--ovmf", [](LaunchParameters &p) { p.ovmf.clear(); });
    row("no such firmware", "/nowhere", [](LaunchParameters &p) { p.ovmf = "/nowhere"; });
    row("no such kernel", "/nowhere", [](LaunchParameters &p) { p.kernel = "/nowhere"; });
    row("vcpus", "--vcpus", [](LaunchParameters &p) { p.vcpus.reset(); });
    row("too many vcpus", "1 to 4096", [](LaunchParameters &p) { p.vcpus = 5000; });
    row("no vcpus", "1 to 4096", [](LaunchParameters &p) { p.vcpus = 0; });
    row("cpu", "--vcpu-type", [](LaunchParameters &p) { p.cpuSignature.reset(); });
    row("initrd alone", "--kernel", [](LaunchParameters &p) { p.kernel.clear(); });
    row("svsm with kernel", "--kernel", [](LaunchParameters &p) { p.kind = GuestKind::SnpSvsm; });
    row("svsm", "--svsm", [](LaunchParameters &p) { p = {}, p.kind = GuestKind::SnpSvsm, p.vcpus = 1, p.cpuSignature = 1; });
    row("hash with es", "--snp-ovmf-hash", [](LaunchParameters &p) { p.kind = GuestKind::SevEs, p.ovmfDigest = LaunchDigest{}; });
    row("es on ec2", "no SEV-ES", [](LaunchParameters &p) { p.kind = GuestKind::SevEs, p.vmm = Vmm::Ec2; });
}

void TestMachineLaunch::whatIsMissingIsNamed()
{
    QFETCH(Bend, bend);
    QFETCH(QByteArray, words);
    LaunchParameters parameters = whole();
    bend(parameters);
    if (parameters.kind == GuestKind::SnpSvsm && parameters.ovmf.empty())
        parameters.ovmf = m_ovmf;
    const auto launch = Launch::open(parameters);
    QVERIFY(!launch);
    QVERIFY2(launch.error().message().contains(words.toStdString()), launch.error().message().c_str());
}

void TestMachineLaunch::firmwareWithoutHashesSection()
{
    LaunchParameters parameters = whole();
    parameters.ovmf = put("plain.fd", FirmwareImage{.sections = {{0x800000, 0x2000, 1}}}.bytes());
    const auto digest = Launch::open(parameters).value().measure();
    QVERIFY(!digest);
    QCOMPARE(digest.error().where, parameters.ovmf);
    QVERIFY(digest.error().why.contains("SNP_KERNEL_HASHES"));
    parameters.ovmf = put("no-snp.fd", FirmwareImage{.metadata = false}.bytes());
    const auto launch = Launch::open(parameters);
    QVERIFY(!launch);
    QVERIFY(launch.error().why.contains("no SNP metadata"));
}

void TestMachineLaunch::movesWithItsFirmware()
{
    auto first = std::make_unique<Launch>(Launch::open(whole()).value());
    const Bytes before = first->measure().value();
    const Launch moved = std::move(*first);
    first.reset();
    QCOMPARE(moved.measure().value(), before);
}

void TestMachineLaunch::explainsFromTheFolder()
{
    LaunchParameters other = whole();
    other.ovmf = m_other;
    other.append = "quiet ";
    const Bytes seen = Launch::open(other).value().measure().value();
    const auto found = explainLaunch(whole(), seen).value();
    QCOMPARE(found.size(), std::size_t(1));
    QVERIFY2(
        found[0].sentence().contains("blank at its end") && found[0].sentence().contains("OVMF.other.fd"), found[0].sentence().c_str());
    Launch launch = Launch::open(whole()).value();
    QVERIFY(launch.addCandidates(m_folder.path().toStdString()));
    QCOMPARE(launch.candidates(), std::size_t(3)); // not the given one, not the notes
    QVERIFY(!launch.addCandidates(m_folder.filePath(QStringLiteral("nothing")).toStdString()));
}

QTEST_GUILESS_MAIN(TestMachineLaunch)
#include "test_machine_launch.moc"
