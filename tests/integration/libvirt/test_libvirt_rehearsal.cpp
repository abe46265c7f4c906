// SPDX-License-Identifier: Apache-2.0
// The same launch as on an EPYC, with the emulated firmware in its place: an unmodified libvirt starts domains with launch security.
#include "core/base/file.h"
#include "sev-backend/image/vm_image.h"
#include "sev-backend/libvirt/domain_xml.h"
#include "tests/integration/libvirt/libvirt_scene.h"

#include <QtTest/QTest>

#include <csignal>
#include <optional>

#include <unistd.h>

using namespace kastellan;
using namespace kastellan::test;

class TestLibvirtRehearsal : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void cleanup();
    void cleanupTestCase() { m_scene.reset(); }
    void starts_data();
    void starts();
    void otherOwnersDigestIsSeen();
    void isTheDefaultOfALaunchThatDemandsNothing();
    void isNoDefaultWhere_data();
    void isNoDefaultWhere();

private:
    std::optional<LibvirtScene> m_scene;
    std::shared_ptr<sev::LibvirtHost> m_host;
};

#define QVERIFY_RESULT(result) QVERIFY2((result).has_value(), (result) ? "" : (result).error().message().c_str())

void TestLibvirtRehearsal::initTestCase()
{
    std::signal(SIGPIPE, SIG_IGN);
    if (const QByteArray why = LibvirtScene::missing(); !why.isEmpty())
        QSKIP(why.constData());
    if (::geteuid() == 0)
        QSKIP("libvirt's system daemon puts /dev/sev into QEMU's world, and there is none here; the test runs as an ordinary user");
    const auto image = programFolder().parent_path().parent_path() / "share/kastellan/vm-image";
    if (!std::filesystem::exists(image / "image.json"))
        QSKIP("there is no keep image for virtual machines in this build");
    m_scene.emplace();
    sev::LibvirtHostOptions options;
    options.image = image;
    m_host = m_scene->host(std::move(options));
}

void TestLibvirtRehearsal::cleanup()
{
    if (m_scene)
        QCOMPARE(m_scene->leftovers(), QByteArray());
}

void TestLibvirtRehearsal::starts_data()
{
    QTest::addColumn<QByteArray>("technology");
    for (const char *technology : {"snp", "es", "sev"})
        QTest::newRow(technology) << QByteArray(technology);
}

void TestLibvirtRehearsal::starts()
{
    QFETCH(const QByteArray, technology);
    const auto plan = m_scene->plan(*m_host, [&](MachineRequest &request) {
        request.unattested = false;
        request.rehearse = true;
        request.technology = technology.toStdString();
        request.whole.reset();
        request.cpuModel.clear();
        request.memoryMiB = 256;
    });
    QVERIFY_RESULT(plan);
    QCOMPARE(plan->machine->technology, technology.toStdString());
    QVERIFY(plan->expected.root.starts_with("emulated:"));
    QCOMPARE(plan->expected.launchDigest.has_value(), technology == "snp");
    QCOMPARE(plan->expected.shortLaunchDigest.has_value(), technology != "snp");
    const std::string folder = m_scene->keepFolder(*plan);
    auto keep = m_host->start(*plan, folder, {}, {});
    QVERIFY_RESULT(keep);
    const Fd console = (*keep)->takeConsole();
    QVERIFY(!(*keep)->endorsements().empty());
    if (technology != "snp") {
        const auto evidence = (*keep)->launchEvidence();
        QVERIFY(evidence && evidence->kind == "sev-launch-measure" && !evidence->report.empty());
        QVERIFY((*keep)->sessionSecret() == nullptr);
        const Status admitted = (*keep)->admit();
        QVERIFY_RESULT(admitted);
        QVERIFY((*keep)->sessionSecret() != nullptr);
    } else {
        QVERIFY(!(*keep)->launchEvidence());
    }
    auto stream = (*keep)->connect();
    QVERIFY_RESULT(stream);
    const QString name = QString::fromStdString(sev::libvirt::domainName(plan->id));
    QVERIFY(m_scene->virsh({QStringLiteral("domstate"), name}).contains("running"));
    QVERIFY((*keep)->kill());
    QVERIFY(m_scene->qemus(plan->id).empty());
    QVERIFY(!std::filesystem::exists(std::filesystem::path(folder) / "session.key"));
}

/// The secret is sealed for the digest that was computed here, whatever the host says.
void TestLibvirtRehearsal::otherOwnersDigestIsSeen()
{
    auto plan = m_scene->plan(*m_host, [&](MachineRequest &request) {
        request.unattested = false;
        request.rehearse = true;
        request.technology = "sev";
        request.whole.reset();
        request.cpuModel.clear();
    });
    QVERIFY_RESULT(plan);
    plan->expected.shortLaunchDigest->bytes[0] ^= 1;
    const std::string folder = m_scene->keepFolder(*plan);
    auto keep = m_host->start(*plan, folder, {}, {});
    QVERIFY_RESULT(keep);
    const Status admitted = (*keep)->admit();
    QVERIFY(!admitted);
    QCOMPARE(admitted.error().kind, ErrorKind::Negative);
    QVERIFY(m_scene->virsh({QStringLiteral("domstate"), QString::fromStdString(sev::libvirt::domainName(plan->id))}).contains("paused"));
    QVERIFY((*keep)->kill());
}

void TestLibvirtRehearsal::isTheDefaultOfALaunchThatDemandsNothing()
{
    const auto plan = m_scene->plan(*m_host, [&](MachineRequest &request) {
        request.unattested = false;
        request.whole.reset();
        request.cpuModel.clear();
    });
    QVERIFY_RESULT(plan);
    QVERIFY(plan->machine->request.rehearse); // the plan says it, and the record with it
    QCOMPARE(plan->machine->technology, "snp");
    QVERIFY(plan->expected.root.starts_with("emulated:") && plan->expected.launchDigest);
    QVERIFY2(plan->protection.contains("rehearsal"), plan->protection.c_str());
}

void TestLibvirtRehearsal::isNoDefaultWhere_data()
{
    QTest::addColumn<QByteArray>("demand");
    for (const char *demand : {"technology", "digest", "short digest", "floor", "policy", "strict", "secret", "unattested"})
        QTest::newRow(demand) << QByteArray(demand);
}

/// Each of them would seem to be met, or protected, by what is emulated.
void TestLibvirtRehearsal::isNoDefaultWhere()
{
    QFETCH(const QByteArray, demand);
    auto plan = m_scene->plan(*m_host, [](MachineRequest &request) {
        request.whole.reset();
        request.cpuModel.clear();
    });
    QVERIFY_RESULT(plan);
    MachineRequest request = plan->machine->request;
    request.unattested = demand == "unattested";
    request.technology = demand == "technology" ? "sev" : "";
    plan->machine = MachinePlan{.request = std::move(request), .technology = {}, .cpuModel = {}, .memoryMiB = 0, .domainXml = {}};
    plan->expected = {};
    if (demand == "digest")
        plan->expected.launchDigest.emplace();
    else if (demand == "short digest")
        plan->expected.shortLaunchDigest.emplace();
    else if (demand == "floor")
        plan->expected.minimumTcb.emplace_back("snp", 1);
    else if (demand == "policy")
        plan->expected.policy = "[tcb]";
    else if (demand == "strict")
        plan->expected.strict = true;
    else if (demand == "secret")
        plan->secretNames.emplace_back("token");
    const Status prepared = m_host->prepare(*plan, {}, {});
    if (demand == "unattested") {
        QVERIFY_RESULT(prepared);
        QVERIFY(!plan->machine->request.rehearse);
        return;
    }
    QVERIFY(!prepared);
    QVERIFY2(prepared.error().message().contains("--rehearse"), prepared.error().message().c_str());
}

QTEST_GUILESS_MAIN(TestLibvirtRehearsal)
#include "test_libvirt_rehearsal.moc"
