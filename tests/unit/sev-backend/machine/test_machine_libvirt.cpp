// SPDX-License-Identifier: Apache-2.0
// libvirt's domain XML: what decides the digest, and what is wrong with it.
#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/shell_words.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;

class TestMachineLibvirt : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aWholeDomain();
    void withinItsStatus();
    void legacy();
    void problems_data();
    void problems();
    void entitiesAndWhiteSpace();
    void noDomain();
};

namespace {

struct Domain {
    std::string attributes = "type='kvm'", vcpu = "<vcpu placement='static'>4</vcpu>",
                cpu = "<cpu mode='custom' match='exact'><model fallback='allow'>EPYC-v4</model></cpu>",
                loader = "<loader readonly='yes' type='rom'>/fw/OVMF.amdsev.fd</loader>",
                boot = "<kernel>/boot/vmlinuz</kernel><initrd>/boot/initrd</initrd><cmdline>console=ttyS0</cmdline>",
                security =
                    "<launchSecurity type='sev-snp' "
                    "kernelHashes='yes'><cbitpos>51</cbitpos><reducedPhysBits>1</reducedPhysBits><policy>0x30000</policy></launchSecurity>",
                os = "<os>", more = "";
    std::string xml() const
    {
        return "<domain " + attributes + "><name>guest</name>" + vcpu + os + "<type arch='x86_64' machine='q35'>hvm</type>" + loader + boot
            + "</os>" + cpu + security + more + "</domain>";
    }
};

DerivedLaunch derived(const std::string &xml)
{
    auto result = fromLibvirt(xml, "guest.xml");
    if (!result)
        qFatal("%s", result.error().message().c_str());
    return std::move(*result);
}

} // namespace
Q_DECLARE_METATYPE(Domain)

void TestMachineLibvirt::aWholeDomain()
{
    const auto machine = derived(Domain{}.xml());
    const LaunchParameters &parameters = machine.parameters;
    QCOMPARE(*parameters.kind, GuestKind::Snp);
    QCOMPARE(*parameters.vcpus, 4u);
    QCOMPARE(*parameters.cpuSignature, 0x800f12u);
    QCOMPARE(parameters.ovmf, std::string("/fw/OVMF.amdsev.fd"));
    QCOMPARE(parameters.kernel, std::string("/boot/vmlinuz"));
    QCOMPARE(parameters.initrd, std::string("/boot/initrd"));
    QCOMPARE(parameters.append, std::string("console=ttyS0"));
    QVERIFY(parameters.kernelHashes);
    QVERIFY2(machine.problems.empty(), machine.problems.empty() ? "" : machine.problems[0].why.c_str());
    QCOMPARE(machine.taken[0].from, std::string("<launchSecurity type='sev-snp'>"));
}

void TestMachineLibvirt::withinItsStatus()
{
    const auto machine =
        derived("<?xml version='1.0'?><!-- made by libvirt --><domstatus state='running'>" + Domain{}.xml() + "</domstatus>");
    QCOMPARE(*machine.parameters.vcpus, 4u);
}

void TestMachineLibvirt::legacy()
{
    Domain domain;
    domain.security = "<launchSecurity type='sev' "
                      "kernelHashes='yes'><policy>0x0007</policy><dhCert>AAAA</dhCert><session>AAAA</session></launchSecurity>";
    domain.loader = "<loader type='pflash'>/fw/CODE.fd</loader>";
    const auto machine = derived(domain.xml());
    QCOMPARE(*machine.parameters.kind, GuestKind::SevEs);
    QCOMPARE(*machine.parameters.policy, std::uint64_t(7));
    QVERIFY(machine.problems.empty());
    // Without a type the loader is a ROM.
    QVERIFY(derived(Domain{.loader = "<loader stateless='yes'>/fw/OVMF.amdsev.fd</loader>"}.xml()).problems.empty());
}

void TestMachineLibvirt::problems_data()
{
    QTest::addColumn<Domain>("domain");
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<int>("weight");
    const int fault = int(Problem::Weight::Fault), warning = int(Problem::Weight::Warning), note = int(Problem::Weight::Note);
    const auto row = [](const char *name, const Domain &domain, const char *words, int weight) {
        QTest::newRow(name) << domain << QByteArray(words) << weight;
    };
    row("flash", {.loader = "<loader type='pflash'>/fw/CODE.fd</loader><nvram>/v</nvram>"}, "can't run from flash", fault);
    row("nvram", {.loader = "<loader type='rom'>/fw/CODE.fd</loader><nvram>/v</nvram>"}, "no flash that could hold variables", warning);
    row("chosen by libvirt", {.loader = "", .os = "<os firmware='efi'>"}, "libvirt chooses the firmware", fault);
    row("no firmware", {.loader = ""}, "names no firmware", fault);
    row("no protection", {.security = ""}, "its memory is not encrypted", fault);
    row("other protection", {.security = "<launchSecurity type='tdx'/>"}, "is not SEV", fault);
    row("hashes off", {.security = "<launchSecurity type='sev-snp'><policy>0x30000</policy></launchSecurity>"}, "kernelHashes is not 'yes'",
        warning);
    row("debug", {.security = "<launchSecurity type='sev-snp' kernelHashes='yes'><policy>0xb0000</policy></launchSecurity>"},
        "debug the guest", warning);
    row("no policy", {.security = "<launchSecurity type='sev-snp' kernelHashes='yes'/>"}, "missing or not a number", fault);
    row("no kernel", {.boot = ""}, "no <kernel>", note);
    row("host-passthrough", {.cpu = "<cpu mode='host-passthrough'/>"}, "from the host", fault);
    row("host-model", {.cpu = "<cpu mode='host-model'/>"}, "dumpxml", fault);
    row("unknown model", {.cpu = "<cpu mode='custom'><model>Opteron_G3</model></cpu>"}, "signature of this CPU model", fault);
    row("no cpu", {.cpu = ""}, "qemu64", warning);
    row("topology", {.cpu = "<cpu mode='custom'><model>EPYC</model><topology sockets='1' dies='1' cores='2' threads='1'/></cpu>"},
        "makes 2 processors", fault);
    row("no number", {.vcpu = "<vcpu>many</vcpu>"}, "not a number of processors", fault);
    row("some enabled", {.vcpu = "<vcpu>4</vcpu><vcpus><vcpu id='0' enabled='yes'/><vcpu id='1' enabled='no'/></vcpus>"}, "1 are enabled",
        warning);
    row("tcg", {.attributes = "type='qemu'"}, "without KVM", fault);
    row("past libvirt", {.more = "<qemu:commandline><qemu:arg value='-cpu'/><qemu:arg value='EPYC-Genoa'/></qemu:commandline>"},
        "EPYC-Genoa", warning);
}

void TestMachineLibvirt::problems()
{
    QFETCH(Domain, domain);
    QFETCH(QByteArray, words);
    QFETCH(int, weight);
    const auto machine = derived(domain.xml());
    for (const Problem &problem : machine.problems)
        if ((problem.where + ": " + problem.why + " " + problem.remedy).contains(words.toStdString())) {
            QCOMPARE(int(problem.weight), weight);
            QVERIFY(!problem.remedy.empty());
            return;
        }
    QFAIL("no such problem is told");
}

void TestMachineLibvirt::entitiesAndWhiteSpace()
{
    Domain domain;
    domain.vcpu = "<vcpu current='2'>4</vcpu>";
    domain.boot = "<kernel>\n  /boot/vmlinuz  </kernel><cmdline>a=&quot;b c&quot; d&amp;e </cmdline>";
    const auto machine = derived(domain.xml());
    QCOMPARE(*machine.parameters.vcpus, 2u);
    QCOMPARE(machine.parameters.kernel, std::string("/boot/vmlinuz"));
    QCOMPARE(machine.parameters.append, std::string("a=\"b c\" d&e "));
    // Nothing is fetched, nothing of one's own is expanded.
    domain.boot = "<kernel>&file;</kernel>";
    const auto strange = fromLibvirt("<!DOCTYPE domain [<!ENTITY file SYSTEM '/etc/passwd'>]>" + domain.xml(), "guest.xml");
    QVERIFY(!strange || strange->parameters.kernel == "&file;");
}

void TestMachineLibvirt::noDomain()
{
    QVERIFY(fromLibvirt("", "x").error().where.contains("offset 0"));
    QVERIFY(fromLibvirt("<domain", "x").error().message().contains("it is not XML"));
    QVERIFY(fromLibvirt("<network/>", "x").error().why.contains("<network>"));
    QVERIFY(!fromLibvirt(std::string(descriptionLimit + 1, ' '), "x"));
}

QTEST_GUILESS_MAIN(TestMachineLibvirt)
#include "test_machine_libvirt.moc"
