// SPDX-License-Identifier: Apache-2.0
// /dev/sev of the emulated platform: what Linux's driver checks, in its order, and what it writes where.
#include "caller_memory.h"
#include "sev-backend/emulator/registers.h"
#include "sev-backend/emulator/sev_device.h"
#include "sev-backend/legacy/certificate_maker.h"
#include "sev-backend/legacy/platform_chain.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

#include <cerrno>

#include <linux/ioctl.h>
#include <linux/psp-sev.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

namespace {

constexpr std::uint64_t at = test::FakeMemory::base, data = at + 0x1000, bufferA = at + 0x4000, bufferB = at + 0xa000;
constexpr std::uint64_t nowhere = 0x10;
constexpr std::uint32_t untouched = 0x5a5a5a5a;
constexpr std::uint32_t certificateSize = legacy::Certificate::size;

std::uint32_t code(FirmwareStatus status)
{
    return static_cast<std::uint32_t>(status);
}

/// A program with /dev/sev open.
struct Program {
    explicit Program(std::shared_ptr<Processor> with)
        : processor(std::move(with))
        , device(processor)
    {
    }
    int issue(std::uint32_t command, std::uint64_t argument = data, bool writable = true)
    {
        sev_issue_cmd input{};
        input.cmd = command;
        input.data = argument;
        input.error = untouched;
        memory.put(at, input);
        const int error = device.ioctl(SEV_ISSUE_CMD, at, memory, writable).error;
        status = memory.get<sev_issue_cmd>(at).error;
        return error;
    }
    std::shared_ptr<Processor> processor;
    EmulatedSevDevice device;
    test::FakeMemory memory;
    std::uint32_t status = 0;
};

} // namespace

class TestEmulatedSevDevice : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void theCallItself();
    void permissions_data();
    void permissions();
    void addresses_data();
    void addresses();
    void platformStatus();
    void factoryReset();
    void generate();
    void csr();
    void exportChain();
    void importChain();
    void id_data();
    void id();
    void snpStatus();
    void snpConfigAndCommit();
    void vlekLoad();
    void faults();
    void registers_data();
    void registers();

private:
    [[nodiscard]] Program program(const char *profile = "genoa", const char *faults = "") const
    {
        return Program(
            test::ownProcessor(m_folder->path().toStdString(), {.profile = *findProfile(profile), .faults = *FaultPlan::parse(faults)}));
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedSevDevice::theCallItself()
{
    auto sev = program();
    sev_issue_cmd input{};
    input.cmd = SEV_PLATFORM_STATUS;
    input.data = data;
    sev.memory.put(at, input);
    const auto with = [&](std::uint64_t request, std::uint64_t argument = at) {
        return sev.device.ioctl(request, argument, sev.memory, true).error;
    };
    QCOMPARE(with(SEV_ISSUE_CMD), 0);
    QCOMPARE(with(SEV_ISSUE_CMD | 0xffffffff00000000u), 0); // an int that was sign-extended
    QCOMPARE(with(SEV_ISSUE_CMD + 1), EINVAL);
    QCOMPARE(with(0), EINVAL);
    QCOMPARE(with(SEV_ISSUE_CMD, nowhere), EFAULT);
    QCOMPARE(with(SEV_ISSUE_CMD, at + test::FakeMemory::size - 15), EFAULT);
    QCOMPARE(with(SEV_ISSUE_CMD, ~0ull - 7), EFAULT);
    for (const std::uint32_t command : {std::uint32_t{SEV_MAX}, std::uint32_t{SEV_MAX} + 1, 0xffffffffu})
        QCOMPARE(sev.issue(command), EINVAL);
    QCOMPARE(sev.status, untouched);
    // What can't be written back is said, although the command was done.
    sev.memory.put(at, input);
    sev.memory.readOnly = true;
    QCOMPARE(with(SEV_ISSUE_CMD), EFAULT);
}

void TestEmulatedSevDevice::permissions_data()
{
    QTest::addColumn<unsigned>("command");
    QTest::addColumn<int>("error");
    const auto row = [](const char *name, unsigned command, int error) { QTest::newRow(name) << command << error; };
    row("FACTORY_RESET", SEV_FACTORY_RESET, EPERM);
    row("PLATFORM_STATUS", SEV_PLATFORM_STATUS, 0);
    row("PEK_GEN", SEV_PEK_GEN, EPERM);
    row("PEK_CSR", SEV_PEK_CSR, EPERM);
    row("PDH_GEN", SEV_PDH_GEN, EPERM);
    row("PDH_CERT_EXPORT", SEV_PDH_CERT_EXPORT, EIO); // asks for lengths
    row("PEK_CERT_IMPORT", SEV_PEK_CERT_IMPORT, EPERM);
    row("GET_ID", SEV_GET_ID, 0);
    row("GET_ID2", SEV_GET_ID2, EIO); // asks for the length
    row("SNP_PLATFORM_STATUS", SNP_PLATFORM_STATUS, 0);
    row("SNP_COMMIT", SNP_COMMIT, 0);
    row("SNP_SET_CONFIG", SNP_SET_CONFIG, EPERM);
    row("SNP_VLEK_LOAD", SNP_VLEK_LOAD, EPERM);
}

void TestEmulatedSevDevice::permissions()
{
    QFETCH(unsigned, command);
    QFETCH(int, error);
    auto sev = program();
    QCOMPARE(sev.issue(command, data, false), error);
    QCOMPARE(sev.status, error == EPERM ? untouched : error == EIO ? code(FirmwareStatus::InvalidLength) : 0u);
}

void TestEmulatedSevDevice::addresses_data()
{
    QTest::addColumn<unsigned>("command");
    QTest::addColumn<int>("ofNull");
    const auto row = [](const char *name, unsigned command, int ofNull) { QTest::newRow(name) << command << ofNull; };
    row("PLATFORM_STATUS", SEV_PLATFORM_STATUS, EFAULT);
    row("PEK_CSR", SEV_PEK_CSR, EFAULT);
    row("PDH_CERT_EXPORT", SEV_PDH_CERT_EXPORT, EFAULT);
    row("PEK_CERT_IMPORT", SEV_PEK_CERT_IMPORT, EFAULT);
    row("GET_ID", SEV_GET_ID, EFAULT);
    row("GET_ID2", SEV_GET_ID2, EFAULT);
    row("SNP_PLATFORM_STATUS", SNP_PLATFORM_STATUS, EINVAL);
    row("SNP_SET_CONFIG", SNP_SET_CONFIG, EINVAL);
    row("SNP_VLEK_LOAD", SNP_VLEK_LOAD, EINVAL);
}

void TestEmulatedSevDevice::addresses()
{
    QFETCH(unsigned, command);
    QFETCH(int, ofNull);
    auto sev = program();
    QCOMPARE(sev.issue(command, nowhere), EFAULT);
    QCOMPARE(sev.issue(command, at + test::FakeMemory::size - 4), EFAULT);
    QCOMPARE(sev.issue(command, 0), ofNull);
}

void TestEmulatedSevDevice::platformStatus()
{
    auto sev = program();
    QCOMPARE(sev.issue(SEV_PLATFORM_STATUS), 0);
    QCOMPARE(sev.status, 0u);
    const auto status = sev.memory.get<sev_user_data_status>(data);
    QCOMPARE(unsigned(status.api_major), 1u);
    QCOMPARE(unsigned(status.api_minor), 58u);
    QCOMPARE(unsigned(status.build), 40u);
    QCOMPARE(unsigned(status.state), 1u);
    QCOMPARE(std::uint32_t(status.flags), std::uint32_t(SEV_STATUS_FLAGS_CONFIG_ES));
    QCOMPARE(std::uint32_t(status.guest_count), 0u);
    static_cast<void>(sev.processor->legacy().launchStart({}));
    QCOMPARE(sev.issue(SEV_PLATFORM_STATUS), 0);
    QCOMPARE(unsigned(sev.memory.get<sev_user_data_status>(data).state), 2u);
    QCOMPARE(std::uint32_t(sev.memory.get<sev_user_data_status>(data).guest_count), 1u);
}

void TestEmulatedSevDevice::factoryReset()
{
    auto sev = program();
    const auto before = sev.processor->legacy().pdhCertExport(certificateSize, 3 * certificateSize);
    const auto guest = *sev.processor->legacy().launchStart({});
    QCOMPARE(sev.issue(SEV_FACTORY_RESET, 0), EBUSY);
    QVERIFY(sev.processor->legacy().decommission(guest).has_value());
    QCOMPARE(sev.issue(SEV_FACTORY_RESET, 0), 0);
    QCOMPARE(sev.status, 0u);
    QCOMPARE(sev.processor->legacy().platformStatus()->state, SevState::Uninit);
    QCOMPARE(sev.issue(SEV_FACTORY_RESET, 0), 0); // from UNINIT, too
    // The next command that needs it initialises the platform; reading alone may not.
    QCOMPARE(sev.issue(SEV_PDH_CERT_EXPORT, data, false), EPERM);
    QCOMPARE(sev.issue(SEV_PDH_GEN, 0), 0);
    QCOMPARE(sev.processor->legacy().platformStatus()->state, SevState::Init);
    QVERIFY(sev.processor->legacy().pdhCertExport(certificateSize, 3 * certificateSize)->chain != before->chain);
}

void TestEmulatedSevDevice::generate()
{
    auto sev = program();
    const auto chain = [&] { return *sev.processor->legacy().pdhCertExport(certificateSize, 3 * certificateSize); };
    const auto first = chain();
    QCOMPARE(sev.issue(SEV_PDH_GEN, 0), 0);
    const auto second = chain();
    QVERIFY(second.pdh != first.pdh);
    QCOMPARE(second.chain, first.chain);
    QCOMPARE(sev.issue(SEV_PEK_GEN, 0), 0);
    QVERIFY(chain().chain != second.chain);
    static_cast<void>(sev.processor->legacy().launchStart({}));
    QCOMPARE(sev.issue(SEV_PEK_GEN, 0), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::InvalidPlatformState));
}

void TestEmulatedSevDevice::csr()
{
    auto sev = program();
    const auto ask = [&](std::uint64_t address, std::uint32_t length) {
        sev_user_data_pek_csr input{};
        input.address = address;
        input.length = length;
        sev.memory.put(data, input);
        return sev.issue(SEV_PEK_CSR);
    };
    const auto length = [&] { return std::uint32_t(sev.memory.get<sev_user_data_pek_csr>(data).length); };
    for (const auto &[address, size] : {std::pair<std::uint64_t, std::uint32_t>{0, 0}, {bufferA, 0}, {0, 5000}, {bufferA, 2083}}) {
        QCOMPARE(ask(address, size), EIO);
        QCOMPARE(sev.status, code(FirmwareStatus::InvalidLength));
        QCOMPARE(length(), certificateSize);
    }
    QVERIFY(std::ranges::all_of(sev.memory.bytes(bufferA, 4096), [](auto byte) { return byte == 0; })); // nothing was written there
    QCOMPARE(ask(bufferA, 0x4001), EFAULT);
    QCOMPARE(ask(nowhere, 4096), EFAULT);
    QCOMPARE(ask(bufferA, 4096), 0);
    QCOMPARE(sev.status, 0u);
    QCOMPARE(length(), certificateSize);
    const auto certificate = legacy::Certificate::parse(sev.memory.bytes(bufferA, certificateSize), "csr");
    QVERIFY(certificate.has_value());
    QCOMPARE(certificate->usage(), legacy::Usage::Pek);
    QVERIFY(std::ranges::all_of(sev.memory.bytes(bufferA + certificateSize, 64), [](auto byte) { return byte == 0; }));
}

void TestEmulatedSevDevice::exportChain()
{
    auto sev = program();
    const auto ask = [&](std::uint64_t pdh, std::uint32_t pdhSize, std::uint64_t chain, std::uint32_t chainSize) {
        sev_user_data_pdh_cert_export input{};
        input.pdh_cert_address = pdh;
        input.pdh_cert_len = pdhSize;
        input.cert_chain_address = chain;
        input.cert_chain_len = chainSize;
        sev.memory.put(data, input);
        return sev.issue(SEV_PDH_CERT_EXPORT, data, false); // an initialised platform is exported by reading
    };
    const std::array<std::uint32_t, 4> sizes[] = {
        {0, 0, 0, 0}, {1, 2083, 1, 6252}, {1, 2084, 1, 6251}, {0, 2084, 1, 6252}, {1, 0, 1, 6252}, {1, 2084, 0, 6252}};
    for (const auto &[pdh, pdhSize, chain, chainSize] : sizes) {
        QCOMPARE(ask(pdh ? bufferA : 0, pdhSize, chain ? bufferB : 0, chainSize), EIO);
        QCOMPARE(sev.status, code(FirmwareStatus::InvalidLength));
        const auto answer = sev.memory.get<sev_user_data_pdh_cert_export>(data);
        QCOMPARE(std::uint32_t(answer.pdh_cert_len), certificateSize);
        QCOMPARE(std::uint32_t(answer.cert_chain_len), 3 * certificateSize);
    }
    QCOMPARE(ask(bufferA, 0x4001, bufferB, 6252), EFAULT);
    QCOMPARE(ask(bufferA, 2084, bufferB, 0x4001), EFAULT);
    QCOMPARE(ask(nowhere, 2084, bufferB, 6252), EFAULT);
    QCOMPARE(ask(bufferA, 2084, nowhere, 6252), EFAULT);
    QCOMPARE(ask(bufferA, 3000, bufferB, 8000), 0);
    legacy::PlatformChain chain;
    QVERIFY(chain.add(sev.memory.bytes(bufferA, certificateSize), "pdh").has_value());
    QVERIFY(chain.add(sev.memory.bytes(bufferB, 3 * certificateSize), "chain").has_value());
    QVERIFY(chain.pdh && chain.pek && chain.oca && chain.cek);
    QVERIFY(signedBy(*chain.pdh, *chain.pek));
}

void TestEmulatedSevDevice::importChain()
{
    auto sev = program();
    const P384PrivateKey key = P384PrivateKey::make();
    Bytes oca = legacy::unsignedCertificate(legacy::Usage::Oca, legacy::Algorithm::EcdsaSha256, key, 1, 55);
    legacy::signInto(oca, 0, legacy::Usage::Oca, key);
    Bytes pek = *sev.processor->legacy().pekCsr(certificateSize);
    legacy::signInto(pek, 0, legacy::Usage::Oca, key);
    sev.memory.putBytes(bufferA, pek);
    sev.memory.putBytes(bufferB, oca);
    const auto ask = [&](std::uint64_t pekAt, std::uint32_t pekSize, std::uint64_t ocaAt, std::uint32_t ocaSize) {
        sev_user_data_pek_cert_import input{};
        input.pek_cert_address = pekAt;
        input.pek_cert_len = pekSize;
        input.oca_cert_address = ocaAt;
        input.oca_cert_len = ocaSize;
        sev.memory.put(data, input);
        return sev.issue(SEV_PEK_CERT_IMPORT);
    };
    QCOMPARE(ask(0, certificateSize, bufferB, certificateSize), EINVAL);
    QCOMPARE(ask(bufferA, 0, bufferB, certificateSize), EINVAL);
    QCOMPARE(ask(bufferA, 0x4001, bufferB, certificateSize), EINVAL);
    QCOMPARE(ask(bufferA, certificateSize, 0, certificateSize), EINVAL);
    QCOMPARE(ask(bufferA, certificateSize, bufferB, 0), EINVAL);
    QCOMPARE(ask(nowhere, certificateSize, bufferB, certificateSize), EFAULT);
    QCOMPARE(ask(bufferA, certificateSize, nowhere, certificateSize), EFAULT);
    QCOMPARE(ask(bufferA, certificateSize - 1, bufferB, certificateSize), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::InvalidLength));
    QCOMPARE(ask(bufferB, certificateSize, bufferB, certificateSize), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::InvalidCertificate));
    QCOMPARE(ask(bufferA, certificateSize, bufferB, certificateSize), 0);
    QCOMPARE(ask(bufferA, certificateSize, bufferB, certificateSize), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::AlreadyOwned));
    QCOMPARE(sev.issue(SEV_PLATFORM_STATUS), 0);
    QCOMPARE(std::uint32_t(sev.memory.get<sev_user_data_status>(data).flags) & 1, 1u);
}

void TestEmulatedSevDevice::id_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("length");
    for (const auto &profile : allProfiles())
        QTest::addRow("%s", std::string(profile.id).c_str())
            << QString::fromStdString(std::string(profile.id)) << unsigned(profile.chipIdLength());
}

void TestEmulatedSevDevice::id()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, length);
    QCOMPARE(length, profile == QLatin1String("turin") ? 8u : 64u);
    auto sev = program(profile.toUtf8().constData());
    const auto ask = [&](std::uint64_t address, std::uint32_t size) {
        sev_user_data_get_id2 input{};
        input.address = address;
        input.length = size;
        sev.memory.put(data, input);
        return sev.issue(SEV_GET_ID2, data, false);
    };
    for (const auto &[address, size] : {std::pair<std::uint64_t, std::uint32_t>{0, 0}, {bufferA, 0}, {0, 64}, {bufferA, length - 1}}) {
        QCOMPARE(ask(address, size), EIO);
        QCOMPARE(sev.status, code(FirmwareStatus::InvalidLength));
        QCOMPARE(std::uint32_t(sev.memory.get<sev_user_data_get_id2>(data).length), length);
    }
    QCOMPARE(ask(bufferA, 0xffffffff), ENOMEM);
    QCOMPARE(ask(bufferA, 128), 0);
    QCOMPARE(std::uint32_t(sev.memory.get<sev_user_data_get_id2>(data).length), length);
    const ByteView expected = sev.processor->identity().chipId().view().first(length);
    QVERIFY(std::ranges::equal(sev.memory.bytes(bufferA, length), expected));
    QVERIFY(std::ranges::all_of(sev.memory.bytes(bufferA + length, 64), [](auto byte) { return byte == 0; }));
    QCOMPARE(sev.issue(SEV_GET_ID), 0); // the deprecated one: the first socket's, and nothing for a second
    QVERIFY(std::ranges::equal(sev.memory.bytes(data, length), expected));
}

void TestEmulatedSevDevice::snpStatus()
{
    auto sev = program();
    QCOMPARE(sev.issue(SNP_PLATFORM_STATUS), 0);
    const auto status = sev.memory.get<sev_user_data_snp_status>(data);
    QCOMPARE(unsigned(status.api_major), 1u);
    QCOMPARE(unsigned(status.api_minor), 58u);
    QCOMPARE(unsigned(status.state), 1u);
    QCOMPARE(unsigned(status.is_rmp_initialized), 1u);
    QCOMPARE(std::uint32_t(status.build_id), 40u);
    QCOMPARE(std::uint64_t(status.current_tcb_version), loadLe<std::uint64_t>(sev.processor->profile().tcb().bytes().bytes, 0));
    QCOMPARE(std::uint64_t(status.reported_tcb_version), std::uint64_t(status.current_tcb_version));
    QVERIFY(sev.processor->snp().shutdown().has_value());
    for (const std::uint32_t command : {SNP_PLATFORM_STATUS, SNP_COMMIT, SNP_SET_CONFIG, SNP_VLEK_LOAD})
        QCOMPARE(sev.issue(command), EINVAL);
    auto rome = program("naples");
    for (const std::uint32_t command : {SNP_PLATFORM_STATUS, SNP_COMMIT, SNP_SET_CONFIG, SNP_VLEK_LOAD})
        QCOMPARE(rome.issue(command), EINVAL);
    QCOMPARE(rome.issue(SEV_PLATFORM_STATUS), 0);
}

void TestEmulatedSevDevice::snpConfigAndCommit()
{
    auto sev = program();
    sev_user_data_snp_config config{};
    config.mask_chip_id = 1;
    sev.memory.put(data, config);
    QCOMPARE(sev.issue(SNP_SET_CONFIG), 0);
    QCOMPARE(sev.issue(SNP_PLATFORM_STATUS), 0);
    QCOMPARE(unsigned(sev.memory.get<sev_user_data_snp_status>(data).mask_chip_id), 1u);
    config = {};
    config.rsvd1[51] = 1;
    sev.memory.put(data, config);
    QCOMPARE(sev.issue(SNP_SET_CONFIG), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::InvalidParam));
    config = {};
    config.reported_tcb = ~0ull;
    sev.memory.put(data, config);
    QCOMPARE(sev.issue(SNP_SET_CONFIG), EIO);
    QCOMPARE(sev.issue(SNP_COMMIT, 0, false), 0); // the driver lets anybody who reads commit
}

void TestEmulatedSevDevice::vlekLoad()
{
    auto sev = program();
    const Bytes stick = *sev.processor->vlekHashstick();
    sev.memory.putBytes(bufferA, stick);
    const auto ask = [&](std::uint32_t length, std::uint8_t version, std::uint64_t address) {
        sev_user_data_snp_vlek_load input{};
        input.len = length;
        input.vlek_wrapped_version = version;
        input.vlek_wrapped_address = address;
        sev.memory.put(data, input);
        return sev.issue(SNP_VLEK_LOAD);
    };
    QCOMPARE(ask(15, 0, bufferA), EINVAL);
    QCOMPARE(ask(16, 1, bufferA), EINVAL);
    QCOMPARE(ask(16, 0, 0), EINVAL);
    QCOMPARE(ask(16, 0, nowhere), EFAULT);
    QCOMPARE(ask(16, 0, bufferB), EIO); // zeros
    QCOMPARE(sev.status, code(FirmwareStatus::BadMeasurement));
    QCOMPARE(ask(16, 0, bufferA), 0);
    QCOMPARE(sev.issue(SNP_PLATFORM_STATUS), 0);
    QCOMPARE(unsigned(sev.memory.get<sev_user_data_snp_status>(data).vlek_en), 1u);
}

void TestEmulatedSevDevice::faults()
{
    auto sev = program("genoa", "pdh-gen=HWERROR_PLATFORM#2,snp-commit=busy*1,init=SECURE_DATA_INVALID,get-id=INVALID_LENGTH");
    QCOMPARE(sev.issue(SEV_PDH_GEN, 0), 0);
    QCOMPARE(sev.issue(SEV_PDH_GEN, 0), EIO);
    QCOMPARE(sev.status, code(FirmwareStatus::HwerrorPlatform));
    QCOMPARE(sev.issue(SEV_PDH_GEN, 0), 0);
    QCOMPARE(sev.issue(SNP_COMMIT, 0), EBUSY);
    QCOMPARE(sev.status, 0xffffffffu); // the firmware was not asked
    QCOMPARE(sev.issue(SNP_COMMIT, 0), 0);
    QCOMPARE(sev.issue(SEV_FACTORY_RESET, 0), 0);
    QCOMPARE(sev.issue(SEV_PEK_GEN, 0), EIO); // can't be initialised
    QCOMPARE(sev.status, code(FirmwareStatus::SecureDataInvalid));
    QCOMPARE(sev.issue(SEV_GET_ID, data), EIO);
}

void TestEmulatedSevDevice::registers_data()
{
    QTest::addColumn<QString>("profile");
    for (const auto &profile : allProfiles())
        QTest::addRow("%s", std::string(profile.id).c_str()) << QString::fromStdString(std::string(profile.id));
}

void TestEmulatedSevDevice::registers()
{
    QFETCH(QString, profile);
    auto sev = program(profile.toUtf8().constData());
    const bool snp = sev.processor->profile().hasSnp;
    const auto syscfg = sev.device.msr(0, 0xc0010010);
    QVERIFY(syscfg.has_value());
    QVERIFY(*syscfg >> 23 & 1);
    QCOMPARE(bool(*syscfg >> 24 & 1), snp);
    QCOMPARE(bool(*syscfg >> 25 & 1), snp);
    QCOMPARE(sev.device.msr(3, 0xc0010010), syscfg); // each CPU has the same
    QCOMPARE(sev.device.msr(0, 0xc0010131), std::optional<std::uint64_t>(0)); // a host
    QCOMPARE(sev.device.msr(0, 0xc0010132).has_value(), snp);
    QCOMPARE(sev.device.msr(0, 0xc0010133).has_value(), snp);
    if (snp) {
        const std::uint64_t size = *sev.device.msr(0, 0xc0010133) + 1 - *sev.device.msr(0, 0xc0010132);
        QCOMPARE((size - 0x4000) / 16 * 4096, std::uint64_t{1} << 40);
        QCOMPARE(guestRegister(sev.processor->profile(), 0xc0010131), std::optional<std::uint64_t>(7));
    }
    QVERIFY(!sev.device.msr(0, 0x1234).has_value());
}

QTEST_GUILESS_MAIN(TestEmulatedSevDevice)
#include "test_emulated_sev_device.moc"
