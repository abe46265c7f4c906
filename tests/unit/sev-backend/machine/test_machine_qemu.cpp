// SPDX-License-Identifier: Apache-2.0
// QEMU's command line: words, options with keys, and what decides the digest.
#include "sev-backend/machine/from_machine.h"
#include "sev-backend/machine/number.h"
#include "sev-backend/machine/qemu_options.h"
#include "sev-backend/machine/shell_words.h"

#include <QtTest/QTest>

using namespace kastellan;
using namespace kastellan::sev;

class TestMachineQemu : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void wordsOfAShell_data();
    void wordsOfAShell();
    void onlyAShellCouldTell_data();
    void onlyAShellCouldTell();
    void optionsWithKeys();
    void numbers();
    void aWholeMachine();
    void writtenAsJson();
    void kinds_data();
    void kinds();
    void processors_data();
    void processors();
    void models_data();
    void models();
    void faults_data();
    void faults();
    void flashOfBlockdev();
    void noCommandLine();
};

namespace {

const std::string snp = "qemu-system-x86_64 -enable-kvm -machine q35,confidential-guest-support=sev0 -bios /fw/OVMF.fd "
                        "-object sev-snp-guest,id=sev0,policy=0x30000,kernel-hashes=on ";

DerivedLaunch derived(const std::string &line)
{
    auto result = fromQemu(line, "line");
    if (!result)
        qFatal("%s", result.error().message().c_str());
    return std::move(*result);
}

const Problem *problemWith(const DerivedLaunch &derived, std::string_view words)
{
    for (const Problem &problem : derived.problems)
        if ((problem.where + ": " + problem.why + ". " + problem.remedy).contains(words))
            return &problem;
    return nullptr;
}

} // namespace

void TestMachineQemu::wordsOfAShell_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("words"); // joined by |
    const auto row = [](const char *name, const QByteArray &text, const char *words) { QTest::newRow(name) << text << QByteArray(words); };
    row("blanks", " a  b\tc\n", "a|b|c");
    row("quotes", "a 'b c' \"d e\"f", "a|b c|d ef");
    row("empty word", "-append '' x", "-append||x");
    row("backslashes", "a\\ b \"c\\\"d\" 'e\\f' g\\\\", "a b|c\"d|e\\f|g\\");
    row("continued", "a \\\n b \\\r\n c", "a|b|c");
    row("comment", "a # b c\nd#e", "a|d#e");
    row("joined quotes", "'a'\"b\"c", "abc");
    row("of a process", QByteArray("qemu\0-append\0a  b\0", 18), "qemu|-append|a  b");
    row("dollar in quotes", "'$x'", "$x");
}

void TestMachineQemu::wordsOfAShell()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, words);
    const auto split = shellWords(text.toStdString(), "line");
    QVERIFY2(split, split ? "" : split.error().message().c_str());
    std::string joined;
    for (const std::string &word : *split)
        joined += (&word == &split->front() ? "" : "|") + word;
    QCOMPARE(joined, words.toStdString());
}

void TestMachineQemu::onlyAShellCouldTell_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("where");
    QTest::newRow("variable") << QByteArray("qemu -bios $FW") << QByteArray("offset 11");
    QTest::newRow("in quotes") << QByteArray("qemu \"a${B}\"") << QByteArray("offset 7");
    QTest::newRow("command") << QByteArray("a `b`") << QByteArray("offset 2");
    QTest::newRow("pipe") << QByteArray("a | b") << QByteArray("offset 2");
    QTest::newRow("open quote") << QByteArray("a 'b") << QByteArray("offset 2");
    QTest::newRow("open double quote") << QByteArray("a \"b") << QByteArray("offset 2");
}

void TestMachineQemu::onlyAShellCouldTell()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, where);
    const auto split = shellWords(text.toStdString(), "line");
    QVERIFY(!split);
    QVERIFY2(split.error().where.ends_with(where.toStdString()), split.error().message().c_str());
}

void TestMachineQemu::optionsWithKeys()
{
    const auto options = QemuOptions::parse("q35,a=1,b=x,,y,on,noc,a=2", "type", "-machine").value();
    QCOMPARE(*options.value("type"), std::string("q35"));
    QCOMPARE(*options.value("a"), std::string("2"));
    QCOMPARE(*options.value("b"), std::string("x,y"));
    QCOMPARE(options.flag("on"), std::optional(true));
    QCOMPARE(options.flag("c"), std::optional(false));
    QVERIFY(!options.value("z"));
    const auto json =
        QemuOptions::parse(R"({"qom-type":"sev-snp-guest","policy":196608,"kernel-hashes":true,"file":{"filename":"x"}})", "", "-object")
            .value();
    QCOMPARE(*json.value("policy"), std::string("196608"));
    QCOMPARE(json.flag("kernel-hashes"), std::optional(true));
    QCOMPARE(*json.value("file.filename"), std::string("x"));
    QVERIFY(!QemuOptions::parse("{\"a\":", "", "-object"));
    QVERIFY(!QemuOptions::parse(std::string(1000, '{'), "", "-object"));
}

void TestMachineQemu::numbers()
{
    QCOMPARE(*numberFrom("0x21"), std::uint64_t(0x21));
    QCOMPARE(*numberFrom("017"), std::uint64_t(17)); // as sev-snp-measure's own numbers: no C octal
    QCOMPARE(*numberFrom("0b101"), std::uint64_t(5));
    for (const char *wrong : {"", "0x", "-1", "1 ", "99999999999999999999", "1e3"})
        QVERIFY2(!numberFrom(wrong), wrong);
    QVERIFY(parseNumber("300", "--x", 255).error().message().contains("255"));
    QCOMPARE(parseBytes("AAAA", 3, "x").value(), (Bytes{0, 0, 0}));
    QCOMPARE(parseBytes("0x00ff00", 3, "x").value(), (Bytes{0, 0xff, 0}));
    QVERIFY(!parseBytes("00", 3, "x"));
}

void TestMachineQemu::aWholeMachine()
{
    const auto machine = derived(snp
        + "-cpu EPYC-Milan-v2,+x -smp 4,maxcpus=8 -kernel /boot/vmlinuz -initrd /boot/initrd -append 'console=ttyS0 ' -object "
          "memory-backend-memfd,id=ram1,size=1G");
    const LaunchParameters &parameters = machine.parameters;
    QCOMPARE(*parameters.kind, GuestKind::Snp);
    QCOMPARE(*parameters.vcpus, 4u);
    QCOMPARE(*parameters.cpuSignature, 0xa00f11u);
    QCOMPARE(parameters.ovmf, std::string("/fw/OVMF.fd"));
    QCOMPARE(parameters.kernel, std::string("/boot/vmlinuz"));
    QCOMPARE(parameters.initrd, std::string("/boot/initrd"));
    QCOMPARE(parameters.append, std::string("console=ttyS0 "));
    QVERIFY(parameters.kernelHashes);
    QCOMPARE(*parameters.policy, std::uint64_t(0x30000));
    QVERIFY(machine.problems.empty());
    QCOMPARE(machine.taken.size(), std::size_t(8));
    QCOMPARE(machine.taken[4].from, std::string("-smp 4,maxcpus=8"));
}

void TestMachineQemu::writtenAsJson()
{
    const auto machine = derived(
        R"(qemu -cpu EPYC-v4 -bios fw.fd -machine '{"type":"q35","confidential-guest-support":"lsec0"}' -object '{"qom-type":"sev-snp-guest","id":"lsec0","policy":196608,"kernel-hashes":true}')");
    QCOMPARE(*machine.parameters.kind, GuestKind::Snp);
    QVERIFY(machine.parameters.kernelHashes);
    QCOMPARE(*machine.parameters.policy, std::uint64_t(196608));
}

void TestMachineQemu::kinds_data()
{
    QTest::addColumn<QByteArray>("object");
    QTest::addColumn<int>("kind");
    QTest::addColumn<quint64>("features");
    QTest::newRow("sev") << QByteArray("sev-guest,id=s,policy=0x1") << int(GuestKind::Sev) << quint64(1);
    QTest::newRow("default policy") << QByteArray("sev-guest,id=s") << int(GuestKind::Sev) << quint64(1);
    QTest::newRow("es") << QByteArray("sev-guest,id=s,policy=0x5") << int(GuestKind::SevEs) << quint64(1);
    QTest::newRow("snp") << QByteArray("sev-snp-guest,id=s") << int(GuestKind::Snp) << quint64(1);
    QTest::newRow("secure tsc") << QByteArray("sev-snp-guest,id=s,secure-tsc=on,tsc-frequency=2000000000") << int(GuestKind::Snp)
                                << quint64(0x201);
    QTest::newRow("debug swap") << QByteArray("sev-snp-guest,id=s,debug-swap=on") << int(GuestKind::Snp) << quint64(0x21);
}

void TestMachineQemu::kinds()
{
    QFETCH(QByteArray, object);
    QFETCH(int, kind);
    QFETCH(quint64, features);
    const auto machine = derived("qemu -M q35,memory-encryption=s -cpu EPYC -bios f -object " + object.toStdString());
    QCOMPARE(int(*machine.parameters.kind), kind);
    QCOMPARE(machine.parameters.guestFeatures, features);
    QVERIFY2(machine.problems.empty(), machine.problems.empty() ? "" : machine.problems[0].why.c_str());
}

void TestMachineQemu::processors_data()
{
    QTest::addColumn<QByteArray>("options");
    QTest::addColumn<uint>("vcpus");
    QTest::newRow("none") << QByteArray("") << 1u;
    QTest::newRow("cpus") << QByteArray("-smp cpus=6,maxcpus=8") << 6u;
    QTest::newRow("implied") << QByteArray("-smp 3") << 3u;
    QTest::newRow("topology") << QByteArray("-smp sockets=2,dies=1,cores=4,threads=2") << 16u;
    QTest::newRow("maxcpus alone") << QByteArray("-smp maxcpus=5") << 5u;
    QTest::newRow("the last one") << QByteArray("-smp 3 -smp 7") << 7u;
    QTest::newRow("of the machine") << QByteArray("-machine smp.cpus=9") << 9u;
    QTest::newRow("plugged in") << QByteArray("-smp 2,maxcpus=4 -device EPYC-v4-x86_64-cpu,core-id=2,socket-id=0,thread-id=0") << 3u;
}

void TestMachineQemu::processors()
{
    QFETCH(QByteArray, options);
    QFETCH(uint, vcpus);
    const auto machine = derived(snp + "-cpu EPYC " + options.toStdString());
    QCOMPARE(*machine.parameters.vcpus, vcpus);
    QVERIFY(machine.problems.size() <= 1); // kernel-hashes without a kernel
}

void TestMachineQemu::models_data()
{
    QTest::addColumn<QByteArray>("cpu");
    QTest::addColumn<uint>("signature"); // 0: not known
    QTest::newRow("EPYC-Turin") << QByteArray("EPYC-Turin") << 0xb00f00u;
    QTest::newRow("EPYC-Genoa-v2") << QByteArray("EPYC-Genoa-v2,-x2apic") << 0xa10f10u;
    QTest::newRow("host") << QByteArray("host") << 0u;
    QTest::newRow("max") << QByteArray("max") << 0u;
    QTest::newRow("unknown") << QByteArray("Skylake-Server") << 0u;
    QTest::newRow("qemu64") << QByteArray("qemu64") << 0x60fb1u;
    QTest::newRow("its own stepping") << QByteArray("EPYC-Milan,stepping=2") << 0xa00f12u;
    QTest::newRow("host with a signature") << QByteArray("host,family=25,model=17,stepping=1") << 0xa10f11u;
}

void TestMachineQemu::models()
{
    QFETCH(QByteArray, cpu);
    QFETCH(uint, signature);
    const auto machine = derived(snp + "-cpu " + cpu.toStdString());
    QCOMPARE(machine.parameters.cpuSignature.value_or(0), signature);
    const Problem *problem = problemWith(machine, "--vcpu-sig");
    QCOMPARE(problem != nullptr, signature == 0);
    QVERIFY(!problem || problem->weight == Problem::Weight::Fault);
}

void TestMachineQemu::faults_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QByteArray>("words");
    QTest::addColumn<int>("weight");
    const int fault = int(Problem::Weight::Fault), warning = int(Problem::Weight::Warning), note = int(Problem::Weight::Note);
    const auto row = [](const char *name, const std::string &line, const char *words, int weight) {
        QTest::newRow(name) << QByteArray::fromStdString(line) << QByteArray(words) << weight;
    };
    row("no object", "qemu -machine q35 -cpu EPYC -bios f", "its memory is not encrypted", fault);
    row("not named", "qemu -machine q35 -cpu EPYC -bios f -object sev-snp-guest,id=sev0", "confidential-guest-support=sev0", fault);
    row("another is named", "qemu -machine q35,confidential-guest-support=x -cpu EPYC -bios f -object sev-snp-guest,id=sev0", "no -machine",
        fault);
    row("flash",
        "qemu -machine q35,confidential-guest-support=s -cpu EPYC -object sev-snp-guest,id=s -drive "
        "if=pflash,format=raw,unit=0,file=/fw/CODE.fd,readonly=on",
        "can't run from flash", fault);
    row("flash beside", snp + "-cpu EPYC -drive if=pflash,file=/x", "QEMU takes the flash", warning);
    row("no firmware", "qemu -machine q35,confidential-guest-support=s -cpu EPYC -object sev-snp-guest,id=s", "names no firmware", fault);
    row("hashes off", "qemu -machine q35,confidential-guest-support=s -cpu EPYC -bios f -object sev-snp-guest,id=s -kernel k",
        "kernel-hashes is not on", warning);
    row("hashes of nothing", snp + "-cpu EPYC", "no -kernel whose hash", note);
    row("initrd alone", snp + "-cpu EPYC -initrd i", "without -kernel", fault);
    row("no cpu", snp, "qemu64", warning);
    row("debug", "qemu -machine q35,confidential-guest-support=s -cpu EPYC -bios f -object sev-snp-guest,id=s,policy=0xb0000",
        "debug the guest", warning);
    row("debug, legacy", "qemu -machine q35,confidential-guest-support=s -cpu EPYC -bios f -object sev-guest,id=s,policy=0x4",
        "debug the guest", warning);
    row("no number", "qemu -machine q35,confidential-guest-support=s -cpu EPYC -bios f -object sev-guest,id=s,policy=five",
        "policy is not a number", fault);
    row("tcg", snp + "-cpu EPYC -accel tcg", "without KVM", fault);
    row("too many", snp + "-cpu EPYC -smp 99999", "not a number of processors", fault);
    row("igvm", snp + "-cpu EPYC -object igvm-cfg,id=i,file=x.igvm", "IGVM", fault);
    row("config", snp + "-cpu EPYC -readconfig x", "which is not read", warning);
}

void TestMachineQemu::faults()
{
    QFETCH(QByteArray, line);
    QFETCH(QByteArray, words);
    QFETCH(int, weight);
    const auto machine = derived(line.toStdString());
    const Problem *problem = problemWith(machine, words.toStdString());
    QVERIFY(problem);
    QCOMPARE(int(problem->weight), weight);
    QVERIFY(!problem->remedy.empty());
}

void TestMachineQemu::flashOfBlockdev()
{
    const auto machine = derived("qemu -M q35,confidential-guest-support=s,pflash0=fmt -cpu EPYC -object sev-guest,id=s,policy=1 -blockdev "
                                 "driver=file,filename=/fw/CODE.fd,node-name=store -blockdev driver=raw,file=store,node-name=fmt");
    QCOMPARE(machine.parameters.ovmf, std::string("/fw/CODE.fd"));
    QVERIFY(!problemWith(machine, "flash")); // SEV without SNP may
}

void TestMachineQemu::noCommandLine()
{
    QVERIFY(fromQemu("hello world", "line").error().why.contains("none of QEMU's options"));
    QVERIFY(fromQemu("", "line").error().why.contains("none of QEMU's options"));
    QVERIFY(fromQemu("qemu -smp", "line").error().why.contains("-smp"));
    QVERIFY(!fromQemu(std::string(descriptionLimit + 1, ' '), "line"));
}

QTEST_GUILESS_MAIN(TestMachineQemu)
#include "test_machine_qemu.moc"
