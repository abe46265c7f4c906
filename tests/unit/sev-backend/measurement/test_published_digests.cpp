// SPDX-License-Identifier: Apache-2.0
// The digests that sev-snp-measure and virtee/sev publish with their tests, and the SVSM's against a computation by hand.
#include "core/base/digest.h"
#include "sev-backend/abi/vmsa.h"
#include "sev-backend/measurement/explain.h"
#include "sev-backend/measurement/launch_measurement.h"
#include "tests/support/firmware_image.h"
#include "tests/support/vectors.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::FirmwareImage;
using kastellan::test::vector;

class TestPublishedDigests : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void snp_data();
    void snp();
    void es();
    void svsmByHand();
    void svsmPublished();
    void svsmRefuses();
    void pagesAreTold();
};

namespace {
constexpr const char *amdSev = "ovmf/ovmf_AmdSev_suffix.bin", *ovmfX64 = "ovmf/ovmf_OvmfX64_suffix.bin";
constexpr quint32 epyc = 0x800f12;
} // namespace

void TestPublishedDigests::snp_data()
{
    QTest::addColumn<bool>("x64");
    QTest::addColumn<int>("vmm");
    QTest::addColumn<uint>("rdx");
    QTest::addColumn<uint>("vcpus");
    QTest::addColumn<bool>("kernel");
    QTest::addColumn<QByteArray>("append");
    QTest::addColumn<QByteArray>("ovmfHash");
    QTest::addColumn<uint>("features");
    QTest::addColumn<QByteArray>("digest");
    const QByteArray tty("console=ttyS0 loglevel=7"),
        hash("086e2e9149ebf45abdc3445fba5b2da8270bdbb04094d7a2c37faaa4b24af3aa16aff8c374c2a55c467a50da6d466b74");
    const int qemu = int(Vmm::Qemu), ec2 = int(Vmm::Ec2), gce = int(Vmm::Gce);
    const auto row = [](const char *name, bool x64, int vmm, uint rdx, uint vcpus, bool kernel, const QByteArray &append,
                         const QByteArray &ovmf, uint features, const char *digest) {
        QTest::newRow(name) << x64 << vmm << rdx << vcpus << kernel << append << ovmf << features << QByteArray(digest);
    };
    row("hash, 0x21", false, qemu, 0, 1, true, "", hash, 0x21,
        "329c8ce0972ae52343b64d34a434a86f245dfd74f5ed7aae15d22efc78fb9683632b9b50e4e1d7fa41179ef98a7ef198");
    row("hash, 0x1", false, qemu, 0, 1, true, "", hash, 0x1,
        "ddc5224521617a536ee7ce9dd6224d1b58a8d4fda1c741f3ac99fc4bfa04ba6e9fc98646d4a07a9079397fa3852819b5");
    row("pages, 0x21", false, qemu, 0, 1, true, tty, "", 0x21,
        "803f691094946e42068aaa3a8f9e26a5c89f36f7b73ecfb28c653360fe4b3aba7e534442e7e1e17895dfe778d0228977");
    row("pages, 0x1", false, qemu, 0, 1, true, tty, "", 0x1,
        "6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa");
    row("hash and command line", false, qemu, 0, 1, true, tty, hash, 0x1,
        "6d287813eb5222d770f75005c664e34c204f385ce832cc2ce7d0d6f354454362f390ef83a92046c042e706363b4b08fa");
    row("no kernel, 0x21", false, qemu, 0, 1, false, "", "", 0x21,
        "e1e1ca029dd7973ab9513295be68198472dcd4fc834bd9af9b63f6e8a1674dbf281a9278a4a2ebe0eed9f22adbcd0e2b");
    row("no kernel, 0x1", false, qemu, 0, 1, false, "", "", 0x1,
        "19358ba9a7615534a9a1e2f0dfc29384dcd4dcb7062ff9c6013b26869a5fc6ecabe033c48dd6f6db5d6d76e7c5df632d");
    row("4 vCPUs, 0x21", false, qemu, 0, 4, true, "", "", 0x21,
        "4953b1fb416fa874980e8442b3706d345926d5f38879134e00813c5d7abcbe78eafe7b422907be0b4698e2414a631942");
    row("4 vCPUs, 0x1", false, qemu, 0, 4, true, "", "", 0x1,
        "5061fffb019493a903613d56d54b94912a1a2f9e4502385f5c194616753720a92441310ba6c4933de877c36e23046ad5");
    row("X64, 0x21", true, qemu, 0, 1, false, "", "", 0x21,
        "28797ae0afaba4005a81e629acebfb59e6687949d6be44007cd5506823b0dd66f146aaae26ff291eed7b493d8a64c385");
    row("X64, 0x1", true, qemu, 0, 1, false, "", "", 0x1,
        "da0296de8193586a5512078dcd719eccecbd87e2b825ad4148c44f665dc87df21e5b49e21523a9ad993afdb6a30b4005");
    row("EC2 of sev-snp-measure, 0x21", false, ec2, 0x600, 1, true, "", "", 0x21,
        "0ce9ccc06bab55eebe8abc234f3df6514883977a68a591b71052498ab52b2f1aa415db338033946ef93aa8278c0d67fb");
    row("EC2 of sev-snp-measure, 0x1", false, ec2, 0x600, 1, true, "", "", 0x1,
        "0883bd0eeb716e65b7b977a321c278d1e51b33b5c655fab985443bbcc65c086b9c15e8a0bd8811050dec7e24964e5056");
    row("EC2 of virtee/sev, 0x21", false, ec2, 0, 1, true, "", "", 0x21,
        "6ae80856486b1396af8c82a40351d6ed76a20c785e9c7fa4ffa27c22d5d6313b4b3b458cd3c9968e6f89fb5d8450d7a6");
    row("EC2 of virtee/sev, 0x1", false, ec2, 0, 1, true, "", "", 0x1,
        "7d3756157c805bf6adf617064c8552e8c1688fa1c8756f11cbf56ba5d25c9270fb69c0505c1cbe1c5c66c0e34c6ed3be");
    row("GCE", false, gce, 0, 1, true, "", "", 0x1,
        "5da7106cf14cf46b1725ebab123eb9e53bd46a1e9f400cd0c08e7827b04b688ea8b4e403c8404efed4397ea5d5d0722e");
    row("GCE, 4 vCPUs", false, gce, 0, 4, true, "", "", 0x1,
        "5c5debf100fc339f90276e761ee1f1658d08922c3b20e2a2e6c7a6c3370b2452a15a00eae11886a93d6fd1e7ab81e29d");
}

void TestPublishedDigests::snp()
{
    KASTELLAN_NEED_VECTORS();
    QFETCH(bool, x64);
    QFETCH(int, vmm);
    QFETCH(uint, rdx);
    QFETCH(uint, vcpus);
    QFETCH(bool, kernel);
    QFETCH(QByteArray, append);
    QFETCH(QByteArray, ovmfHash);
    QFETCH(uint, features);
    QFETCH(QByteArray, digest);
    const Bytes image = vector(x64 ? ovmfX64 : amdSev);
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value();
    VmParameters parameters;
    parameters.vcpus = vcpus;
    parameters.cpuSignature = epyc;
    parameters.vmm = Vmm(vmm);
    parameters.ec2Rdx = rdx;
    parameters.guestFeatures = features;
    if (kernel)
        parameters.boot = BootHashes{emptyInitrdHash(), emptyInitrdHash(), commandLineHash(append.toStdString())};
    if (!ovmfHash.isEmpty())
        parameters.ovmfDigest = LaunchDigest::from(fromHex(ovmfHash.toStdString()).value(), "hash").value();
    QCOMPARE(toHex(measureSnp(ovmf, parameters).value().view()), digest.toStdString());

    // The search finds the way back from every one of them.
    Believed believed;
    believed.ovmf = &ovmf;
    believed.parameters = parameters;
    believed.parameters.vcpus += 2;
    const auto found = explain(believed, fromHex(digest.toStdString()).value());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), "--vcpus " + std::to_string(vcpus));
}

void TestPublishedDigests::es()
{
    KASTELLAN_NEED_VECTORS();
    const Bytes image = vector(amdSev);
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value();
    VmParameters parameters;
    parameters.cpuSignature = epyc;
    parameters.vcpus = 4;
    parameters.boot = BootHashes{emptyInitrdHash(), emptyInitrdHash(), commandLineHash("")};
    QCOMPARE(toHex(measureSev(ovmf, parameters, true).value().view()),
        std::string("0dccbcaba8e90b261bd0d2e1863a2f9da714768b7b2a19363cd6ae35aa90de91"));
    QCOMPARE(toHex(measureSev(ovmf, parameters, false).value().view()),
        std::string("77f613d7bbcdf12a73782ea9e88b0172aeda50d1a54201cb903594ff52846898"));
}

void TestPublishedDigests::svsmByHand()
{
    const Bytes image = FirmwareImage{.pages = 3}.bytes();
    FirmwareImage made{.pages = 5,
        .pattern = 0x77,
        .reset = {},
        .hashTable = {},
        .svsm = 0x1234,
        .sections = {{0x1000, 0x2000, 1}, {0x4000, 0x1000, 2}, {0x5000, 0x1000, 3}}};
    const Bytes svsmImage = made.bytes();
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value(), svsm = Ovmf::parse(svsmImage, "svsm").value();
    VmParameters parameters;
    parameters.cpuSignature = epyc;
    parameters.vcpus = 3;
    const std::uint64_t ovmfGpa = 0x100000000 - 3 * 4096, svsmGpa = ovmfGpa - 0x20000 - 5 * 4096;
    LaunchMeasurement hand;
    hand.addPages(PageType::Normal, ovmfGpa, image);
    hand.addPages(PageType::Normal, svsmGpa, svsmImage);
    hand.addAddresses(PageType::Zero, 0x1000, 2);
    hand.addAddresses(PageType::Secrets, 0x4000, 1);
    hand.addAddresses(PageType::Cpuid, 0x5000, 1);
    const Bytes page = svsmVmsaPage(epyc, static_cast<std::uint32_t>(svsmGpa + 0x1234));
    QCOMPARE(loadLe<std::uint64_t>(page, 0x178), svsmGpa + 0x1234);
    QCOMPARE(loadLe<std::uint16_t>(page, 0x12), std::uint16_t(0xc9b));
    QCOMPARE(loadLe<std::uint16_t>(page, 0x52), std::uint16_t(0x93)); // gs stays as at reset
    QCOMPARE(loadLe<std::uint16_t>(page, 0x410), std::uint16_t(0)); // fcw
    for (int i = 0; i < 3; ++i)
        hand.addPages(PageType::Vmsa, vmsaGpa, page);
    QCOMPARE(measureSvsm(ovmf, svsm, 0x20000, parameters).value(), hand.digest());

    Believed believed;
    believed.kind = GuestKind::SnpSvsm;
    believed.ovmf = &ovmf;
    believed.svsm = &svsm;
    believed.varsSize = 0x84000;
    believed.parameters = parameters;
    believed.parameters.vcpus = 2;
    const auto found = explain(believed, hand.digest().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), std::string("--vars-size 131072 --vcpus 3"));
}

void TestPublishedDigests::svsmPublished()
{
    KASTELLAN_NEED_VECTORS();
    const std::string folder = qgetenv("KASTELLAN_VECTORS").toStdString() + "/svsm/";
    if (!QFile::exists(QString::fromStdString(folder + "svsm.bin")))
        QSKIP("the vectors hold no SVSM (sev-snp-measure's svsm.bin and svsm_ovmf.fd)");
    const Bytes image = vector("svsm/svsm_ovmf.fd"), svsmImage = vector("svsm/svsm.bin");
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value(), svsm = Ovmf::parse(svsmImage, "svsm").value();
    VmParameters parameters;
    parameters.cpuSignature = epyc;
    parameters.vcpus = 4;
    QCOMPARE(toHex(measureSvsm(ovmf, svsm, 540672, parameters).value().view()),
        std::string("27d154c27b7b359c935e250ec6fee72aa0ae8c1225e3b0e1cf46a9567e938066d7d6f94bbdc4a857818bdb79277a44b2"));
    parameters.vcpus = 2;
    QCOMPARE(toHex(measureSvsm(ovmf, svsm, 540672, parameters).value().view()),
        std::string("9b94745036aafddf4f7f8b00c7513abb5b7703178cb95aaa57928bd963d68d3bfcb715d6019b9167ee2517b11b0d9be7"));
}

void TestPublishedDigests::svsmRefuses()
{
    const Bytes image = FirmwareImage{}.bytes();
    const Bytes far = FirmwareImage{.svsm = 0x10000}.bytes(); // behind its end
    const Bytes good = FirmwareImage{.svsm = 0x10}.bytes();
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value();
    VmParameters parameters;
    QVERIFY(measureSvsm(ovmf, ovmf, 0, parameters).error().why.contains("no SVSM entry"));
    QVERIFY(measureSvsm(ovmf, Ovmf::parse(far, "svsm").value(), 0, parameters).error().why.contains("behind its end"));
    const Ovmf svsm = Ovmf::parse(good, "svsm").value();
    QVERIFY(measureSvsm(ovmf, svsm, 0x20001, parameters).error().why.contains("whole pages"));
    QVERIFY(measureSvsm(ovmf, svsm, 0xffffffff000, parameters).error().why.contains("do not fit"));
    parameters.vmm = Vmm::Ec2;
    QVERIFY(!measureSvsm(ovmf, svsm, 0, parameters));
}

void TestPublishedDigests::pagesAreTold()
{
    const Bytes image = FirmwareImage{.pages = 3}.bytes();
    const Ovmf ovmf = Ovmf::parse(image, "ovmf").value();
    VmParameters parameters;
    parameters.vcpus = 2;
    std::vector<MeasuredPage> pages;
    std::vector<std::string> names;
    const auto digest = measureSnp(ovmf, parameters,
        {.range = {}, .page = [&](const MeasuredPage &page) {
             pages.push_back(page);
             names.emplace_back(page.of);
         }}).value();
    QCOMPARE(pages.size(), std::size_t(3 + 2 + 1 + 1 + 1 + 2));
    QCOMPARE(pages.back().digest, digest);
    QCOMPARE(pages[0].contents, sha384(ByteView(image).first(4096)));
    QCOMPARE(pages[0].gpa, 0x100000000 - 3 * 4096);
    QCOMPARE(names[0], std::string("OVMF"));
    QCOMPARE(names[3], std::string("SNP_SEC_MEM"));
    QCOMPARE(names.back(), std::string("VMSA of vCPU 1"));
    QVERIFY(pages[3].contents.isZero());
}

QTEST_GUILESS_MAIN(TestPublishedDigests)
#include "test_published_digests.moc"
