// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "sev-backend/launch/local_host.h"
#include "sev-backend/launch/namespaces.h"
#include "sev-backend/launch/process.h"
#include "sev-backend/launch/warden_socket.h"
#include "tests/support/data_folder.h"

#include <QtTest/QtTest>

#include <csignal>
#include <fstream>
#include <set>

#include <sys/socket.h>
#include <sys/wait.h>

using namespace kastellan;
using namespace kastellan::sev;
namespace fs = std::filesystem;

class TestKeepNamespaces : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsMaps();
    void choosesIds_data();
    void choosesIds();
    void idsDifferByKeep();
    void knowsAProcessByItsStart();
    void aProcessThatEndedIsNobody();
    void socketsAreForUsAlone();
    void pathsOfSocketsAreBounded();
    void theLocalHostIsHonest_data();
    void theLocalHostIsHonest();
};

void TestKeepNamespaces::readsMaps()
{
    using Map = std::vector<IdRange>;
    QVERIFY((parseIdMap("         0          0 4294967295\n") == Map{{0, 0, 4294967295}}));
    QVERIFY((parseIdMap("0 1000 1\n1 100000 65536\n") == Map{{0, 1000, 1}, {1, 100000, 65536}}));
    QVERIFY((parseIdMap("1 2") == Map{}));
    QVERIFY((parseIdMap("1 2 3 4\nx y z\n\n5 6 7") == Map{{5, 6, 7}}));
    QVERIFY((parseIdMap("1 2 0\n1 2 99999999999999999999999\n-1 2 3") == Map{}));
    QVERIFY(parseIdMap("").empty());
    std::string many;
    for (int i = 0; i < 1000; ++i)
        many += "1 2 3\n";
    QCOMPARE(parseIdMap(many).size(), 340u);
}

void TestKeepNamespaces::choosesIds_data()
{
    QTest::addColumn<unsigned>("uid");
    QTest::addColumn<QByteArray>("uids");
    QTest::addColumn<QByteArray>("gids");
    QTest::addColumn<unsigned>("lowest");
    QTest::addColumn<unsigned>("highest");
    QTest::addColumn<bool>("two");
    const QByteArray all = "0 0 4294967295\n", rootless = "0 1000 1\n1 100000 65536\n", single = "0 1000 1\n";
    QTest::newRow("root") << 0u << all << all << 0x7000'0000u << 0x7fff'fffeu << true;
    QTest::newRow("root of a container") << 0u << rootless << rootless << 49'000u << 65'536u << true;
    QTest::newRow("root of one id") << 0u << single << single << 0u << 0u << false;
    QTest::newRow("fewer groups") << 0u << all << single << 0u << 0u << false;
    QTest::newRow("a person") << 1000u << all << all << 1000u << 1000u << false;
    QTest::newRow("unreadable") << 0u << QByteArray() << QByteArray() << 0u << 0u << false;
}

void TestKeepNamespaces::choosesIds()
{
    QFETCH(const unsigned, uid);
    QFETCH(const QByteArray, uids);
    QFETCH(const QByteArray, gids);
    QFETCH(const unsigned, lowest);
    QFETCH(const unsigned, highest);
    QFETCH(const bool, two);
    for (int i = 0; i < 200; ++i) {
        const OuterIds ids = chooseOuterIds(uid, parseIdMap(uids.toStdString()), parseIdMap(gids.toStdString()), randomFixed<KeepId>());
        QCOMPARE(ids.two, two);
        QVERIFY2(ids.warden >= lowest && ids.runner <= highest, QByteArray::number(ids.warden).constData());
        QCOMPARE(ids.runner, ids.warden + (two ? 1 : 0));
        const QByteArray line = "1 " + QByteArray::number(ids.warden) + " 1\n";
        QCOMPARE(QByteArray::fromStdString(ids.uidMap()), two ? line + "2 " + QByteArray::number(ids.runner) + " 1\n" : line);
    }
}

void TestKeepNamespaces::idsDifferByKeep()
{
    const std::vector<IdRange> all{{0, 0, 4294967295}};
    std::set<unsigned> seen;
    for (int i = 0; i < 100; ++i)
        seen.insert(chooseOuterIds(0, all, all, randomFixed<KeepId>()).warden);
    QVERIFY(seen.size() > 95);
    const auto keep = randomFixed<KeepId>();
    QCOMPARE(chooseOuterIds(0, all, all, keep).warden, chooseOuterIds(0, all, all, keep).warden);
}

void TestKeepNamespaces::knowsAProcessByItsStart()
{
    const pid_t child = ::fork();
    if (child == 0)
        for (;;)
            ::pause();
    const auto start = process::startTime(child);
    QVERIFY(start > 0);
    const auto fd = process::open(child, start);
    QVERIFY(fd.has_value());
    QVERIFY(!process::open(child, start + 1).has_value());
    QVERIFY(!process::open(child, 0).has_value());
    QVERIFY(!process::waitForEnd(fd->get(), 0));
    QVERIFY(process::statusField(child, "Pid") == std::to_string(child));
    QVERIFY(!process::statusField(child, "Pi"));
    process::kill(fd->get());
    QVERIFY(process::waitForEnd(fd->get(), 20'000));
    QCOMPARE(process::startTime(child), 0u); // a zombie is nobody
    ::waitpid(child, nullptr, 0);
}

void TestKeepNamespaces::aProcessThatEndedIsNobody()
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(0);
    ::waitpid(child, nullptr, 0);
    QCOMPARE(process::startTime(child), 0u);
    QVERIFY(!process::open(child, 1).has_value());
    QVERIFY(!process::open(-1, 1).has_value());
    QVERIFY(process::namespaceOf(std::to_string(child), "pid").empty());
}

void TestKeepNamespaces::socketsAreForUsAlone()
{
    const kastellan::test::DataFolder data;
    const fs::path path = wardenSocketPath(randomFixed<KeepId>());
    QVERIFY(!connectToWarden(path, WardenStream::Session).has_value());
    const auto listener = listenForWarden(path);
    QVERIFY2(listener.has_value(), listener ? "" : listener.error().message().c_str());
    QCOMPARE(static_cast<int>(fs::status(path).permissions()), 0600);
    QCOMPARE(static_cast<int>(fs::status(path.parent_path()).permissions()), 0700);
    for (const auto &[purpose, letter] : {std::pair{WardenStream::Session, 'S'}, {WardenStream::Firmware, 'F'}}) {
        const auto stream = connectToWarden(path, purpose);
        QVERIFY(stream.has_value());
        const Fd accepted(::accept(listener->get(), nullptr, nullptr));
        char got = 0;
        QCOMPARE(::recv(accepted.get(), &got, 1, 0), 1);
        QCOMPARE(got, letter);
    }
    QVERIFY(listenForWarden(path).has_value()); // what a keep that died left is no hindrance
}

void TestKeepNamespaces::pathsOfSocketsAreBounded()
{
    const auto listener = listenForWarden(fs::path("/tmp") / std::string(120, 'x'));
    QVERIFY(!listener.has_value());
    QVERIFY(!listener.error().remedy.empty());
}

void TestKeepNamespaces::theLocalHostIsHonest_data()
{
    QTest::addColumn<QByteArray>("cpuinfo");
    QTest::addColumn<QByteArray>("devices");
    QTest::addColumn<QByteArray>("state");
    QTest::addColumn<QByteArray>("why");
    const QByteArray amd = "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel\t\t: 17\nmodel name\t: AMD EPYC 9354\nflags\t\t: fpu svm sme "
                           "sev sev_es sev_snp\n";
    const QByteArray intel = "vendor_id\t: GenuineIntel\nmodel name\t: Intel Xeon\nflags\t\t: fpu\n";
    QTest::newRow("unreadable") << QByteArray() << QByteArray() << QByteArray("not ready") << QByteArray("/dev/sev");
    QTest::newRow("intel") << intel << QByteArray() << QByteArray("not ready") << QByteArray("not AMD's");
    QTest::newRow("no driver") << amd << QByteArray() << QByteArray("not ready") << QByteArray("/dev/sev");
    QTest::newRow("no kvm") << amd << QByteArray("sev") << QByteArray("not ready") << QByteArray("/dev/kvm");
    QTest::newRow("no QEMU") << amd << QByteArray("sev kvm") << QByteArray("not ready") << QByteArray("QEMU");
    QTest::newRow("all there") << amd << QByteArray("sev kvm qemu") << QByteArray("unknown") << QByteArray("emulated host only");
}

void TestKeepNamespaces::theLocalHostIsHonest()
{
    QFETCH(const QByteArray, cpuinfo);
    QFETCH(const QByteArray, devices);
    QFETCH(const QByteArray, state);
    QFETCH(const QByteArray, why);
    const kastellan::test::DataFolder data;
    const fs::path root = data.path();
    fs::create_directories(root / "proc");
    fs::create_directories(root / "dev");
    fs::create_directories(root / "sys/module/kvm_amd/parameters");
    std::ofstream(root / "sys/module/kvm_amd/parameters/sev_snp") << "Y\n";
    std::ofstream(root / "sys/module/kvm_amd/parameters/sev") << "1\n";
    fs::create_directories(root / "usr/share/qemu/firmware");
    fs::create_directories(root / "usr/bin");
    std::ofstream(root / "usr/share/qemu/firmware/a.json")
        << R"({"features":["amd-sev","amd-sev-es","amd-sev-snp"],"mapping":{"device":"memory","filename":"/usr/share/a.fd"}})";
    std::ofstream(root / "usr/share/a.fd") << "no image";
    if (!cpuinfo.isEmpty())
        std::ofstream(root / "proc/cpuinfo") << cpuinfo.toStdString();
    for (const auto &device : devices.split(' '))
        if (device == "qemu") {
            std::ofstream(root / "usr/bin/qemu-system-x86_64") << "";
            fs::permissions(root / "usr/bin/qemu-system-x86_64", fs::perms::owner_all);
        } else if (!device.isEmpty()) {
            std::ofstream(root / "dev" / device.toStdString()) << "";
        }
    LocalHost host(root);
    const HostInfo info = host.info();
    QCOMPARE(QByteArray::fromStdString(info.state), state);
    QVERIFY2(QByteArray::fromStdString(info.why).contains(why), info.why.c_str());
    QVERIFY(!info.remedy.empty());
    QVERIFY(!info.emulated);
    const auto fact = [&info](std::string_view name) {
        const auto at = std::ranges::find(info.facts, name, &std::pair<std::string, std::string>::first);
        return at == info.facts.end() ? QByteArray("none") : QByteArray::fromStdString(at->second);
    };
    QCOMPARE(fact("kvm_amd sev_snp"), "Y");
    QCOMPARE(fact("kvm_amd sev"), "1");
    QCOMPARE(fact("kvm_amd sev_es"), "no such parameter");
    QCOMPARE(fact("/dev/sev"), devices.contains("sev") ? QByteArray("there, and ours to use") : QByteArray("not there"));
    if (cpuinfo.contains("EPYC")) {
        QCOMPARE(fact("Processor"), "AMD EPYC 9354");
        QCOMPARE(fact("Processor features"), "SEV SEV-ES SEV-SNP");
    }
    LaunchPlan plan;
    QVERIFY(!host.prepare(plan, {}, {}).has_value());
    const auto started = host.start(plan, "/nowhere", {}, {});
    QVERIFY(!started.has_value());
    QVERIFY(QByteArray::fromStdString(started.error().message()).contains("emulated host only"));
}

QTEST_GUILESS_MAIN(TestKeepNamespaces)
#include "test_keep_namespaces.moc"
