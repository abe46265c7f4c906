// SPDX-License-Identifier: Apache-2.0
// A platform as libvirt tells of it: recorded answers, what is made of them, and libvirt's own driver for tests.
#include "emulated_fixture.h"
#include "sev-backend/firmware/libvirt_platform.h"
#include "sev-backend/legacy/platform_chain.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::EmulatedFixture;

namespace {

constexpr const char *capabilities = R"(<domainCapabilities>
  <cpu><mode name='host-passthrough' supported='yes'/>
       <mode name='host-model' supported='yes'><model fallback='forbid'>EPYC-Milan</model></mode></cpu>
  <features><sev supported='yes'><cbitpos>51</cbitpos></sev>
    <launchSecurity supported='yes'><enum name='sectype'><value>sev</value><value>sev-snp</value></enum></launchSecurity></features>
</domainCapabilities>)";

/// Answers as a host with the emulated chip would give them.
LibvirtAnswers recorded(EmulatedFixture &fixture)
{
    Platform platform(fixture.device);
    const auto exported = platform.exportChain();
    LibvirtAnswers answers;
    answers.pdh = toBase64(exported->pdh);
    answers.chain = toBase64(exported->chain);
    answers.cpu0Id = toBase64(*platform.id());
    answers.cbitPosition = 51;
    answers.maxGuests = 493;
    answers.capabilities = capabilities;
    return answers;
}

FirmwareControl controlOf(const LibvirtAnswers &answers)
{
    auto host = libvirtPlatform("qemu:///system", [answers](const std::string &) -> Result<LibvirtAnswers> { return answers; });
    host.keeps = [] { return std::vector<KeepStatus>{}; };
    return FirmwareControl(std::move(host));
}

std::string valueOf(const PlatformView &view, std::string_view id)
{
    for (const auto &section : view.sections)
        for (const auto &fact : section.facts)
            if (fact.id == id)
                return fact.value;
    return "none";
}

} // namespace

class TestLibvirtPlatform : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recordedAnswersAreShown()
    {
        EmulatedFixture fixture;
        auto control = controlOf(recorded(fixture));
        const auto view = control.view();
        QVERIFY2(view, view ? "" : view.error().message().c_str());
        QCOMPARE(valueOf(*view, "libvirt.sev"), std::string("supported"));
        QCOMPARE(valueOf(*view, "libvirt.launch-security"), std::string("sev, sev-snp"));
        QCOMPARE(valueOf(*view, "libvirt.cbitpos"), std::string("51"));
        QCOMPARE(valueOf(*view, "libvirt.max-es-guests"), std::string("not said"));
        QCOMPARE(valueOf(*view, "product"), std::string("Milan"));
        QCOMPARE(valueOf(*view, "chip.id"), fixture.processor->describe().chipId);
        QCOMPARE(valueOf(*view, "sev.state"), std::string("none")); // it does not tell
        QCOMPARE(view->ownership.size(), 4u);
        QVERIFY(!view->emulated && view->reachedBy == "libvirt at qemu:///system");
    }

    void onlyWhatReadsIsDone()
    {
        EmulatedFixture fixture;
        auto control = controlOf(recorded(fixture));
        std::vector<std::string> available;
        for (const auto &action : control.actions())
            if (action.available)
                available.push_back(action.id);
            else
                QVERIFY2(action.whyNot.find("libvirt") != std::string::npos, (action.id + ": " + action.whyNot).c_str());
        QCOMPARE(available, (std::vector<std::string>{"export-chain", "generate-oca", "sign-csr", "kds"}));
        const auto plan = control.plan("export-chain", {{"output", fixture.path("chain")}});
        QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
        QVERIFY(control.perform(*plan, {}, {}));
        const auto direct = Platform(fixture.device).exportChain();
        Bytes expected = direct->pdh;
        expected.insert(expected.end(), direct->chain.begin(), direct->chain.end());
        QCOMPARE(*readFile(fixture.path("chain"), 1 << 20), expected);
    }

    void brokenAnswersAreSaid()
    {
        EmulatedFixture fixture;
        const LibvirtAnswers good = recorded(fixture);
        const auto problems = [&](const auto &change) {
            LibvirtAnswers answers = good;
            change(answers);
            const auto view = controlOf(answers).view();
            std::string all;
            if (view)
                for (const auto &problem : view->problems)
                    all += problem + "\n";
            return view ? all : view.error().message();
        };
        QVERIFY(problems([](LibvirtAnswers &) {}).empty());
        QVERIFY(problems([](LibvirtAnswers &a) { a.pdh = "%%%"; }).find("base64") != std::string::npos);
        QVERIFY(problems([](LibvirtAnswers &a) { a.pdh = "AAAA"; }).find("2084") != std::string::npos);
        QVERIFY(!problems([](LibvirtAnswers &a) { a.chain = std::string(100'000, 'A'); }).empty());
        QVERIFY(problems([](LibvirtAnswers &a) { a.cpu0Id.clear(); }).find("does not say") != std::string::npos);
        QVERIFY(problems([](LibvirtAnswers &a) { a.problem = "no SEV there"; }).find("no SEV there") != std::string::npos);
        LibvirtAnswers xml = good;
        xml.capabilities = "<domainCapabilities><features>";
        QVERIFY(valueOf(*controlOf(xml).view(), "libvirt.sev").starts_with("unknown"));
    }

    void capabilitiesAreBounded()
    {
        QVERIFY(!readCapabilities("") && !readCapabilities("<domain/>") && !readCapabilities(std::string(9u << 20, ' ')));
        std::string many = "<domainCapabilities><features><launchSecurity><enum name='sectype'>";
        for (int i = 0; i < 100; ++i)
            many += "<value>" + std::string(500, 'x') + "</value>";
        many += "</enum></launchSecurity></features></domainCapabilities>";
        const auto read = readCapabilities(many);
        QVERIFY(read && !read->sev && read->launchSecurity.size() < 2000);
    }

    void libvirtItselfIsAsked()
    {
        const auto answers = askLibvirt("test:///default");
        QVERIFY2(answers, answers ? "" : answers.error().message().c_str());
        QVERIFY(!answers->problem.empty() && answers->pdh.empty()); // that driver knows no SEV
        auto host = libvirtPlatform("test:///default");
        host.keeps = [] { return std::vector<KeepStatus>{}; };
        const auto view = FirmwareControl(std::move(host)).view();
        QVERIFY(view && valueOf(*view, "libvirt.node").starts_with("unknown"));
        QCOMPARE(askLibvirt("qemu+ext:///system?command=x").error().kind, ErrorKind::Input);
        QCOMPARE(askLibvirt("http://host/").error().kind, ErrorKind::Input);
        QCOMPARE(askLibvirt("test:///etc/passwd").error().kind, ErrorKind::Input);
    }
};

QTEST_GUILESS_MAIN(TestLibvirtPlatform)
#include "test_libvirt_platform.moc"
