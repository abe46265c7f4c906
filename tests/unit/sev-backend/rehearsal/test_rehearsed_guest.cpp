// SPDX-License-Identifier: Apache-2.0
// A rehearsed guest: measured as sev-backend/measurement computes it, refused with QEMU's words, and a secret that arrives.
#include "sev-backend/machine/id_signing.h"
#include "sev-backend/rehearsal/bounded_json.h"
#include "sev-backend/rehearsal/firmware_port.h"
#include "sev-backend/rehearsal/rehearsed_guest.h"
#include "tests/support/emulated_identity.h"
#include "tests/support/firmware_image.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <sys/socket.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t memorySize = 16u << 20;

struct Scene {
    QTemporaryDir folder;
    RehearsalSettings settings;
    SevObject object;
    test::FirmwareImage image{.pages = 16};
    Bytes firmware;
    BootHashes hashes{sha256(asBytes("kernel")), sha256(asBytes("initrd")), commandLineHash("quiet")};
    LaunchParameters parameters;
    GuestMemory memory = *GuestMemory::make(memorySize);
    bool kernel = true;
    bool smm = false;
    FaultPlan faults;

    explicit Scene(bool snp)
    {
        object.snp = snp;
        object.policy = snp ? 0x30000 : 0x1;
        object.cbitpos = 51;
        object.reducedPhysBits = 1;
        object.kernelHashes = true;
        parameters.vcpus = 1;
        parameters.cpuSignature = cpuSignatureOf("EPYC-v4");
    }
    std::unique_ptr<Processor> processor(const Profile &profile = **findProfile("milan"))
    {
        ProcessorOptions options;
        options.profile = &profile;
        options.faults = faults;
        return test::ownProcessor(folder.path().toStdString(), options);
    }
    OrRefusal<std::unique_ptr<RehearsedGuest>> start(std::unique_ptr<Processor> chip)
    {
        return RehearsedGuest::start(std::move(chip), object, settings, smm, [](const std::string &) {});
    }
    OrRefusal<std::unique_ptr<RehearsedGuest>> launch()
    {
        firmware = image.bytes();
        auto guest = start(processor());
        if (!guest)
            return guest;
        if (auto status = (*guest)->load({firmware, kernel, hashes}, parameters, memory); !status)
            return std::unexpected(status.error());
        return guest;
    }
    VmParameters machine() const
    {
        VmParameters machine;
        machine.vcpus = *parameters.vcpus;
        machine.cpuSignature = *parameters.cpuSignature;
        if (kernel && object.kernelHashes)
            machine.boot = hashes;
        return machine;
    }
};

ByteView reportOf(const Bytes &response)
{
    return ByteView(response).subspan(32);
}

std::string dataOf(const QmpAnswer &answer)
{
    return answer ? boundedJson(*answer)->at("data").get<std::string>() : std::string();
}

} // namespace

class TestRehearsedGuest : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void snp_data();
    void snp();
    void idBlock();
    void sev_data();
    void sev();
    void table();
    void refusals_data();
    void refusals();
    void unfinished_data();
    void unfinished();
    void port();
};

void TestRehearsedGuest::snp_data()
{
    QTest::addColumn<unsigned>("vcpus");
    QTest::addColumn<bool>("kernel");
    for (const unsigned vcpus : {1u, 4u})
        for (const bool kernel : {true, false})
            QTest::addRow("%u vCPUs, %s", vcpus, kernel ? "kernel" : "disk") << vcpus << kernel;
}

void TestRehearsedGuest::snp()
{
    QFETCH(const unsigned, vcpus);
    QFETCH(const bool, kernel);
    Scene scene(true);
    scene.parameters.vcpus = vcpus;
    scene.kernel = scene.object.kernelHashes = kernel;
    scene.object.hostData.bytes.fill(0x17);
    auto guest = scene.launch();
    QVERIFY(guest);
    QCOMPARE((*guest)->report(Bytes(96)).size(), 0u); // it does not run yet
    QVERIFY((*guest)->query()->contains("\"state\":\"launch-update\""));
    QVERIFY((*guest)->finish());
    QVERIFY((*guest)->query()->contains("\"state\":\"running\""));
    const Bytes response = (*guest)->report(Bytes(96));
    QCOMPARE(response.size(), 4000u);
    const auto expected = measureSnp(*Ovmf::parse(scene.firmware, "x"), scene.machine());
    QVERIFY(expected);
    QCOMPARE(toHex(reportOf(response).subspan(0x90, 48)), toHex(expected->view()));
    QCOMPARE(toHex(reportOf(response).subspan(0xc0, 32)), toHex(Bytes(32, 0x17)));
    QVERIFY(!(*guest)->launchMeasure());
}

void TestRehearsedGuest::idBlock()
{
    Scene scene(true);
    scene.firmware = scene.image.bytes();
    IdBlock block;
    block.launchDigest = *measureSnp(*Ovmf::parse(scene.firmware, "x"), scene.machine());
    block.policy = GuestPolicy(0x30000);
    const auto key = P384PrivateKey::make();
    const auto bytes = block.encode();
    scene.object.idBlock = toBytes(ByteView(bytes));
    scene.object.idAuth = authenticate(block, key, nullptr);
    auto guest = scene.launch();
    QVERIFY(guest && (*guest)->finish());
    scene.hashes.commandLine = commandLineHash("quiet init=/bin/sh"); // the host changes one thing
    guest = scene.launch();
    QVERIFY(guest);
    const auto finished = (*guest)->finish();
    QVERIFY(!finished);
    QCOMPARE(finished.error().lines.at(0), "SNP_LAUNCH_FINISH ret=-5 fw_error=11 'Bad measurement'");
    scene.object.idAuth.reset();
    guest = scene.launch();
    QCOMPARE((*guest)->finish().error().lines.at(0), "SNP_LAUNCH_FINISH ret=-22 fw_error=0 ''");
}

void TestRehearsedGuest::sev_data()
{
    QTest::addColumn<bool>("es");
    QTest::addColumn<unsigned>("vcpus");
    QTest::newRow("SEV") << false << 1u;
    QTest::newRow("SEV-ES, 1 vCPU") << true << 1u;
    QTest::newRow("SEV-ES, 4 vCPUs") << true << 4u;
}

void TestRehearsedGuest::sev()
{
    QFETCH(const bool, es);
    QFETCH(const unsigned, vcpus);
    Scene scene(false);
    scene.object.policy = es ? 0x5 : 0x1;
    scene.parameters.vcpus = vcpus;
    scene.firmware = scene.image.bytes();
    auto chip = scene.processor();
    const auto pdh = legacy::Certificate::parse(chip->legacy().pdhCertExport(SIZE_MAX, SIZE_MAX)->pdh, "PDH");
    const auto session = legacy::newSession(*pdh, static_cast<legacy::Policy>(scene.object.policy));
    QVERIFY(session);
    const auto put = [&](const char *name, const Bytes &bytes) {
        const fs::path path = fs::path(scene.folder.path().toStdString()) / name;
        QFile file(QString::fromStdString(path.string()));
        file.open(QIODevice::WriteOnly);
        file.write(QByteArray::fromStdString(toBase64(bytes)));
        return path.string();
    };
    scene.object.dhCertFile = put("dh", session->first.godh);
    scene.object.sessionFile = put("session", session->first.session);
    auto guest = scene.start(std::move(chip));
    QVERIFY2(guest, guest ? "" : guest.error().lines[0].c_str());
    QVERIFY((*guest)->load({scene.firmware, true, scene.hashes}, scene.parameters, scene.memory));
    QVERIFY((*guest)->query()->contains("\"state\":\"launch-secret\""));
    const auto measure = legacy::LaunchMeasure::parse(*fromBase64(dataOf((*guest)->launchMeasure())), "measure");
    QVERIFY(measure);
    const auto expected = measureSev(*Ovmf::parse(scene.firmware, "x"), scene.machine(), es);
    const FirmwareVersion &version = (*findProfile("milan"))->firmware;
    QCOMPARE(toHex(measure->measure.view()),
        toHex(legacy::launchMeasurement(session->second.tik, {version.major, version.minor, version.build},
            static_cast<legacy::Policy>(scene.object.policy), *expected, measure->nonce)
                .view()));
    const Bytes secret(64, 0x42);
    const auto packet = legacy::sealSecret(secret, session->second, measure->measure, {1, 2, 3});
    const std::string header = toBase64(packet->header), payload = toBase64(packet->payload);
    QVERIFY((*guest)->injectSecret(header, payload, std::uint64_t{1} << 40, scene.memory).error().contains("No memory is mapped"));
    const auto injected = (*guest)->injectSecret(header, payload, 0x100000, scene.memory);
    QVERIFY2(injected, injected ? "" : injected.error().c_str());
    const auto wrong = (*guest)->injectSecret(header, toBase64(Bytes(64)), 0x100000, scene.memory);
    QCOMPARE(wrong.error(), "SEV: failed to inject secret ret=-5 fw_error=11 'Bad measurement'");
    QVERIFY((*guest)->finish());
    QCOMPARE((*guest)->injectSecret(header, payload, 0x100000, scene.memory).error(), "SEV: Not in correct state. (LSECRET) 3");
    QVERIFY((*guest)->attestation(toBase64(Bytes(16))));
}

void TestRehearsedGuest::table()
{
    for (const bool snp : {true, false}) {
        Scene scene(snp);
        QVERIFY(scene.launch());
        // Read through a mapping of its own: what QEMU would see.
        QFile file(QString::fromStdString(scene.memory.path()));
        QVERIFY(file.open(QIODevice::ReadOnly) && file.seek(0x810c00));
        const QByteArray bytes = file.read(static_cast<qint64>(hashTableSize));
        QCOMPARE(bytes.toHex().toStdString(), toHex(buildHashTable(scene.hashes)));
        QCOMPARE(bytes.first(16).toHex(), QByteArrayLiteral("06d63894224fc94cb479a793d411fd21"));
    }
}

void TestRehearsedGuest::refusals_data()
{
    QTest::addColumn<bool>("snp");
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("first");
    QTest::newRow("bit 17 missing") << true << "policy=0x10000"
                                    << "-accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''";
    QTest::newRow("bit 18") << true << "policy=0x70000" << "-accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''";
    QTest::newRow("without SMT") << true << "policy=0x20000"
                                 << "-accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-5 fw_error=7 'Policy is not allowed'";
    QTest::newRow("fault") << true << "fault=snp-launch-start=INVALID_PARAM"
                           << "-accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-5 fw_error=22 'Invalid parameter'";
    QTest::newRow("cbitpos") << true << "cbitpos=47" << "-accel kvm: sev_common_kvm_init: cbitpos check failed, host '51' requested '47'";
    QTest::newRow("ASID") << false << "host=no-asid" << "-accel kvm: sev_common_kvm_init: failed to initialize ret=-16 fw_error=0 ''";
    QTest::newRow("device") << false << "host=no-device"
                            << "-accel kvm: sev_common_kvm_init: Failed to open /dev/sev 'No such file or directory'";
    QTest::newRow("old kernel") << true << "host=old-kernel"
                                << "-accel kvm: sev_common_kvm_init: failed to initialize ret=-25 fw_error=0 ''";
    QTest::newRow("pinning") << false << "host=memlock"
                             << "sev_ram_block_added: failed to register region (0x7f2e3be00000+0x10000000) error 'Cannot allocate memory'";
    QTest::newRow("SMM") << true << "smm=1" << "-accel kvm: SEV-SNP does not support SMM.";
    QTest::newRow("session") << false << "session=AAAA" << "-accel kvm: sev_launch_start: LAUNCH_START ret=1 fw_error=4 'Buffer too small'";
    QTest::newRow("no table") << true << "table=none" << "SEV: kernel specified but guest firmware has no hashes table GUID";
    QTest::newRow("zero table") << false << "table=zero" << "SEV: guest firmware hashes table area is invalid (base=0x0 size=0x0)";
    QTest::newRow("no kernel") << true << "kernel=0"
                               << "../target/i386/sev.c: snp_launch_update_kernel_hashes: Assertion `sev_snp->kernel_hashes_data' failed.";
}

void TestRehearsedGuest::refusals()
{
    QFETCH(const bool, snp);
    QFETCH(const QString, change);
    QFETCH(const QString, first);
    Scene scene(snp);
    const std::string key = change.section(u'=', 0, 0).toStdString(), value = change.section(u'=', 1).toStdString();
    if (key == "policy")
        scene.object.policy = std::stoull(value, nullptr, 16);
    else if (key == "cbitpos")
        scene.object.cbitpos = 47;
    else if (key == "fault")
        scene.faults = *FaultPlan::parse(value);
    else if (key == "host")
        scene.settings.hostFaults = {*hostFaultFromName(value)};
    else if (key == "smm")
        scene.smm = true;
    else if (key == "kernel")
        scene.kernel = false;
    else if (key == "table")
        scene.image.hashTable = value == "none" ? std::optional<std::pair<std::uint32_t, std::uint32_t>>() : std::pair{0u, 0u};
    else if (key == "session") {
        QFile file(scene.folder.filePath(QStringLiteral("bad")));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("AAAA");
        scene.object.dhCertFile = scene.object.sessionFile = file.fileName().toStdString();
    }
    const auto guest = scene.launch();
    QVERIFY(!guest);
    QCOMPARE(QString::fromStdString(guest.error().lines.at(0)), first);
    if (first.startsWith(u"-accel"))
        QCOMPARE(guest.error().lines.back(), "-accel kvm: failed to initialize kvm: Operation not permitted");
}

void TestRehearsedGuest::unfinished_data()
{
    QTest::addColumn<QString>("fault");
    QTest::addColumn<QString>("words");
    QTest::newRow("update") << "snp-launch-update=INVALID_PAGE_STATE" << "SNP_LAUNCH_UPDATE ret=-5 fw_error=26 'Invalid page state'";
    QTest::newRow("finish") << "snp-launch-finish=BAD_SIGNATURE" << "SNP_LAUNCH_FINISH ret=-5 fw_error=10 'Bad signature'";
    QTest::newRow("busy") << "snp-launch-finish=busy" << "SNP_LAUNCH_FINISH ret=-16 fw_error=0 ''";
    QTest::newRow("metadata") << "" << "sev_snp_launch_finish: Failed to locate SEV metadata header";
}

void TestRehearsedGuest::unfinished()
{
    QFETCH(const QString, fault);
    QFETCH(const QString, words);
    Scene scene(true);
    scene.faults = *FaultPlan::parse(fault.toStdString());
    scene.image.metadata = !fault.isEmpty();
    const auto guest = scene.launch();
    QVERIFY(guest);
    const auto finished = (*guest)->finish();
    QVERIFY(!finished);
    QCOMPARE(QString::fromStdString(finished.error().lines.at(0)), words);
    QVERIFY(!(*guest)->running());
}

void TestRehearsedGuest::port()
{
    int both[2];
    QCOMPARE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both), 0);
    Fd ours(both[0]);
    const Fd warden(both[1]);
    int asked = 0;
    FirmwarePort port(std::move(ours), [&asked](ByteView request) {
        ++asked;
        return Bytes(request.size() == 96 ? 4000 : 0, 0x11);
    });
    const Bytes request(100);
    for (std::size_t at = 0; at < 150; at += 50) { // one and a half
        QCOMPARE(::send(warden.get(), request.data(), 50, 0), 50);
        port.handle();
    }
    QCOMPARE(asked, 1);
    Bytes answer(4004);
    QCOMPARE(::recv(warden.get(), answer.data(), answer.size(), MSG_WAITALL), 4004);
    QCOMPARE(loadLe<std::uint32_t>(answer, 0), 4000u);
    port.reset(); // a new warden begins anew
    Bytes other(100);
    other[0] = 9;
    QCOMPARE(::send(warden.get(), other.data(), 100, 0), 100);
    port.handle();
    QCOMPARE(::recv(warden.get(), answer.data(), 4, MSG_WAITALL), 4);
    QCOMPARE(loadLe<std::uint32_t>(answer, 0), 0u);
    QCOMPARE(asked, 1);
}

QTEST_GUILESS_MAIN(TestRehearsedGuest)
#include "test_rehearsed_guest.moc"
