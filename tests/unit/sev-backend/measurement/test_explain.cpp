// SPDX-License-Identifier: Apache-2.0
// The search for what explains a digest: a machine is bent in one or two ways, and the search has to name them.
#include "core/base/digest.h"
#include "sev-backend/measurement/explain.h"
#include "tests/support/firmware_image.h"

#include <QtCore/QElapsedTimer>
#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;
using kastellan::test::FirmwareImage;

class TestExplain : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void oneChange_data();
    void oneChange();
    void twoChanges();
    void twoChangesAndTheNumberOfVcpus();
    void otherFirmware();
    void hashesThatWereOff();
    void es();
    void sevIsNotEs();
    void nothingFits();
    void whatIsRightIsRight();
    void hmacInsteadOfDigest();
    void canBeStopped();

private:
    const Bytes m_image = FirmwareImage{.pages = 16}.bytes();
    const Ovmf m_ovmf = Ovmf::parse(m_image, "ovmf").value();
    Believed believed() const;
};

namespace {

const std::string commandLine = " root=/dev/vda1  quiet ";

std::vector<std::string> whats(const Explanation &explanation)
{
    std::vector<std::string> all;
    for (const Change &change : explanation.changes)
        all.push_back(change.what);
    return all;
}

using Bend = std::function<void(VmParameters &)>;

} // namespace
Q_DECLARE_METATYPE(Bend)

Believed TestExplain::believed() const
{
    Believed believed;
    believed.ovmf = &m_ovmf;
    believed.parameters.vcpus = 4;
    believed.parameters.cpuSignature = *cpuSignatureOf("EPYC-Milan");
    believed.parameters.boot = BootHashes{sha256(asBytes("kernel")), sha256(asBytes("initrd")), commandLineHash(commandLine)};
    believed.files = believed.parameters.boot;
    believed.commandLine = commandLine;
    return believed;
}

void TestExplain::oneChange_data()
{
    QTest::addColumn<Bend>("bend");
    QTest::addColumn<QByteArray>("what");
    QTest::addColumn<QByteArray>("phrase");
    const auto row = [](const char *name, const char *what, const char *phrase, Bend bend) {
        QTest::newRow(name) << bend << QByteArray(what) << QByteArray(phrase);
    };
    const auto line = [](const std::string &text) {
        return Bend([text](VmParameters &machine) { machine.boot->commandLine = commandLineHash(text); });
    };
    row("debug swap", "guest-features", "0x21", [](VmParameters &machine) { machine.guestFeatures = 0x21; });
    row("secure TSC", "guest-features", "secure TSC on", [](VmParameters &machine) { machine.guestFeatures = 0x201; });
    row("two features", "guest-features", "0x221", [](VmParameters &machine) { machine.guestFeatures = 0x221; });
    row("1 vCPU", "vcpus", "1 vCPU instead of 4", [](VmParameters &machine) { machine.vcpus = 1; });
    row("512 vCPUs", "vcpus", "512 vCPUs", [](VmParameters &machine) { machine.vcpus = 512; });
    row("Genoa", "cpu", "EPYC-Genoa", [](VmParameters &machine) { machine.cpuSignature = 0xa10f10; });
    row("Turin", "cpu", "EPYC-Turin", [](VmParameters &machine) { machine.cpuSignature = 0xb00f00; });
    row("a real Genoa", "cpu", "family 25, model 17, stepping 1", [](VmParameters &machine) { machine.cpuSignature = 0xa10f11; });
    row("hashes off", "kernel-hashes", "off", [](VmParameters &machine) { machine.boot.reset(); });
    row("no initrd", "initrd", "no initrd", [](VmParameters &machine) { machine.boot->initrd = emptyInitrdHash(); });
    row("trimmed", "command-line", "without the white space", line("root=/dev/vda1  quiet"));
    row("line end", "command-line", "line end", line(commandLine + "\n"));
    row("blank", "command-line", "blank at its end", line(commandLine + " "));
    row("two NULs", "command-line", "NUL", line(commandLine + std::string(1, '\0')));
    row("no NUL", "command-line", "without its closing NUL",
        [](VmParameters &machine) { machine.boot->commandLine = sha256(asBytes(commandLine)); });
    row("empty", "command-line", "empty", line(""));
    row("single blanks", "command-line", "single blanks", line(" root=/dev/vda1 quiet "));
    row("older VMSA", "vmsa", "Linux 6.10", [](VmParameters &machine) { machine.oldVmsa = true; });
    row("EC2", "vmm", "ec2", [](VmParameters &machine) { machine.vmm = Vmm::Ec2; });
    row("GCE", "vmm", "gce", [](VmParameters &machine) { machine.vmm = Vmm::Gce; });
    row("krun", "vmm", "krun", [](VmParameters &machine) { machine.vmm = Vmm::Krun; });
}

void TestExplain::oneChange()
{
    QFETCH(Bend, bend);
    QFETCH(QByteArray, what);
    QFETCH(QByteArray, phrase);
    const Believed known = believed();
    VmParameters machine = known.parameters;
    bend(machine);
    const auto found = explain(known, measureSnp(m_ovmf, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(whats(found[0]), std::vector{what.toStdString()});
    QVERIFY2(found[0].sentence().contains(phrase.toStdString()), found[0].sentence().c_str());
}

void TestExplain::twoChanges()
{
    const Believed known = believed();
    VmParameters machine = known.parameters;
    machine.guestFeatures = 0x21;
    machine.oldVmsa = true;
    auto found = explain(known, measureSnp(m_ovmf, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(whats(found[0]), (std::vector<std::string>{"guest-features", "vmsa"}));
    QCOMPARE(found[0].options(), std::string("--guest-features 0x21 --old-vmsa"));

    machine = known.parameters;
    machine.vmm = Vmm::Ec2;
    machine.ec2Rdx = 0;
    found = explain(known, measureSnp(m_ovmf, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(whats(found[0]), (std::vector<std::string>{"vmm", "ec2-rdx"}));
}

void TestExplain::twoChangesAndTheNumberOfVcpus()
{
    const Believed known = believed();
    VmParameters machine = known.parameters;
    machine.guestFeatures = 0x201;
    machine.cpuSignature = *cpuSignatureOf("EPYC-v4");
    machine.vcpus = 96;
    QElapsedTimer timer;
    timer.start();
    const auto found = explain(known, measureSnp(m_ovmf, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), std::string("--guest-features 0x201 --vcpu-sig 0x800f12 --vcpus 96"));
    QVERIFY2(timer.elapsed() < 20'000, "the search shares what machines have in common"); // without that it takes minutes
}

void TestExplain::otherFirmware()
{
    Believed known = believed();
    const Bytes other = FirmwareImage{.pages = 8, .pattern = 0x11}.bytes(), third = FirmwareImage{.pages = 4, .pattern = 0x12}.bytes();
    known.otherFirmware.push_back({"other.fd", Ovmf::parse(other, "other.fd").value()});
    known.otherFirmware.push_back({"third.fd", Ovmf::parse(third, "third.fd").value()});
    VmParameters machine = known.parameters;
    machine.vcpus = 8;
    const auto found = explain(known, measureSnp(known.otherFirmware[1].firmware, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), std::string("--ovmf third.fd --vcpus 8"));
}

void TestExplain::hashesThatWereOff()
{
    Believed known = believed();
    known.parameters.boot.reset(); // a machine with a kernel, but kernel-hashes=off
    VmParameters machine = known.parameters;
    machine.boot = known.files;
    machine.boot->commandLine = commandLineHash(commandLine + "\n");
    const auto found = explain(known, measureSnp(m_ovmf, machine).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(whats(found[0]), (std::vector<std::string>{"kernel-hashes", "command-line"}));
}

void TestExplain::es()
{
    Believed known = believed();
    known.kind = GuestKind::SevEs;
    VmParameters machine = known.parameters;
    machine.oldVmsa = true;
    machine.vcpus = 33;
    const auto found = explain(known, measureSev(m_ovmf, machine, true).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), std::string("--old-vmsa --vcpus 33"));
}

void TestExplain::sevIsNotEs()
{
    Believed known = believed();
    known.kind = GuestKind::Sev;
    const auto found = explain(known, measureSev(m_ovmf, known.parameters, true).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(whats(found[0]), std::vector<std::string>{"kind"});
}

void TestExplain::nothingFits()
{
    QCOMPARE(explain(believed(), LaunchDigest{}.view()).size(), std::size_t(0));
    QCOMPARE(explain(believed(), ByteView{}).size(), std::size_t(0));
}

void TestExplain::whatIsRightIsRight()
{
    const Believed known = believed();
    const auto found = explain(known, measureSnp(m_ovmf, known.parameters).value().view());
    QCOMPARE(found.size(), std::size_t(1));
    QVERIFY(found[0].changes.empty());
    QVERIFY(found[0].sentence().contains("as it was described"));
}

void TestExplain::hmacInsteadOfDigest()
{
    const Believed known = believed();
    VmParameters machine = known.parameters;
    machine.vcpus = 2;
    const Bytes key(16, 7);
    const auto digest = measureSnp(m_ovmf, machine).value();
    const Sha256 mac = hmacSha256(key, {digest.view()});
    const auto found = explain(known, [&](ByteView tried) { return hmacSha256(key, {tried}) == mac; });
    QCOMPARE(found.size(), std::size_t(1));
    QCOMPARE(found[0].options(), std::string("--vcpus 2"));
}

void TestExplain::canBeStopped()
{
    std::stop_source stop;
    int tests = 0;
    const auto found = explain(
        believed(),
        [&](ByteView) {
            if (++tests == 10)
                stop.request_stop();
            return false;
        },
        stop.get_token());
    QVERIFY(found.empty());
    QVERIFY2(tests < 1000, qPrintable(QString::number(tests)));
}

QTEST_GUILESS_MAIN(TestExplain)
#include "test_explain.moc"
