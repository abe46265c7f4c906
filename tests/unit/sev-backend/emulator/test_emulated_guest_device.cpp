// SPDX-License-Identifier: Apache-2.0
// /dev/sev-guest of an emulated guest, and what configfs-tsm shows of it.
#include "caller_memory.h"
#include "sev-backend/certificates/ghcb_table.h"
#include "sev-backend/emulator/guest_device.h"
#include "status_text.h"
#include "tests/support/emulated_identity.h"

#include <QTemporaryDir>

#include <cerrno>

#include <linux/ioctl.h>
#include <linux/sev-guest.h>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

constexpr std::uint64_t at = test::FakeMemory::base, request = at + 0x1000, response = at + 0x2000, certificates = at + 0x8000;
constexpr std::uint64_t nowhere = 0x10, noFirmwareCall = ~0ull;

/// A program in a guest, with /dev/sev-guest open.
struct Program {
    explicit Program(std::shared_ptr<Processor> with)
        : processor(std::move(with))
        , device(*EmulatedGuestDevice::launch(processor))
    {
    }
    int ask(unsigned long what, std::uint64_t from = request, std::uint64_t to = response, std::uint8_t version = 1)
    {
        snp_guest_request_ioctl input{};
        input.msg_version = version;
        input.req_data = from;
        input.resp_data = to;
        input.exitinfo2 = 0x1234;
        memory.put(at, input);
        const int error = device->ioctl(what, at, memory, true).error;
        exitinfo2 = memory.get<snp_guest_request_ioctl>(at).exitinfo2;
        return error;
    }
    std::shared_ptr<Processor> processor;
    std::unique_ptr<EmulatedGuestDevice> device;
    test::FakeMemory memory;
    std::uint64_t exitinfo2 = 0;
};

} // namespace

class TestEmulatedGuestDevice : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }
    void theCallItself();
    void report_data();
    void report();
    void reportRefused();
    void derivedKey();
    void extendedReport();
    void busyAndRefused();
    void throttled();
    void tsm();
    void guestGoesWithItsDevice();
    void registers();

private:
    [[nodiscard]] Program program(ProcessorOptions options = {}) const
    {
        return Program(test::ownProcessor(m_folder->path().toStdString(), options));
    }
    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestEmulatedGuestDevice::theCallItself()
{
    auto guest = program();
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    QCOMPARE(guest.ask(SNP_GET_REPORT, request, response, 0), EINVAL);
    QCOMPARE(guest.exitinfo2, 0x1234ull); // refused before anything was written
    QCOMPARE(guest.ask(_IOWR('S', 3, snp_guest_request_ioctl)), ENOTTY);
    QCOMPARE(guest.exitinfo2, noFirmwareCall);
    QCOMPARE(guest.device->ioctl(SNP_GET_REPORT, nowhere, guest.memory, true).error, EFAULT);
    for (const unsigned long what : {SNP_GET_REPORT, SNP_GET_DERIVED_KEY, SNP_GET_EXT_REPORT}) {
        QCOMPARE(guest.ask(what, 0, response), EINVAL);
        QCOMPARE(guest.ask(what, request, 0), EINVAL);
        QCOMPARE(guest.ask(what, nowhere, response), EFAULT);
        QCOMPARE(guest.exitinfo2, noFirmwareCall);
        if (what != SNP_GET_EXT_REPORT)
            QCOMPARE(guest.ask(what, request, nowhere), EFAULT);
    }
}

void TestEmulatedGuestDevice::report_data()
{
    QTest::addColumn<QString>("profile");
    QTest::addColumn<unsigned>("version");
    for (const auto &profile : profiles())
        for (unsigned version = 2; version <= 5; ++version)
            QTest::addRow("%s v%u", std::string(profile.id).c_str(), version) << QString::fromStdString(std::string(profile.id)) << version;
}

void TestEmulatedGuestDevice::report()
{
    QFETCH(QString, profile);
    QFETCH(unsigned, version);
    auto guest = program({.profile = *findProfile(profile.toStdString()), .reportVersion = version});
    snp_report_req input{};
    std::ranges::fill(input.user_data, std::uint8_t{0xa5});
    input.vmpl = 2;
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    const auto answer = ReportResponse::decode(guest.memory.bytes(response, ReportResponse::size));
    QVERIFY(answer.has_value());
    const auto view = *ReportView::from(answer->report);
    QCOMPARE(view.version(), version);
    QCOMPARE(view.vmpl(), 2u);
    QVERIFY(std::ranges::equal(view.reportData().bytes, input.user_data));
    QVERIFY(P384Key::of(guest.processor->identity().vcek())->verifies(view.signedBytes(), view.signatureR(), view.signatureS()));
}

void TestEmulatedGuestDevice::reportRefused()
{
    auto guest = program();
    snp_report_req input{};
    input.vmpl = 4;
    guest.memory.put(request, input);
    // The firmware says so in its message; the driver has done its work.
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    QCOMPARE(guest.memory.get<std::uint32_t>(response), 0x16u);
    input = {};
    input.rsvd[0] = 2; // the VLEK, which is not there
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    QCOMPARE(guest.memory.get<std::uint32_t>(response), 0x27u);
}

void TestEmulatedGuestDevice::derivedKey()
{
    auto guest = program();
    snp_derived_key_req input{};
    input.guest_field_select = 1;
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), 0);
    const Bytes first = toBytes(guest.memory.bytes(response, 64));
    QCOMPARE(loadLe<std::uint32_t>(first, 0), 0u);
    QVERIFY(std::ranges::any_of(ByteView(first).subspan(32), [](auto byte) { return byte != 0; }));
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), 0);
    QCOMPARE(toBytes(guest.memory.bytes(response, 64)), first);
    // Another guest made the same way, in another program, has the same key.
    auto other = program();
    other.memory.put(request, input);
    QCOMPARE(other.ask(SNP_GET_DERIVED_KEY), 0);
    QCOMPARE(toBytes(other.memory.bytes(response, 64)), first);
    input.guest_field_select = 2;
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), 0);
    QVERIFY(toBytes(guest.memory.bytes(response, 64)) != first);
    input.guest_field_select = 0x40; // the vector is not in this structure
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), 0);
    QCOMPARE(guest.memory.get<std::uint32_t>(response), 0x16u);
    QVERIFY(std::ranges::all_of(guest.memory.bytes(response + 4, 60), [](auto byte) { return byte == 0; }));
}

void TestEmulatedGuestDevice::extendedReport()
{
    auto guest = program();
    const auto ask = [&](std::uint64_t address, std::uint32_t length) {
        snp_ext_report_req input{};
        input.data.user_data[0] = 7;
        input.certs_address = address;
        input.certs_len = length;
        guest.memory.put(request, input);
        return guest.ask(SNP_GET_EXT_REPORT);
    };
    const Bytes table = *guest.processor->certificateTable();
    const auto needed = static_cast<std::uint32_t>((table.size() + 4095) / 4096 * 4096);
    QVERIFY(needed >= 4096 && needed <= 0x4000);
    // The length is asked for first. Linux says EIO, whatever the driver calls it inside.
    for (const auto &[address, length] : {std::pair<std::uint64_t, std::uint32_t>{0, 0}, {certificates, 0}, {0, 0x4000}}) {
        QCOMPARE(ask(address, length), EIO);
        QCOMPARE(guest.exitinfo2, std::uint64_t{SNP_GUEST_VMM_ERR_INVALID_LEN} << 32);
        QCOMPARE(guest.memory.get<snp_ext_report_req>(request).certs_len, needed);
    }
    if (needed > 4096) {
        QCOMPARE(ask(certificates, 4096), EIO);
        QCOMPARE(guest.memory.get<snp_ext_report_req>(request).certs_len, needed);
    }
    QVERIFY(std::ranges::all_of(guest.memory.bytes(response, 4000), [](auto byte) { return byte == 0; }));
    QCOMPARE(ask(certificates, needed - 1), EINVAL);
    QCOMPARE(ask(certificates, 0x5000), EINVAL);
    QCOMPARE(guest.exitinfo2, noFirmwareCall);
    QCOMPARE(ask(nowhere, needed), EFAULT);
    QCOMPARE(ask(certificates, 0x4000), 0);
    const auto answer = ReportResponse::decode(guest.memory.bytes(response, ReportResponse::size));
    QVERIFY(answer.has_value());
    QCOMPARE(unsigned(ReportView::from(answer->report)->reportData().bytes[0]), 7u);
    const auto entries = readGhcbTable(guest.memory.bytes(certificates, 0x4000));
    QVERIFY(entries.has_value());
    QCOMPARE(entries->size(), std::size_t(3));
    QCOMPARE((*entries)[0].content, guest.processor->identity().vcek().der());
}

void TestEmulatedGuestDevice::busyAndRefused()
{
    auto guest = program({.faults = *FaultPlan::parse("get-report=busy*2,get-derived-key=INVALID_GUEST_STATE,get-ext-report=INVALID_KEY")});
    for (int i = 0; i < 2; ++i) {
        QCOMPARE(guest.ask(SNP_GET_REPORT), EAGAIN);
        QCOMPARE(guest.exitinfo2, std::uint64_t{SNP_GUEST_VMM_ERR_BUSY} << 32);
    }
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), EIO); // no status that a message has: the whole request is refused
    QCOMPARE(guest.exitinfo2, 2ull);
    snp_ext_report_req input{};
    input.certs_address = certificates;
    input.certs_len = 0x4000;
    guest.memory.put(request, input);
    QCOMPARE(guest.ask(SNP_GET_EXT_REPORT), 0);
    QCOMPARE(guest.memory.get<std::uint32_t>(response), 0x27u);
}

// Linux waits and asks again, and when that lasts too long, throws its key away.
void TestEmulatedGuestDevice::throttled()
{
    using std::chrono::milliseconds;
    auto guest = program({.faults = *FaultPlan::parse("get-report=throttled*3,get-derived-key=throttled,snp-commit=throttled")});
    guest.device->setPatience(milliseconds(10), milliseconds(10000));
    const auto begin = std::chrono::steady_clock::now();
    QCOMPARE(guest.ask(SNP_GET_REPORT), 0);
    QVERIFY(std::chrono::steady_clock::now() - begin >= milliseconds(30));
    QCOMPARE(ReportResponse::decode(guest.memory.bytes(response, ReportResponse::size))->report.size(), ReportView::size);
    guest.device->setPatience(milliseconds(1), milliseconds(5));
    QCOMPARE(guest.ask(SNP_GET_DERIVED_KEY), ETIMEDOUT);
    QCOMPARE(guest.exitinfo2, std::uint64_t{SNP_GUEST_VMM_ERR_BUSY} << 32);
    QCOMPARE(guest.ask(SNP_GET_REPORT), ENOTTY);
    QCOMPARE(guest.device->tsmReport(Bytes(64), 0).error(), ENOTTY);
    // Another guest of the same host is not hurt by it.
    const auto other = EmulatedGuestDevice::launch(guest.processor);
    QVERIFY((*other)->tsmReport(Bytes(64), 0).has_value());
    QVERIFY(guest.processor->snp().commit().error() == firmwareThrottled);
}

void TestEmulatedGuestDevice::tsm()
{
    auto guest = program();
    const Bytes inblob(64, 3);
    const auto report = guest.device->tsmReport(inblob, 1);
    QVERIFY(report.has_value());
    const auto view = ReportView::from(report->outblob);
    QVERIFY(view.has_value());
    QVERIFY(std::ranges::equal(view->reportData().bytes, inblob));
    QCOMPARE(view->vmpl(), 1u);
    QCOMPARE(readGhcbTable(report->auxblob)->size(), std::size_t(3));
    QCOMPARE(guest.device->tsmReport(ByteView(inblob).first(63), 0).error(), EINVAL);
    QCOMPARE(guest.device->tsmReport({}, 0).error(), EINVAL);
    QCOMPARE(guest.device->tsmReport(inblob, 4).error(), EINVAL);
    auto busy = program({.faults = *FaultPlan::parse("get-ext-report=busy#1,get-ext-report=INVALID_KEY#2")});
    QCOMPARE(busy.device->tsmReport(inblob, 0).error(), EAGAIN);
    QCOMPARE(busy.device->tsmReport(inblob, 0).error(), EIO);
    QVERIFY(busy.device->tsmReport(inblob, 0).has_value());
}

void TestEmulatedGuestDevice::guestGoesWithItsDevice()
{
    const std::shared_ptr<Processor> processor = test::ownProcessor(m_folder->path().toStdString());
    {
        const auto device = EmulatedGuestDevice::launch(processor);
        QVERIFY(device.has_value());
        QCOMPARE(processor->firmware().guestCount(), std::size_t(1));
        QCOMPARE(processor->snp().status()->guests, 1u);
        const EmulatedGuestDevice second(processor, (*device)->guest()); // of a guest that is somebody else's
    }
    QCOMPARE(processor->firmware().guestCount(), std::size_t(0));
    // Without SNP, and when the launch is refused, the error says so.
    const std::shared_ptr<Processor> naples = test::ownProcessor(m_folder->path().toStdString(), {.profile = *findProfile("naples")});
    const auto none = EmulatedGuestDevice::launch(naples);
    QVERIFY(!none.has_value());
    QVERIFY(none.error().message().contains("UNSUPPORTED"));
    const std::shared_ptr<Processor> refusing =
        test::ownProcessor(m_folder->path().toStdString(), {.faults = *FaultPlan::parse("snp-launch-finish=BAD_MEASUREMENT")});
    QVERIFY(!EmulatedGuestDevice::launch(refusing).has_value());
    QCOMPARE(refusing->firmware().guestCount(), std::size_t(0));
}

void TestEmulatedGuestDevice::registers()
{
    auto guest = program();
    QCOMPARE(guest.device->msr(0, 0xc0010131), std::optional<std::uint64_t>(7));
    QVERIFY(!guest.device->msr(0, 0xc0010132).has_value()); // a host's
}

QTEST_GUILESS_MAIN(TestEmulatedGuestDevice)
#include "test_emulated_guest_device.moc"
