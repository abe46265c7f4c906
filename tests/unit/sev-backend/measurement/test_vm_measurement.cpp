// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/vm_measurement.h"
#include "tests/support/vectors.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::vector;

class TestVmMeasurement : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsTheFirmwareTable();
    void firmwareTablesAreBounded();
    void publishedSnpDigests_data();
    void publishedSnpDigests();
    void publishedSevDigests();
    void theFirmwareDigestCanStandForItsPages();
    void aKernelNeedsItsPlace();
    void everyRangeIsTold();
    void publishedVmsas();
    void cpuModelsHaveQemusSignatures();
};

namespace {
const char *const amdSev = "ovmf/ovmf_AmdSev_suffix.bin";
const char *const ovmfX64 = "ovmf/ovmf_OvmfX64_suffix.bin";

VmParameters epycV4()
{
    VmParameters parameters;
    parameters.cpuSignature = *cpuSignatureOf("EPYC-v4");
    return parameters;
}
BootHashes emptyBoot(std::string_view append)
{
    return {emptyInitrdHash(), emptyInitrdHash(), commandLineHash(append)}; // kernel and initrd are /dev/null
}
} // namespace

void TestVmMeasurement::readsTheFirmwareTable()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes image = vector(amdSev);
    const auto ovmf = Ovmf::parse(image, amdSev).value();
    QCOMPARE(*ovmf.apResetAddress(), 0x0080b004u);
    QCOMPARE(ovmf.hashTable()->gpa, 0x810c00u);
    QCOMPARE(ovmf.hashTable()->size, 0x400u);
    QCOMPARE(ovmf.secretArea()->gpa, 0x810000u);
    QCOMPARE(ovmf.secretArea()->size, 0xc00u);
    const std::array<std::array<std::uint32_t, 3>, 7> sections{{{0x800000, 0x9000, 1}, {0x80a000, 0x3000, 1}, {0x80d000, 0x1000, 2},
        {0x80e000, 0x1000, 3}, {0x80f000, 0x1000, 4}, {0x810000, 0x1000, 0x10}, {0x811000, 0xf000, 1}}};
    QCOMPARE(ovmf.sections().size(), sections.size());
    for (std::size_t i = 0; i < sections.size(); ++i) {
        QCOMPARE(ovmf.sections()[i].gpa, sections[i][0]);
        QCOMPARE(ovmf.sections()[i].size, sections[i][1]);
        QCOMPARE(ovmf.sections()[i].type, sections[i][2]);
    }
    QVERIFY(ovmf.hasKernelHashesSection());
    const Bytes other = vector(ovmfX64);
    QVERIFY(!Ovmf::parse(other, ovmfX64).value().hasKernelHashesSection());
}

void TestVmMeasurement::firmwareTablesAreBounded()
{
    KASTELLAN_NEED_VECTORS();
    Bytes image = vector(amdSev);
    for (std::size_t size = 0; size < image.size(); size += 7)
        (void)Ovmf::parse(ByteView(image).last(size), "cut"); // must not crash
    QVERIFY(!Ovmf::parse(ByteView(image).first(1000), "without its end"));
    for (std::size_t i = image.size() - 400; i < image.size(); ++i)
        for (int value : {0x00, 0xff, 0x7f}) {
            const auto old = std::exchange(image[i], static_cast<std::uint8_t>(value));
            if (const auto ovmf = Ovmf::parse(image, "changed"))
                (void)measureSnp(*ovmf, epycV4());
            image[i] = old;
        }
}

void TestVmMeasurement::publishedSnpDigests_data()
{
    QTest::addColumn<QByteArray>("append");
    QTest::addColumn<quint64>("features");
    QTest::addColumn<int>("vmm");
    QTest::addColumn<quint32>("rdx");
    QTest::addColumn<QByteArray>("digest");
    const QByteArray tty("console=ttyS0 loglevel=7"), none("-");
    QTest::newRow("features 0x21")
        << tty << quint64(0x21) << 0 << 0u
        << QByteArray("803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977");
    QTest::newRow("features 0x1")
        << tty << quint64(0x1) << 0 << 0u
        << QByteArray("6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa");
    QTest::newRow("no kernel") << none << quint64(0x1) << 0 << 0u
                               << QByteArray(
                                      "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d");
    QTest::newRow("EC2, rdx 0x600")
        << QByteArray("") << quint64(0x1) << 1 << 0x600u
        << QByteArray("0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056");
    QTest::newRow("EC2, rdx 0") << QByteArray("") << quint64(0x1) << 1 << 0u
                                << QByteArray(
                                       "7d3756157c805bf6adf617064c8552e8c1688fa1c8756f11cbf56ba5d25c9270fb69c0505c1cbe1c5c66c0e34c6ed3be");
}

void TestVmMeasurement::publishedSnpDigests()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(QByteArray, append);
    QFETCH(quint64, features);
    QFETCH(int, vmm);
    QFETCH(quint32, rdx);
    QFETCH(QByteArray, digest);
    const Bytes image = vector(amdSev);
    auto parameters = epycV4();
    parameters.guestFeatures = features;
    if (append != "-")
        parameters.boot = emptyBoot(append.toStdString());
    if (vmm == 1) {
        parameters.vmm = Vmm::Ec2;
        parameters.ec2Rdx = rdx;
    }
    QCOMPARE(toHex(measureSnp(Ovmf::parse(image, amdSev).value(), parameters).value().view()), digest.toStdString());
}

void TestVmMeasurement::publishedSevDigests()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes a = vector(amdSev), x = vector(ovmfX64);
    auto parameters = epycV4();
    QCOMPARE(toHex(measureSev(Ovmf::parse(x, ovmfX64).value(), parameters, false).value().view()),
        std::string("b4c021e085fb83ceffe6571a3d357b4a98773c83c474e47f76c876708fe316da"));
    parameters.boot = emptyBoot("console=ttyS0 loglevel=7");
    QCOMPARE(toHex(measureSev(Ovmf::parse(a, amdSev).value(), parameters, false).value().view()),
        std::string("82a3ee5d537c3620628270c292ae30cb40c3c878666a7890ee7ef2a08fb535ff"));
    parameters.boot = emptyBoot("");
    QCOMPARE(toHex(measureSev(Ovmf::parse(a, amdSev).value(), parameters, true).value().view()),
        std::string("13810ae661ea11e2bb205621f582fee268f0367c8f97bc297b7fadef3e12002c"));
}

void TestVmMeasurement::theFirmwareDigestCanStandForItsPages()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes image = vector(amdSev);
    const auto ovmf = Ovmf::parse(image, amdSev).value();
    QCOMPARE(toHex(measureOvmfPages(ovmf).view()),
        std::string("086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74"));
    auto parameters = epycV4();
    parameters.boot = emptyBoot("console=ttyS0 loglevel=7");
    const auto whole = measureSnp(ovmf, parameters).value();
    parameters.ovmfDigest = measureOvmfPages(ovmf);
    QCOMPARE(measureSnp(ovmf, parameters).value(), whole);
}

void TestVmMeasurement::aKernelNeedsItsPlace()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes image = vector(ovmfX64);
    auto parameters = epycV4();
    parameters.boot = emptyBoot("");
    const auto result = measureSnp(Ovmf::parse(image, ovmfX64).value(), parameters);
    QVERIFY(!result);
    QVERIFY(result.error().why.find("SNP_KERNEL_HASHES") != std::string::npos);
}

void TestVmMeasurement::everyRangeIsTold()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes image = vector(amdSev);
    auto parameters = epycV4();
    parameters.vcpus = 3;
    std::vector<MeasuredRange> ranges;
    const auto digest = measureSnp(Ovmf::parse(image, amdSev).value(), parameters,
        {.range = [&](const MeasuredRange &range) { ranges.push_back(range); },
            .page = {}}).value();
    QCOMPARE(ranges.size(), std::size_t(1 + 7 + 3));
    QCOMPARE(ranges.back().of, std::string("VMSA of vCPU 2"));
    QCOMPARE(ranges.back().digest, digest);
    QVERIFY(ranges.front().digest != digest);
}

void TestVmMeasurement::publishedVmsas()
{
    KASTELLAN_NEED_VECTORS();
    // sevctl's pages are of the older form, for a Milan processor behind its RHEL 9 firmware; SEV-ES keeps its features zero.
    const Bytes firmware = vector("ovmf/OVMF.amdsev.rhel9-tail.fd");
    const auto reset = Ovmf::parse(firmware, "rhel9").value().apResetAddress();
    auto parameters = epycV4();
    parameters.oldVmsa = true;
    for (unsigned number : {0u, 1u}) {
        const Bytes published = vector("vmsa/vmsa" + std::to_string(number) + ".bin");
        parameters.cpuSignature = loadLe<std::uint32_t>(published, 0x310);
        QCOMPARE(toHex(vmsaPage(parameters, number, reset, false).value()), toHex(published));
    }
}

void TestVmMeasurement::cpuModelsHaveQemusSignatures()
{
    QCOMPARE(*cpuSignatureOf("EPYC-Milan"), cpuSignature(25, 1, 1));
    QCOMPARE(*cpuSignatureOf("EPYC-Genoa"), cpuSignature(25, 17, 0));
    QCOMPARE(*cpuSignatureOf("EPYC-Turin"), cpuSignature(26, 0, 0));
    QCOMPARE(*cpuSignatureOf("EPYC-Rome"), cpuSignature(23, 49, 0));
    QCOMPARE(*cpuSignatureOf("EPYC"), cpuSignature(23, 1, 2));
    QVERIFY(!cpuSignatureOf("epyc"));
    QCOMPARE(*vmmFromName("qemu"), Vmm::Qemu);
    QVERIFY(!vmmFromName("xen"));
}

QTEST_GUILESS_MAIN(TestVmMeasurement)
#include "test_vm_measurement.moc"
