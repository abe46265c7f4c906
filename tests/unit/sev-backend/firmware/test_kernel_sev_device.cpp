// SPDX-License-Identifier: Apache-2.0
// The device as the kernel has it: how it is opened, what the ioctl gets, and what is said of who may use it.
#include "emulated_fixture.h"
#include "sev-backend/firmware/device_access.h"
#include "sev-backend/firmware/kernel_sev_device.h"
#include "sev-backend/firmware/platform.h"

#include <QtTest/QTest>

#include <cerrno>

#include <fcntl.h>
#include <linux/ioctl.h>
#include <linux/psp-sev.h>
#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;

namespace {

/// All memory of this process, as a driver sees it.
class Everything final : public CallerMemory {
public:
    [[nodiscard]] bool read(std::uint64_t address, std::span<std::uint8_t> into) override
    {
        std::memcpy(into.data(), reinterpret_cast<const void *>(address), into.size());
        return true;
    }
    [[nodiscard]] bool write(std::uint64_t address, ByteView bytes) override
    {
        std::memcpy(reinterpret_cast<void *>(address), bytes.data(), bytes.size());
        return true;
    }
};

} // namespace

class TestKernelSevDevice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theIoctlGetsTheKernelsStructures()
    {
        EmulatedFixture fixture;
        const std::string path = fixture.path("sev");
        QVERIFY(writeFileAtomically(path, {}, 0600));
        EmulatedSevDevice emulated(fixture.processor);
        std::vector<std::pair<std::uint32_t, int>> seen; // command and access mode
        const auto device = std::make_shared<KernelSevDevice>(path, [&](int fd, unsigned long request, void *argument) {
            const int mode = ::fcntl(fd, F_GETFL) & O_ACCMODE;
            sev_issue_cmd command{};
            std::memcpy(&command, argument, sizeof command);
            seen.emplace_back(std::uint32_t{command.cmd}, mode);
            Everything memory;
            const auto answer = emulated.ioctl(request, reinterpret_cast<std::uintptr_t>(argument), memory, mode == O_RDWR);
            errno = answer.error;
            return answer.error == 0 ? 0 : -1;
        });
        Platform platform(device);
        QVERIFY(platform.status() && platform.id() && platform.snpStatus());
        const auto exported = platform.exportChain();
        QVERIFY2(exported, exported ? "" : exported.error().message().c_str());
        QVERIFY(platform.rotatePdh() && platform.pekCsr());
        QVERIFY(platform.setConfig({platform.snpStatus()->currentTcb, false, true}));
        const std::vector<std::pair<std::uint32_t, int>> expected{{SEV_PLATFORM_STATUS, O_RDONLY}, {SEV_GET_ID2, O_RDONLY},
            {SNP_PLATFORM_STATUS, O_RDONLY}, {SEV_PLATFORM_STATUS, O_RDONLY}, {SEV_PDH_CERT_EXPORT, O_RDONLY}, {SEV_PDH_GEN, O_RDWR},
            {SEV_PEK_CSR, O_RDWR}, {SNP_PLATFORM_STATUS, O_RDONLY}, {SNP_SET_CONFIG, O_RDWR}};
        QCOMPARE(seen, expected);
        // A status of the firmware comes through the structure.
        SevCall call = SevCall::of(SevCommand::PekCertImport, {Bytes(2084), Bytes(2084)});
        const CommandAnswer answer = device->issue(call, true);
        QVERIFY(answer.error != 0 && answer.status != 0);
        // No address stays in what is handed on.
        QCOMPARE(loadLe<std::uint64_t>(call.structure, 0), 0u);
    }

    void interruptedCallsAreMadeAgain()
    {
        const test::DataFolder folder;
        const std::string path = (folder.path() / "sev").string();
        QVERIFY(writeFileAtomically(path, {}, 0600));
        int times = 0;
        KernelSevDevice device(path, [&times](int, unsigned long, void *) {
            errno = EINTR;
            return ++times < 3 ? -1 : 0;
        });
        SevCall call = SevCall::of(SevCommand::PekGen);
        QVERIFY(device.issue(call, true).done() && times == 3);
    }

    void whatIsNoDeviceIsNamed()
    {
        const test::DataFolder folder;
        Platform missing(std::make_shared<KernelSevDevice>(folder.path() / "none"));
        const auto error = missing.status();
        QVERIFY(!error && error.error().kind == ErrorKind::Environment && error.error().remedy.find("ccp") != std::string::npos);
        const std::string path = (folder.path() / "plain").string();
        QVERIFY(writeFileAtomically(path, {}, 0600));
        const auto plain = Platform(std::make_shared<KernelSevDevice>(path)).status(); // the real ioctl: ENOTTY
        QVERIFY(!plain && plain.error().why.find("not the device") != std::string::npos);
    }

    void accessIsLookedUpAsOpenWillFindIt()
    {
        const test::DataFolder folder;
        const auto path = folder.path() / "sev";
        QVERIFY(!lookAtDevice(path).exists);
        QVERIFY(writeFileAtomically(path, {}, 0600));
        const auto ours = lookAtDevice(path);
        QVERIFY(ours.exists && ours.read && ours.write && ours.why.empty());
        if (::geteuid() == 0)
            return; // root may all
        QVERIFY(::chmod(path.c_str(), 0400) == 0);
        const auto half = lookAtDevice(path);
        QVERIFY(half.read && !half.write && half.why.find("0400") != std::string::npos);
    }

    void whoCouldHelpIsSaid()
    {
        const auto group = explainAccess("/dev/sev", "root", "kvm", 0660, false, false, false);
        QVERIFY(group.remedy.find("usermod -aG kvm") != std::string::npos && group.why.find("'kvm'") != std::string::npos);
        const auto rule = explainAccess("/dev/sev", "root", "root", 0600, false, false, false);
        QVERIFY(rule.remedy.find("KERNEL==\"sev\"") != std::string::npos && rule.remedy.find("udev") != std::string::npos);
        const auto mode = explainAccess("/dev/sev", "root", "kvm", 0640, true, true, false);
        QVERIFY(mode.remedy.find("GROUP=\"kvm\"") != std::string::npos && mode.why.find("not write") != std::string::npos);
        QVERIFY(explainAccess("/dev/sev", "root", "root", 0666, false, true, true).why.empty());
    }
};

QTEST_GUILESS_MAIN(TestKernelSevDevice)
#include "test_kernel_sev_device.moc"
