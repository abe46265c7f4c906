// SPDX-License-Identifier: Apache-2.0
// A platform under control: what is shown, what is refused before it is tried, and what is done.
#include "core/hosts/platform_log.h"
#include "core/storage/record_store.h"
#include "emulated_fixture.h"
#include "sev-backend/abi/firmware_status.h"
#include "sev-backend/certificates/certificate.h"
#include "sev-backend/firmware/platform_view.h"
#include "sev-backend/legacy/platform_chain.h"
#include "sev-backend/store/read.h"

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtTest/QTest>

#include <algorithm>
#include <cerrno>

#include <sys/stat.h>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;
namespace fs = std::filesystem;

namespace {

using Arguments = std::map<std::string, std::string>;

const PlatformFact *fact(const PlatformView &view, std::string_view id)
{
    for (const auto &section : view.sections)
        for (const auto &one : section.facts)
            if (one.id == id)
                return &one;
    return nullptr;
}

std::string refusal(FirmwareControl &control, const std::string &action, const Arguments &arguments = {})
{
    const auto plan = control.plan(action, arguments);
    return plan ? "planned" : plan.error().message();
}

/// Plans and performs; fails the program with the reason where that fails.
ActionOutcome act(FirmwareControl &control, const std::string &action, const Arguments &arguments = {})
{
    const auto plan = control.plan(action, arguments);
    if (!plan)
        qFatal("%s: %s", action.c_str(), plan.error().message().c_str());
    auto outcome = control.perform(*plan, {}, {});
    if (!outcome)
        qFatal("%s: %s", action.c_str(), outcome.error().message().c_str());
    return *outcome;
}

bool has(const std::string &text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

KeepStatus keepOn(const char *host, const char *protection)
{
    KeepStatus keep;
    keep.plan.name = "hello";
    keep.plan.host = host;
    keep.plan.protection = protection;
    keep.plan.id.bytes[0] = 0xab;
    keep.state = KeepState::Running;
    keep.wardenAlive = keep.loaderAlive = true;
    return keep;
}

} // namespace

class TestFirmwareControl : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theViewSaysWhatThereIs()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        const auto view = control.view();
        QVERIFY2(view, view ? "" : view.error().message().c_str());
        QVERIFY(view->emulated && view->host == "emulated" && view->problems.empty());
        QCOMPARE(fact(*view, "sev.state")->value, std::string("INIT"));
        QCOMPARE(fact(*view, "chip.id")->value, fixture.processor->describe().chipId);
        QVERIFY(!fact(*view, "kds.vcek") && has(fact(*view, "own.show")->value, "keepctl host certs emulated"));
        QVERIFY2(!toJson(*view).contains("https://"), "AMD's key server does not know an emulated chip");
        const Bytes chip = *fromHex(fixture.processor->describe().chipId);
        const PlatformModel genoa{Product::Genoa, "Genoa"};
        const auto real = certificateAddresses(genoa, chip, fixture.processor->profile().tcb());
        QVERIFY(real.size() >= 6 && real.front().id == "kds.vcek" && has(real.front().value, fixture.processor->describe().chipId));
        QCOMPARE(view->tcb.size(), 2u);
        QCOMPARE(view->tcb[0].levels.size(), 4u);
        QCOMPARE(view->ownership.size(), 6u);
        for (const auto &certificate : view->ownership)
            QVERIFY2(certificate.signatureGood && certificate.emulated, certificate.role.c_str());
        QCOMPARE(view->reports.size(), 3u);
        for (const auto &certificate : view->reports)
            QVERIFY2(certificate.signatureGood && certificate.emulated, certificate.role.c_str());
        const auto json = QJsonDocument::fromJson(QByteArray::fromStdString(toJson(*view))).object();
        QCOMPARE(json[QStringLiteral("ownership")].toArray().size(), 6);
        QCOMPARE(json[QStringLiteral("guests")].toInt(), 0);
    }

    void legacyProfilesHaveNoSnp()
    {
        EmulatedFixture fixture(**findProfile("rome"));
        auto control = fixture.control();
        const auto view = control.view();
        QVERIFY2(view, view ? "" : view.error().message().c_str());
        QVERIFY(!fact(*view, "snp.version") && view->problems.size() >= 1 && view->tcb.empty());
        QCOMPARE(fact(*view, "product")->value, std::string("Rome"));
        QVERIFY(has(refusal(control, "snp-commit"), "SEV-SNP"));
        QVERIFY(!act(control, "rotate-pdh").summary.empty());
    }

    void everyActionIsDescribed()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        const auto actions = control.actions();
        QCOMPARE(actions.size(), 14u);
        for (const auto &action : actions) {
            QVERIFY2(action.available, (action.id + ": " + action.whyNot).c_str());
            QVERIFY(!action.title.empty() && !action.summary.empty());
            for (const auto &parameter : action.parameters)
                QVERIFY2(!parameter.label.empty() && !parameter.help.empty(), action.id.c_str());
        }
        // A platform that can't be reached has actions that say why not.
        fixture.device->granted = {};
        for (const auto &action : control.actions())
            QVERIFY2(
                action.available == (action.id == "generate-oca" || action.id == "sign-csr") && action.available == action.whyNot.empty(),
                action.id.c_str());
        QVERIFY(!control.view());
    }

    void unknownAndMissingArgumentsAreRefused()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        QVERIFY(has(refusal(control, "burn"), "export-chain"));
        QVERIFY(has(refusal(control, "reset", {{"output", "x"}}), "no such parameter"));
        QVERIFY(has(refusal(control, "csr"), "output"));
        QVERIFY(has(refusal(control, "export-chain", {{"output", fixture.path("x")}, {"layout", "odd"}}), "sevctl"));
        QVERIFY(has(refusal(control, "snp-config", {{"mask-chip-id", "perhaps"}}), "yes"));
        QVERIFY(has(refusal(control, "csr", {{"output", fixture.path("none/x")}}), "none"));
    }

    void ownershipGoesAround()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        const Arguments owner{{"certificate", fixture.path("oca.cert")}, {"key", fixture.path("oca.key")}};
        act(control, "generate-oca", owner);
        struct stat status{};
        QVERIFY(::stat(fixture.path("oca.key").c_str(), &status) == 0 && (status.st_mode & 0777) == 0600);
        QVERIFY(has(refusal(control, "generate-oca", owner), "there already"));
        act(control, "csr", {{"output", fixture.path("pek.csr")}});
        const Arguments signing{{"csr", fixture.path("pek.csr")}, {"oca-certificate", fixture.path("oca.cert")},
            {"oca-key", fixture.path("oca.key")}, {"output", fixture.path("pek.cert")}};
        act(control, "sign-csr", signing);
        const Arguments importing{{"pek", fixture.path("pek.cert")}, {"oca-certificate", fixture.path("oca.cert")}};
        const auto outcome = act(control, "import", importing);
        QCOMPARE(outcome.facts.front().value, std::string("an OCA from outside"));
        QVERIFY(fixture.processor->legacy().platformStatus()->externallyOwned);
        QVERIFY(has(refusal(control, "import", importing), "owner from outside"));
        // Ownership is in the chain that is exported.
        act(control, "export-chain", {{"output", fixture.path("chain")}, {"layout", "sevctl-full"}});
        const auto file = readFile(fixture.path("chain"), 1 << 20);
        legacy::PlatformChain chain;
        QVERIFY(chain.add(*file, "chain"));
        QVERIFY(chain.oca && toBytes(chain.oca->bytes()) == *readFile(fixture.path("oca.cert"), 4096));
        QVERIFY(legacy::signedBy(*chain.pek, *chain.oca) && legacy::signedBy(*chain.cek, *chain.ask)
            && legacy::signedBy(*chain.ask, *chain.ark));
        QCOMPARE(file->size() > 8336, true);
        act(control, "self-own");
        QVERIFY(!fixture.processor->legacy().platformStatus()->externallyOwned);
        // What was signed for the old key is refused before the platform is asked.
        fixture.device->issued.clear();
        QVERIFY(has(refusal(control, "import", importing), "another endorsement key"));
        QVERIFY(std::ranges::find(fixture.device->issued, SevCommand::PekCertImport) == fixture.device->issued.end());
        act(control, "provision", {{"oca-certificate", fixture.path("oca.cert")}, {"oca-key", fixture.path("oca.key")}});
        QVERIFY(fixture.processor->legacy().platformStatus()->externallyOwned);
        act(control, "reset");
        QVERIFY(!fixture.processor->legacy().platformStatus()->externallyOwned);
    }

    void filesAreWrittenAllOrNone()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        QVERIFY(writeFileAtomically(fixture.path("oca.key"), asBytes("mine"), 0600));
        QVERIFY(!control.plan("generate-oca", {{"certificate", fixture.path("oca.cert")}, {"key", fixture.path("oca.key")}}));
        QVERIFY(!fs::exists(fixture.path("oca.cert")));
        const Arguments forced{{"certificate", fixture.path("oca.cert")}, {"key", fixture.path("oca.key")}, {"force", "yes"}};
        act(control, "generate-oca", forced);
        QVERIFY(fs::exists(fixture.path("oca.cert")));
        QVERIFY(has(refusal(control, "generate-oca", {{"certificate", fixture.path("a")}, {"key", fixture.path("a")}}), "one file"));
        // A command that fails leaves nothing.
        fixture.device->failing = SevCommand::PekCsr;
        fixture.device->answer = {EIO, static_cast<std::uint32_t>(FirmwareStatus::HwerrorPlatform), {}};
        const auto plan = control.plan("csr", {{"output", fixture.path("pek.csr")}});
        QVERIFY(plan);
        const auto failed = control.perform(*plan, {}, {});
        QVERIFY(!failed && has(failed.error().message(), "HWERROR_PLATFORM") && !fs::exists(fixture.path("pek.csr")));
        // The folder of sev-tool.
        act(control, "export-chain", {{"output", fixture.path("folder")}, {"layout", "sev-tool"}});
        QCOMPARE(readFile(fixture.path("folder/cert_chain.cert"), 1 << 20)->size(), 6252u);
    }

    void whatRunsBlocksWhatWouldEndIt()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        fixture.keeps = {keepOn("emulated", "emulated SEV-SNP"), keepOn("local", "SEV-SNP")};
        QVERIFY(has(refusal(control, "reset"), "keep hello (ab000000)"));
        QCOMPARE(refusal(control, "self-own"), std::string("planned")); // no keep of SEV-SNP would end by that
        const auto commit = control.plan("snp-commit", {});
        QVERIFY(commit && commit->guests == std::vector<std::string>{"keep hello (ab000000)"});
        QCOMPARE(commit->effect, ActionEffect::Irreversible);
        auto view = control.view();
        QVERIFY(view && view->running.size() == 1 && view->running[0].endedBy == (std::vector<std::string>{"reset", "shutdown"}));
        fixture.keeps = {keepOn("emulated", "SEV-ES")};
        for (const char *action : {"reset", "self-own"})
            QVERIFY2(has(refusal(control, action), "keep hello"), action);
        fixture.keeps[0].state = KeepState::Stopped;
        QCOMPARE(refusal(control, "reset"), std::string("planned"));
        // Guests that only the firmware knows.
        fixture.keeps.clear();
        LegacyLaunch launch;
        const auto guest = fixture.processor->legacy().launchStart(launch);
        QVERIFY(guest);
        QVERIFY(has(refusal(control, "reset"), "1 SEV guest that is no keep"));
        // Between plan and performance the state is looked at again.
        QVERIFY(fixture.processor->legacy().decommission(*guest));
        const auto plan = control.plan("reset", {});
        QVERIFY(plan);
        const auto second = fixture.processor->legacy().launchStart(launch);
        QVERIFY(second && !control.perform(*plan, {}, {}));
        QVERIFY(fixture.processor->legacy().decommission(*second));
        QVERIFY(control.perform(*plan, {}, {}));
        QCOMPARE(runningGuests({}, "h", 2, 1).size(), 2u);
        QVERIFY(has(runningGuests({}, "h", 2, 0)[0].name, "2 SEV guests"));
    }

    void snpConfigurationIsCheckedBefore()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        QVERIFY(has(refusal(control, "snp-config", {{"fmc", "1"}}), "no such part"));
        QVERIFY(has(refusal(control, "snp-config", {{"snp", "255"}}), "higher"));
        QVERIFY(has(refusal(control, "snp-config", {{"snp", "x"}}), "no level"));
        QVERIFY(has(refusal(control, "snp-config", {{"snp", "256"}}), "no level"));
        const auto now = Platform(fixture.device).snpStatus()->currentTcb;
        const unsigned level = *TcbVersion(now, TcbLayout::Milan).part(TcbPart::Snp);
        const auto plan = control.plan("snp-config", {{"snp", std::to_string(level - 1)}, {"mask-chip-id", "yes"}});
        QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
        QVERIFY(std::ranges::any_of(plan->consequences, [](const auto &one) { return has(one, "VCEK"); }));
        QVERIFY(control.perform(*plan, {}, {}));
        const auto changed = Platform(fixture.device).snpStatus();
        QVERIFY(changed->maskChipId && changed->reportedTcb != now && changed->currentTcb == now);
        act(control, "snp-config-reset");
        QVERIFY(!Platform(fixture.device).snpStatus()->maskChipId && Platform(fixture.device).snpStatus()->reportedTcb == now);
        act(control, "snp-commit");
        const Bytes stick = *fixture.processor->vlekHashstick();
        QVERIFY(writeFileAtomically(fixture.path("stick"), stick));
        act(control, "vlek-load", {{"hashstick", fixture.path("stick")}});
        QCOMPARE(fact(*control.view(), "snp.vlek")->value, std::string("yes"));
        Bytes other = stick;
        other[0x190 + 6] ^= 1;
        QVERIFY(writeFileAtomically(fixture.path("other"), other));
        QVERIFY(has(refusal(control, "vlek-load", {{"hashstick", fixture.path("other")}}), "it is for TCB"));
        const auto addresses = act(control, "kds").facts;
        QVERIFY(addresses.size() >= 4 && addresses.front().id == "own.source");
        for (const auto &one : addresses)
            QVERIFY2(!has(one.value, "https://"), one.value.c_str());
        QVERIFY(has(refusal(control, "vlek-load"), "(--hashstick"));
        QVERIFY(has(refusal(control, "snp-config", {{"bl", "300"}}), "(--bl)"));
    }

    void aMissingPermissionIsKnownBefore()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        fixture.device->granted = {true, true, false, false, "it belongs to root", "Join the group: kvm."};
        QVERIFY(control.view());
        QVERIFY(has(refusal(control, "rotate-pdh"), "Join the group"));
        QVERIFY(control.plan("snp-commit", {})); // the driver asks for no write access there
        fixture.device->granted.privileged = true;
        const auto plan = control.plan("rotate-pdh", {});
        QVERIFY(plan && plan->needsPrivilege && !control.plan("snp-commit", {})->needsPrivilege);
    }

    void theStoreCompletesWhatAPlatformHas()
    {
        EmulatedFixture fixture;
        auto host = emulatedPlatform("emulated", [&]() -> Result<std::shared_ptr<Processor>> { return fixture.processor; });
        host.device = [&]() -> Result<std::shared_ptr<SevDevice>> { return fixture.device; };
        host.keeps = [] { return std::vector<KeepStatus>{}; };
        host.certificates = [](const PlatformModel &model) { return storedCertificates(model); };
        FirmwareControl control(host);
        QVERIFY(control.view()->reports.empty()); // there is no store yet
        std::vector<StoredCertificate> certificates;
        for (const auto &endorsement : fixture.processor->endorsements())
            certificates.push_back(*describeCertificate(*Certificate::fromDer(endorsement.der), "test"));
        QVERIFY((*CertificateStore::open())->add(certificates));
        const auto view = control.view();
        QVERIFY2(view && view->reports.size() == 3 && view->reports[0].role == "vcek", view ? "" : view.error().message().c_str());
        // For another TCB that VCEK is none.
        act(control, "snp-config", {{"ucode", "1"}});
        QVERIFY(control.view()->reports.empty());
        // A signed CEK takes the place of the platform's own copy; one of another chip does not.
        const auto exported = Platform(fixture.device).exportChain();
        Bytes signedCek(exported->chain.end() - 2084, exported->chain.end()), other = signedCek;
        signedCek[0x620] ^= 0xff; // in what is signed by whom, not in what is signed
        other[0x14] ^= 0xff;
        CertificateSources sources;
        sources.ownership = [&signedCek](ByteView) { return std::vector<Endorsement>{{"cek", signedCek}}; };
        const auto chain = ownershipChain(*exported, sources);
        QVERIFY(chain && std::ranges::find(*chain, "cek", &Endorsement::role)->der == signedCek);
        QVERIFY(writeFileAtomically(fixture.path("other.cek"), other));
        const auto plan = control.plan("export-chain", {{"output", fixture.path("x")}, {"cek", fixture.path("other.cek")}});
        QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
        const auto refused = control.perform(*plan, {}, {});
        QVERIFY(!refused && has(refused.error().message(), "another chip") && !fs::exists(fixture.path("x")));
    }

    void lookingAsksNobody()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        fixture.device->granted = {true, false, false, true, "it belongs to root", "Join the group: kvm."};
        const auto view = control.view();
        QVERIFY(!view && has(view.error().message(), "Join the group") && fixture.device->issued.empty());
        const auto actions = control.actions();
        QVERIFY(fixture.device->issued.empty());
        QCOMPARE(actions.size(), 15u);
        for (const auto &action : actions)
            QVERIFY2(action.available, action.id.c_str());
        const auto plan = control.plan("look", {});
        QVERIFY2(plan && plan->needsPrivilege, plan ? "" : plan.error().message().c_str());
        QVERIFY(control.perform(*plan, {}, {}));
        QVERIFY(control.view());
        QCOMPARE(control.actions().size(), 14u);
    }

    void everyStatusOfEveryCommandComesThrough()
    {
        struct Row {
            const char *command, *action;
            Arguments arguments;
        };
        const test::DataFolder owners;
        const auto owner = [&owners](const char *name) { return (owners.path() / name).string(); };
        const Arguments provision{{"oca-certificate", owner("oca.cert")}, {"oca-key", owner("oca.key")}};
        {
            EmulatedFixture fixture;
            auto control = fixture.control();
            act(control, "generate-oca", {{"certificate", owner("oca.cert")}, {"key", owner("oca.key")}});
        }
        const std::vector<Row> rows{{"pek-gen", "self-own", {}}, {"pdh-gen", "rotate-pdh", {}}, {"factory-reset", "reset", {}},
            {"pek-csr", "provision", provision}, {"pek-import", "provision", provision}, {"snp-commit", "snp-commit", {}},
            {"snp-config", "snp-config-reset", {}}, {"snp-config", "snp-config", {{"mask-chip-id", ""}}}};
        for (const Row &row : rows)
            for (const char *status :
                {"INVALID_PLATFORM_STATE", "HWERROR_PLATFORM", "HWERROR_UNSAFE", "UNSUPPORTED", "RESOURCE_LIMIT", "INVALID_CONFIG"}) {
                EmulatedFixture fixture(defaultProfile(), std::string(row.command) + "=" + status + "#1");
                auto control = fixture.control();
                const auto plan = control.plan(row.action, row.arguments);
                QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
                const auto outcome = control.perform(*plan, {}, {});
                QVERIFY2(!outcome && has(outcome.error().message(), status) && !outcome.error().remedy.empty(),
                    (std::string(row.command) + " " + status + ": " + (outcome ? "done" : outcome.error().message())).c_str());
                QVERIFY2(control.perform(*plan, {}, {}), row.action); // the second time nothing is in the way
            }
        EmulatedFixture busy(defaultProfile(), "pdh-gen=busy#1");
        auto control = busy.control();
        const auto outcome = control.perform(*control.plan("rotate-pdh", {}), {}, {});
        QVERIFY(!outcome && has(outcome.error().message(), "busy"));
        // What is read is shown as far as it can be read.
        EmulatedFixture blind(defaultProfile(), "get-id=HWERROR_PLATFORM, pdh-export=RESOURCE_LIMIT");
        const auto view = blind.control().view();
        QVERIFY(view && view->problems.size() == 2 && view->ownership.empty() && !fact(*view, "chip.id"));
        EmulatedFixture dead(defaultProfile(), "platform-status=HWERROR_UNSAFE");
        QVERIFY(has(dead.control().view().error().message(), "HWERROR_UNSAFE"));
    }

    void faultsOfTheFirmwareComeThrough()
    {
        EmulatedFixture fixture;
        auto control = fixture.control();
        fixture.device->failing = SevCommand::SnpCommit;
        fixture.device->answer = {EIO, static_cast<std::uint32_t>(FirmwareStatus::UpdateFailed), {}};
        const auto plan = control.plan("snp-commit", {});
        Status notLogged;
        const auto failed = performAndLog(control, *plan, {}, {}, &notLogged);
        QVERIFY(!failed && has(failed.error().message(), "UPDATE_FAILED (0x24)") && notLogged);
        fixture.device->failing.reset();
        QVERIFY(performAndLog(control, *plan, {}, {}, &notLogged) && notLogged);
        const auto entries = (*RecordStore::open())->activity();
        QVERIFY(entries && entries->size() == 2);
        QVERIFY((*entries)[0].what == "platform snp-commit" && (*entries)[0].subject == "emulated" && !(*entries)[0].who.empty());
        const auto outcome = [&entries](std::size_t i) { return (*entries)[i].outcome; };
        QVERIFY(std::ranges::any_of(std::array{outcome(0), outcome(1)}, [](const auto &text) { return has(text, "failed: "); }));
        QVERIFY(std::ranges::any_of(std::array{outcome(0), outcome(1)}, [](const auto &text) { return has(text, "done: "); }));
        // A stop before the command leaves all as it was.
        std::stop_source source;
        source.request_stop();
        QCOMPARE(control.perform(*plan, {}, source.get_token()).error().kind, ErrorKind::Cancelled);
    }
};

QTEST_GUILESS_MAIN(TestFirmwareControl)
#include "test_firmware_control.moc"
