// SPDX-License-Identifier: Apache-2.0
// QEMU's command line in rehearsals: what is read, what is refused, and what the real QEMU gets.
#include "sev-backend/rehearsal/qemu_edit.h"
#include "sev-backend/rehearsal/settings.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

using Words = std::vector<std::string>;

/// As libvirt 11.3 starts a protected guest.
Words ofLibvirt(const std::string &object)
{
    return {"-name", "guest=x,debug-threads=on", "-S", "-machine",
        "pc-q35-10.0,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on,confidential-guest-support=lsec0", "-accel", "kvm", "-cpu",
        "EPYC-v4", "-bios", "/f,w.fd", "-m", "size=524288k", "-object",
        R"({"qom-type":"memory-backend-ram","id":"pc.ram","size":536870912})", "-smp", "4", "-no-user-config", "-nodefaults", "-chardev",
        "socket,id=charmonitor,fd=28,server=on,wait=off", "-mon", "chardev=charmonitor,id=monitor,mode=control", "-kernel", "/k", "-initrd",
        "/i", "-append", "-machine none", "-device", R"({"driver":"virtio-serial-pci","id":"virtio-serial0"})", "-object", object, "-msg",
        "timestamp=on"};
}

const std::string snp =
    R"({"qom-type":"sev-snp-guest","id":"lsec0","cbitpos":51,"reduced-phys-bits":1,"policy":196608,"kernel-hashes":true})";

bool has(const Words &words, const std::string &option, const std::string &value)
{
    for (std::size_t at = 0; at + 1 < words.size(); ++at)
        if (words[at] == option && words[at + 1] == value)
            return true;
    return false;
}

std::string joined(const Words &words)
{
    std::string text;
    for (const std::string &word : words)
        text += word + " ";
    return text;
}

} // namespace

class TestRehearsalLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void purposes();
    void launch();
    void edits();
    void flash();
    void memory();
    void refusals_data();
    void refusals();
    void settings();
    void sizes();
};

void TestRehearsalLine::purposes()
{
    const auto probe = QemuLine::read({"-S", "-no-user-config", "-nodefaults", "-nographic", "-machine", "none,accel=kvm:tcg", "-qmp",
        "unix:/a/qmp.monitor,server=on,wait=off", "-pidfile", "/a/pid", "-daemonize"});
    QVERIFY(probe);
    QCOMPARE(probe->purpose, QemuLine::Purpose::Probe);
    QVERIFY(probe->daemonize);
    QCOMPARE(probe->pidFile, "/a/pid");
    QCOMPARE(probe->monitors.size(), 1u);
    QCOMPARE(probe->monitors[0].path, "/a/qmp.monitor");
    QemuEdits edits;
    edits.monitors.emplace_back(probe->monitors[0], 7);
    const Words words = edited(*probe, edits);
    QVERIFY2(!joined(words).contains("-qmp "), joined(words).c_str());
    QVERIFY(has(words, "-mon", "chardev=kastellan-qmp-7,mode=control"));
    QVERIFY(has(words, "-machine", "none,accel=kvm:tcg")); // what KVM is there is QEMU's to say
    for (const Words &through : {Words{"-version"}, Words{"-machine", "q35", "-append", "-object sev-guest,id=a"}, Words{}}) {
        const auto line = QemuLine::read(through);
        QVERIFY(line);
        QCOMPARE(line->purpose, QemuLine::Purpose::Through);
    }
}

void TestRehearsalLine::launch()
{
    const auto line = QemuLine::read(ofLibvirt(snp));
    QVERIFY(line);
    QCOMPARE(line->purpose, QemuLine::Purpose::Launch);
    QVERIFY(line->paused && line->timestamps && line->serialBus && line->sev->snp && line->sev->kernelHashes);
    QCOMPARE(line->sev->policy, 0x30000u);
    QCOMPARE(line->parameters.vcpus, 4u);
    QCOMPARE(line->parameters.append, "-machine none");
    QCOMPARE(line->monitors.at(0).fd, 28);
    QCOMPARE(line->memorySize, 512u << 20);
    const auto keys = QemuLine::read(ofLibvirt("sev-guest,id=lsec0,cbitpos=51,reduced-phys-bits=1,policy=0x5,dh-cert-file=/a,,b"));
    QVERIFY(keys);
    QVERIFY(!keys->sev->snp && keys->sev->es());
    QCOMPARE(keys->sev->dhCertFile, "/a,b");
}

void TestRehearsalLine::edits()
{
    const auto line = QemuLine::read(ofLibvirt(snp));
    QVERIFY(line);
    QemuEdits edits;
    edits.firmware = "/proc/self/fd/11";
    edits.kernel = "/proc/self/fd/12";
    edits.initrd = "/proc/self/fd/13";
    edits.memory = "/proc/self/fd/14";
    edits.firmwarePort = 15;
    edits.notResettable = true;
    edits.monitors.emplace_back(line->monitors[0], 16);
    const Words words = edited(*line, edits);
    for (const auto &[option, value] :
        {std::pair<std::string, std::string>{"-bios", edits.firmware}, {"-kernel", edits.kernel}, {"-initrd", edits.initrd},
            {"-accel", "tcg"}, {"-cpu", "EPYC-v4,erms=off,fsrm=off"},
            {"-object", "memory-backend-file,id=pc.ram,mem-path=/proc/self/fd/14,share=on,size=536870912"},
            {"-machine", "pc-q35-10.0,usb=off,dump-guest-core=off,memory-backend=pc.ram,acpi=on"},
            {"-chardev", "socket,id=charmonitor,fd=16"},
            {"-device",
                R"({"driver":"virtserialport","chardev":"kastellan-firmware","id":"kastellan-firmware-port","name":"org.kastellan.firmware.0"})"},
            {"-append", "-machine none"}, {"-action", "reboot=shutdown"}})
        QVERIFY2(has(words, option, value), (option + " " + value + " in " + joined(words)).c_str());
    QVERIFY(!joined(words).contains("sev-snp-guest"));
    QVERIFY(!joined(words).contains("kvm"));
}

void TestRehearsalLine::flash()
{
    Words words = ofLibvirt("sev-guest,id=lsec0,cbitpos=51,reduced-phys-bits=1");
    words.erase(std::ranges::find(words, "-bios"), std::ranges::find(words, "-bios") + 2);
    *(std::ranges::find(words, "-machine") + 1) += ",pflash0=fmt";
    words.insert(words.end(),
        {"-blockdev", R"({"driver":"file","filename":"/code.fd","node-name":"store","read-only":true})", "-blockdev",
            R"({"node-name":"fmt","driver":"raw","file":"store"})"});
    const auto line = QemuLine::read(words);
    QVERIFY(line);
    QVERIFY(line->flash);
    QCOMPARE(line->parameters.ovmf, "/code.fd");
    QemuEdits edits;
    edits.firmware = "/proc/self/fd/9";
    QVERIFY(
        has(edited(*line, edits), "-blockdev", R"({"driver":"file","filename":"/proc/self/fd/9","node-name":"store","read-only":true})"));
}

void TestRehearsalLine::memory()
{
    const auto plain = QemuLine::read({"-machine", "q35,confidential-guest-support=s", "-m", "1G", "-enable-kvm", "-mem-path",
        "/dev/hugepages", "-bios", "f", "-object", "sev-guest,id=s,reduced-phys-bits=1"});
    QVERIFY(plain);
    QCOMPARE(plain->memorySize, 1u << 30);
    QemuEdits edits;
    edits.memory = "/m";
    const Words words = edited(*plain, edits);
    QVERIFY(has(words, "-machine", "memory-backend=kastellan-ram"));
    QVERIFY2(!joined(words).contains("hugepages") && !joined(words).contains("kvm"), joined(words).c_str());
    QVERIFY(has(words, "-accel", "tcg"));
}

void TestRehearsalLine::refusals_data()
{
    QTest::addColumn<QString>("more");
    QTest::addColumn<QString>("words");
    QTest::newRow("id block") << R"(,"id-block":"AAAA")" << "parameter length of 3 not equal to 96";
    QTest::newRow("host data") << R"(,"host-data":"AAAA")" << "parameter length of 3 not equal to 32";
    QTest::newRow("base64") << R"(,"id-auth":"!")" << "Base64 data '!' is not valid";
    QTest::newRow("unknown") << R"(,"dh-cert-file":"/x")" << "Parameter 'dh-cert-file' is unexpected";
    QTest::newRow("policy") << R"(,"policy":"much")" << "Parameter 'policy' expects uint64";
}

void TestRehearsalLine::refusals()
{
    QFETCH(const QString, more);
    QFETCH(const QString, words);
    const auto line =
        QemuLine::read(ofLibvirt(R"({"qom-type":"sev-snp-guest","id":"lsec0","reduced-phys-bits":1)" + more.toStdString() + "}"));
    QVERIFY(!line);
    QVERIFY2(QString::fromStdString(line.error().lines.at(0)).endsWith(words), line.error().lines[0].c_str());
}

void TestRehearsalLine::settings()
{
    RehearsalSettings settings{"/q", "/e", "milan", "seed", "/l", "get-report=busy*3", {HostFault::NoAsid}, "0123"};
    const auto read = RehearsalSettings::parse(settings.encode(), "x");
    QVERIFY(read);
    QVERIFY(*read == settings);
    for (const char *bad : {"", "[]", "{\"qemu\":\"q\",\"emulated\":\"/e\",\"profile\":\"milan\"}",
             "{\"qemu\":\"/q\",\"emulated\":\"/e\",\"profile\":\"pentium\"}",
             "{\"qemu\":\"/q\",\"emulated\":\"/e\",\"profile\":\"milan\",\"faults\":\"no-beer\"}", "{\"qemu\":1}", "{\"other\":\"\"}"})
        QVERIFY2(!RehearsalSettings::parse(asBytes(bad), "x"), bad);
}

void TestRehearsalLine::sizes()
{
    QCOMPARE(qemuSize("262144k").value(), 256u << 20);
    QCOMPARE(qemuSize("512", 1u << 20).value(), 512u << 20);
    QCOMPARE(qemuSize("1G").value(), 1u << 30);
    for (const char *bad : {"", "x", "1Gi", "-1", "99999999999999999999", "99999999T"})
        QVERIFY2(!qemuSize(bad), bad);
}

QTEST_GUILESS_MAIN(TestRehearsalLine)
#include "test_rehearsal_line.moc"
