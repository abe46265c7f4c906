// SPDX-License-Identifier: Apache-2.0
// Commands with their types, over the emulated firmware; and what every errno and status is explained as.
#include "emulated_fixture.h"
#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/firmware/platform.h"
#include "sev-backend/firmware/platform_model.h"
#include "sev-backend/legacy/platform_chain.h"

#include <QtTest/QTest>

#include <cerrno>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;
using kastellan::test::FaultyDevice;

class TestPlatformCommands : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void layoutsAreThoseOfTheKernel()
    {
        // psp-sev.h: sizes of the packed structures.
        QCOMPARE(layoutOf(SevCommand::PlatformStatus).size, 12u);
        QCOMPARE(layoutOf(SevCommand::SnpPlatformStatus).size, 32u);
        QCOMPARE(layoutOf(SevCommand::SnpSetConfig).size, 64u);
        QCOMPARE(layoutOf(SevCommand::PdhCertExport).pointerRows[1].address, 12u);
        QCOMPARE(layoutOf(SevCommand::PdhCertExport).pointerRows[1].length, 20u);
        QCOMPARE(layoutOf(SevCommand::SnpVlekLoad).pointerRows[0].fixed, 432u);
        for (const auto &layout : commandLayouts()) {
            QCOMPARE(findCommand(layout.word), &layout);
            QVERIFY(!layout.action.empty());
        }
        QVERIFY(!findCommand("get-id"));
    }

    void callsThatDoNotFitAreNoCalls()
    {
        QVERIFY(!SevCall::of(SevCommand::PekGen).misfit());
        QVERIFY(SevCall::of(SevCommand::PekCsr).misfit()); // a buffer is missing
        QVERIFY(SevCall::of(SevCommand::PekGen, {Bytes(1)}).misfit());
        QVERIFY(SevCall::of(SevCommand::PekCsr, {Bytes(sevBufferLimit + 1)}).misfit());
        QVERIFY(SevCall::of(SevCommand::SnpVlekLoad, {Bytes(431)}).misfit());
        QVERIFY(SevCall::of(SevCommand::SnpSetConfig, {}, Bytes(63)).misfit());
    }

    void everyCommandWorksOnTheEmulatedPlatform()
    {
        EmulatedFixture fixture;
        Platform platform(fixture.device);
        const auto status = platform.status();
        QVERIFY2(status, status ? "" : status.error().message().c_str());
        QVERIFY(!status->externallyOwned);
        const auto snp = platform.snpStatus();
        QVERIFY2(snp, snp ? "" : snp.error().message().c_str());
        QVERIFY(snp->initialized && snp->currentTcb == snp->reportedTcb);
        const auto id = platform.id();
        QVERIFY(id && id->size() == 64);
        const auto exported = platform.exportChain();
        QVERIFY(exported && exported->pdh.size() == 2084 && exported->chain.size() == 6252);
        legacy::PlatformChain chain;
        QVERIFY(chain.add(exported->pdh, "pdh") && chain.add(exported->chain, "chain"));
        QVERIFY(legacy::signedBy(*chain.pdh, *chain.pek) && legacy::signedBy(*chain.pek, *chain.oca)
            && legacy::signedBy(*chain.pek, *chain.cek));
        QVERIFY(platform.rotatePdh());
        QVERIFY(platform.exportChain()->pdh != exported->pdh);
        const auto csr = platform.pekCsr();
        QVERIFY(csr && csr->size() == 2084);
        QVERIFY(platform.generatePek());
        QVERIFY(*platform.pekCsr() != *csr);
        QVERIFY(platform.setConfig({snp->currentTcb, true, false}));
        QVERIFY(platform.snpStatus()->maskChipId);
        QVERIFY(platform.resetConfig());
        QVERIFY(!platform.snpStatus()->maskChipId);
        QVERIFY(platform.commit());
        const auto stick = fixture.processor->vlekHashstick();
        QVERIFY2(stick, stick ? "" : stick.error().message().c_str());
        QVERIFY(platform.loadVlek(*VlekHashstick::decode(*stick)));
        QVERIFY(platform.snpStatus()->vlekLoaded);
        QVERIFY(platform.reset());
    }

    void lengthsThatTheFirmwareAsksForAreGiven()
    {
        // A device that wants a longer buffer than was offered.
        class Longer final : public SevDevice {
        public:
            [[nodiscard]] std::string name() const override { return "/dev/sev"; }
            [[nodiscard]] DeviceAccess access() const override { return {true, true, true, false, {}, {}}; }
            [[nodiscard]] CommandAnswer issue(SevCall &call, bool) override
            {
                ++asked;
                storeLe<std::uint32_t>(call.structure, 8, 128);
                if (call.buffers[0].size() < 128)
                    return {EIO, static_cast<std::uint32_t>(FirmwareStatus::InvalidLength), {}};
                call.buffers[0].assign(128, 7);
                return {};
            }
            int asked = 0;
        };
        const auto device = std::make_shared<Longer>();
        const auto id = Platform(device).id();
        QVERIFY(id && id->size() == 128 && device->asked == 2);
    }

    void modelsAreToldFromCpuinfo()
    {
        const auto model = [](int family, int number, const char *vendor = "AuthenticAMD") {
            return modelFromCpuinfo(std::string("processor\t: 0\nvendor_id\t: ") + vendor + "\ncpu family\t: " + std::to_string(family)
                + "\nmodel\t\t: " + std::to_string(number) + "\nmodel name\t: EPYC\n\nprocessor\t: 1\nmodel\t\t: 99\n");
        };
        QCOMPARE(model(0x17, 0x01).generation, std::string("Naples"));
        QCOMPARE(model(0x17, 0x31).generation, std::string("Rome"));
        QCOMPARE(model(0x17, 0x31).product, Product::Unknown);
        QCOMPARE(model(0x19, 0x01).product, Product::Milan);
        QCOMPARE(model(0x19, 0x11).generation, std::string("Genoa"));
        QCOMPARE(model(0x1a, 0x02).product, Product::Turin);
        QVERIFY(model(0x17, 0x71).generation.empty() && model(0x19, 0x11, "GenuineIntel").generation.empty());
        QVERIFY(modelFromCpuinfo("").generation.empty() && modelFromCpuinfo("vendor_id: AuthenticAMD\ncpu family: x\n").generation.empty());
    }

    void writeAccessIsAskedForWhereTheDriverNeedsIt()
    {
        EmulatedFixture fixture;
        Platform platform(fixture.device);
        QVERIFY(platform.status() && platform.id() && platform.exportChain() && platform.rotatePdh());
        QCOMPARE(fixture.device->writes, (std::vector<bool>{false, false, false, false, true}));
        QVERIFY(needsWrite(SevCommand::PdhCertExport, SevState::Uninit));
        QVERIFY(!needsWrite(SevCommand::PdhCertExport, SevState::Working));
        QVERIFY(!needsWrite(SevCommand::SnpCommit, SevState::Init));
    }

    void permissionIsKnownBefore()
    {
        const auto device = std::make_shared<FaultyDevice>();
        Platform platform(device);
        device->granted = {true, true, false, false, "it belongs to root", "Join the group: kvm."};
        QVERIFY(platform.permission(SevCommand::PlatformStatus));
        const auto refused = platform.permission(SevCommand::PekGen);
        QVERIFY(!refused && refused.error().kind == ErrorKind::Environment);
        QVERIFY(refused.error().why.find("writing") != std::string::npos && refused.error().remedy.find("group") != std::string::npos);
        QVERIFY(!platform.needsPrivilege(SevCommand::PekGen));
        device->granted.privileged = true;
        QVERIFY(platform.permission(SevCommand::PekGen) && platform.needsPrivilege(SevCommand::PekGen));
        QVERIFY(!platform.needsPrivilege(SevCommand::PlatformStatus));
        device->granted = {};
        QVERIFY(platform.permission(SevCommand::PlatformStatus).error().remedy.find("ccp") != std::string::npos);
        QVERIFY(device->issued.empty()); // all of that without a command
    }

    void everyStatusIsExplained()
    {
        FaultyDevice device;
        for (std::uint32_t number = 1; number <= 0x27; ++number) {
            if (number == 0x1e) // not assigned
                continue;
            for (const auto &layout : commandLayouts()) {
                const Error error = explain(layout.command, {EIO, number, {}}, device);
                const auto text = describe(FirmwareStatus(number));
                const std::string message = error.message();
                QVERIFY2(message.find(text.name) != std::string::npos && text.name != "UNKNOWN_STATUS", message.c_str());
                QVERIFY2(message.find(text.explanation) != std::string::npos && !error.remedy.empty(), message.c_str());
                char hex[8];
                std::snprintf(hex, sizeof hex, "0x%02x", number);
                QVERIFY2(message.find(hex) != std::string::npos && message.find(layout.name) != std::string::npos, message.c_str());
            }
        }
        QVERIFY(explain(SevCommand::PekGen, {EIO, 0x77, {}}, device).why.find("0x77") != std::string::npos);
        QCOMPARE(explain(SevCommand::PekCertImport, {EIO, 6, {}}, device).kind, ErrorKind::Input);
        QCOMPARE(explain(SevCommand::PekGen, {EIO, 1, {}}, device).kind, ErrorKind::Environment);
        QVERIFY(explain(SevCommand::PekCertImport, {EIO, 5, {}}, device).remedy.find("self-own") != std::string::npos);
    }

    void everyErrnoIsExplained()
    {
        FaultyDevice device;
        std::set<std::string> causes;
        for (const int number : {ENOENT, ENODEV, EACCES, EBUSY, EIO, ETIMEDOUT, EINVAL, ENOTTY, ENOMEM, E2BIG}) {
            const Error error = explain(SevCommand::SnpCommit, {number, 0xffffffff, {}}, device);
            QVERIFY2(!error.why.empty() && !error.remedy.empty() && error.kind == ErrorKind::Environment, error.message().c_str());
            causes.insert(error.why);
        }
        QCOMPARE(causes.size(), 10u);
        // EBUSY of a reset is what the driver says while guests run.
        QVERIFY(explain(SevCommand::FactoryReset, {EBUSY, 0xffffffff, {}}, device).why.find("guests") != std::string::npos);
        device.granted = {true, true, false, false, "it belongs to root", "Join the group: kvm."};
        QCOMPARE(explain(SevCommand::PekGen, {EPERM, 0, {}}, device).remedy, device.granted.remedy);
        QCOMPARE(explain(SevCommand::PekGen, {EACCES, 0, "the person said no"}, FaultyDevice()).why, std::string("the person said no"));
    }
};

QTEST_GUILESS_MAIN(TestPlatformCommands)
#include "test_platform_commands.moc"
