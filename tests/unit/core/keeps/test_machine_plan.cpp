// SPDX-License-Identifier: Apache-2.0
// What is asked of a virtual machine: held to bounds, never to less than demanded, and stored without loss.
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keeps/loader_protocol.h"
#include "core/keeps/machine_checks.h"
#include "core/keeps/planner.h"
#include "tests/support/data_folder.h"

#include <QtTest/QTest>

using namespace kastellan;

class TestMachinePlan : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void storedWithoutLoss();
    void brokenJsonIsRefused();
    void asked_data();
    void asked();
    void expectations_data();
    void expectations();
    void planned();
    void whereNoMachinesAre();
    void aLostMachineMayStillRun();
    void useTravels();

private:
    test::DataFolder m_data;
};

namespace {

constexpr std::uint64_t mebi = 1 << 20;

/// Takes what is demanded, or has only one thing.
class OneHost final : public Host {
public:
    explicit OneHost(std::string technology)
        : m_technology(std::move(technology))
    {
    }
    HostInfo info() const override { return {}; }
    Status prepare(LaunchPlan &plan, const Progress &, std::stop_token) override
    {
        demanded = plan.machine->request.technology;
        plan.machine->technology = m_technology;
        return {};
    }
    Result<std::unique_ptr<RunningKeep>> start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return environment("start", {}, "never");
    }
    Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return environment("resume", {}, "never");
    }
    std::string demanded;

private:
    std::string m_technology;
};

const Bytes module = {0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01, 0x00, 0x05,
    0x03, 0x01, 0x00, 0x01, 0x07, 0x13, 0x02, 0x06, 'm', 'e', 'm', 'o', 'r', 'y', 0x02, 0x00, 0x06, '_', 's', 't', 'a', 'r', 't', 0x00,
    0x00, 0x0a, 0x04, 0x01, 0x02, 0x00, 0x0b};

} // namespace

void TestMachinePlan::storedWithoutLoss()
{
    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.machine = MachinePlan{};
    auto &machine = *plan.machine;
    machine.technology = "es";
    machine.cpuModel = "EPYC-v4";
    machine.memoryMiB = 512;
    machine.domainXml = "<domain type='qemu'>\n</domain>\n";
    auto &request = machine.request;
    request.technology = "es";
    request.rehearse = true;
    request.vcpus = 4;
    request.memoryMiB = 512;
    request.cpuModel = "EPYC";
    request.network = "user";
    request.ports = {{"tcp", 8080, 80}, {"udp", 5353, 53}};
    request.image = "/image";
    request.firmware = "/OVMF.fd";
    request.whole = MachineImage{"/kernel", "/initrd", "quiet", "/disk"};
    request.domainXml = "<domain/>";
    request.bootSeconds = 300;
    request.policy = 0xffff'ffff'ffff'fff1;
    request.idBlock = "aWQ=";
    request.idAuth = "YXV0aA==";
    request.authorKey = true;
    request.vlek = true;
    request.workarounds = "AAAA";
    const auto back = planFromJson(toJson(plan));
    QVERIFY2(back, back ? "" : back.error().message().c_str());
    QVERIFY(back->machine == plan.machine);
    plan.machine.reset();
    QVERIFY(!planFromJson(toJson(plan))->machine);
}

void TestMachinePlan::brokenJsonIsRefused()
{
    LaunchPlan plan;
    plan.machine = MachinePlan{};
    plan.machine->technology = "snp";
    plan.machine->request.ports = {{"tcp", 8080, 80}};
    plan.machine->request.policy = 7;
    const std::string good = toJson(plan);
    QVERIFY(planFromJson(good));
    for (const auto &[what, instead] :
        {std::pair{"\"tcp\"", "\"sctp\""}, {"8080", "0"}, {"8080", "65536"}, {"\"policy\": \"7\"", "\"policy\": \"seven\""},
            {"\"vcpus\": 1", "\"vcpus\": 0"}, {"\"request\"", "\"other\""}, {"\"snp\"", "17"}}) {
        std::string broken = good;
        const auto at = broken.find(what);
        QVERIFY2(at != std::string::npos, what);
        broken.replace(at, std::string_view(what).size(), instead);
        QVERIFY2(!planFromJson(broken), instead);
    }
}

void TestMachinePlan::asked_data()
{
    using Change = std::function<void(MachineRequest &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<bool>("good");
    const auto row = [](const char *name, bool good, Change change) { QTest::newRow(name) << change << good; };
    row("as it is", true, [](auto &) {});
    row("all vCPUs", true, [](auto &r) { r.vcpus = 255; });
    row("no vCPU", false, [](auto &r) { r.vcpus = 0; });
    row("too many vCPUs", false, [](auto &r) { r.vcpus = 256; });
    row("enough memory", true, [](auto &r) { r.memoryMiB = 320; });
    row("less than the workload's limit", false, [](auto &r) { r.memoryMiB = 319; });
    row("more than there is anywhere", false, [](auto &r) { r.memoryMiB = (4 << 20) + 1; });
    row("a known technology", true, [](auto &r) { r.technology = "snp"; });
    row("an unknown one", false, [](auto &r) { r.technology = "tdx"; });
    row("none by name", false, [](auto &r) { r.technology = "none"; });
    row("a bridge", true, [](auto &r) { r.network = "bridge:br-0.1"; });
    row("a bridge without name", false, [](auto &r) { r.network = "bridge:"; });
    row("a bridge that is a path", false, [](auto &r) { r.network = "bridge:../br0"; });
    row("a bridge with a quote", false, [](auto &r) { r.network = "bridge:br'0"; });
    row("a long bridge", false, [](auto &r) { r.network = "bridge:abcdefghijklmnop"; });
    row("a network that is none", false, [](auto &r) { r.network = "default"; });
    row("a port", true, [](auto &r) { r.network = "user", r.ports = {{"tcp", 8080, 80}}; });
    row("a port without network", false, [](auto &r) { r.ports = {{"tcp", 8080, 80}}; });
    row("a port over a bridge", false, [](auto &r) { r.network = "bridge:br0", r.ports = {{"tcp", 8080, 80}}; });
    row("a port of nothing", false, [](auto &r) { r.network = "user", r.ports = {{"sctp", 8080, 80}}; });
    row("port 0", false, [](auto &r) { r.network = "user", r.ports = {{"tcp", 0, 80}}; });
    row("a port twice", false, [](auto &r) { r.network = "user", r.ports = {{"tcp", 8080, 80}, {"tcp", 8080, 81}}; });
    row("a port in both protocols", true, [](auto &r) { r.network = "user", r.ports = {{"tcp", 53, 53}, {"udp", 53, 53}}; });
    row("no patience", false, [](auto &r) { r.bootSeconds = 9; });
    row("unattested", true, [](auto &r) { r.unattested = true; });
    row("unattested, and a demand", false, [](auto &r) { r.unattested = true, r.technology = "sev"; });
    row("unattested, and a rehearsal", false, [](auto &r) { r.unattested = r.rehearse = true; });
}

void TestMachinePlan::asked()
{
    QFETCH(const std::function<void(MachineRequest &)>, change);
    QFETCH(const bool, good);
    MachineRequest request;
    change(request);
    const Status status = checkMachine(request, 256 * mebi, 0);
    QVERIFY2(status.has_value() == good, status ? "accepted" : status.error().message().c_str());
    if (request.unattested)
        QVERIFY(!checkMachine(request, 256 * mebi, 1)); // never with a secret
}

void TestMachinePlan::expectations_data()
{
    using Change = std::function<void(LaunchPlan &)>;
    QTest::addColumn<Change>("change");
    QTest::addColumn<bool>("good");
    const auto row = [](const char *name, bool good, Change change) { QTest::newRow(name) << change << good; };
    row("SNP", true, [](auto &p) { p.machine->technology = "snp", p.expected.strict = true, p.expected.launchDigest.emplace(); });
    row("SEV-ES", true, [](auto &p) { p.machine->technology = "es"; });
    row("SEV-ES, strict", false, [](auto &p) { p.machine->technology = "es", p.expected.strict = true; });
    row("SEV, a long digest", false, [](auto &p) { p.machine->technology = "sev", p.expected.launchDigest.emplace(); });
    row("SEV, TCB floors", false, [](auto &p) { p.machine->technology = "sev", p.expected.minimumTcb = {{"snp", 1}}; });
    row("SEV, a policy file", false, [](auto &p) { p.machine->technology = "sev", p.expected.policy = "version = 1"; });
    row("weaker than demanded", false, [](auto &p) { p.machine->technology = "sev", p.machine->request.technology = "es"; });
    row("stronger than demanded", true, [](auto &p) { p.machine->technology = "snp", p.machine->request.technology = "es"; });
    row("nothing, not asked for", false, [](auto &p) { p.machine->technology = "none"; });
    row("nothing, as asked for", true, [](auto &p) { p.machine->technology = "none", p.machine->request.unattested = true; });
    row("what nobody knows", false, [](auto &p) { p.machine->technology = "sgx"; });
}

void TestMachinePlan::expectations()
{
    QFETCH(const std::function<void(LaunchPlan &)>, change);
    QFETCH(const bool, good);
    LaunchPlan plan;
    plan.machine = MachinePlan{};
    change(plan);
    const Status status = checkExpectations(plan);
    QVERIFY2(status.has_value() == good, status ? "accepted" : status.error().message().c_str());
}

void TestMachinePlan::planned()
{
    const auto folder = m_data.path() / "app";
    std::filesystem::create_directories(folder);
    QVERIFY(writeFileAtomically(folder / "main.wasm", module));
    const auto plan = [&](const std::string &toml, const std::string &offers, const std::function<void(LaunchRequest &)> &change = {}) {
        if (!writeFileAtomically(folder / "Keep.toml", asBytes(toml)))
            std::abort();
        LaunchRequest request;
        request.workload = folder;
        request.host = "qemu:///fake";
        if (change)
            change(request);
        OneHost host(offers);
        return makePlan(request, host);
    };
    const auto snp = plan("[expect]\ntechnology = \"snp\"\n", "snp");
    QVERIFY2(snp, snp ? "" : snp.error().message().c_str());
    QCOMPARE(snp->machine->technology, "snp");
    QCOMPARE(snp->machine->request.technology, "snp");
    QVERIFY(!plan("[expect]\ntechnology = \"snp\"\n", "es")); // a host that does not hold to it
    QVERIFY(!plan("[expect]\ntechnology = \"sgx\"\n", "snp"));
    QVERIFY(plan("[expect]\ntechnology = \"es\"\n", "snp", [](auto &request) { request.machine.technology = "snp"; }));
    QVERIFY(!plan("[expect]\ntechnology = \"es\"\n", "sev", [](auto &request) { request.machine.technology = "sev"; }));
    QVERIFY(!plan("[expect]\ntechnology = \"sev\"\n", "none", [](auto &request) { request.machine.unattested = true; }));
    QVERIFY(plan("", "none", [](auto &request) { request.machine.unattested = true; }));
    QVERIFY(!plan("", "none"));
    // More than the workload demands, and never less.
    const std::string floor = "[expect.min_tcb]\nsnp = 23\n";
    for (const auto &[asked, wanted] : {std::pair(3u, 23u), {30u, 30u}}) {
        const auto floors = plan(floor, "snp", [asked](auto &request) { request.minimumTcb = {{"snp", asked}}; });
        QVERIFY2(floors, floors ? "" : floors.error().message().c_str());
        QCOMPARE(floors->expected.minimumTcb, (std::vector<std::pair<std::string, unsigned>>{{"snp", wanted}}));
    }
    const auto secret = plan("secrets = [\"token\"]\n", "none", [](auto &request) {
        request.machine.unattested = true;
        request.secretNames = {"token"};
    });
    QVERIFY(!secret);
    QVERIFY2(secret.error().message().find("never given a secret") != std::string::npos, secret.error().message().c_str());
    QVERIFY(!plan("[limits]\nmemory = \"1 GiB\"\n", "snp", [](auto &request) { request.machine.memoryMiB = 512; }));
    QVERIFY(plan("[limits]\nmemory = \"1 GiB\"\n", "snp", [](auto &request) { request.machine.memoryMiB = 2048; }));
}

void TestMachinePlan::whereNoMachinesAre()
{
    const auto file = m_data.path() / "alone.wasm";
    QVERIFY(writeFileAtomically(file, module));
    LaunchRequest request;
    request.workload = file;
    OneHost host({});
    const auto plain = makePlan(request, host);
    QVERIFY2(plain, plain ? "" : plain.error().message().c_str());
    QVERIFY(!plain->machine);
    request.machine.unattested = true;
    QVERIFY(!makePlan(request, host));
    request.machine.unattested = false;
    request.machine.rehearse = true;
    QVERIFY(!makePlan(request, host));
}

void TestMachinePlan::aLostMachineMayStillRun()
{
    KeepStatus status;
    status.plan.id = randomFixed<KeepId>();
    status.plan.machine = MachinePlan{};
    status.plan.machine->technology = "snp";
    status.state = KeepState::Running;
    const auto folder = keeps::folder(status.plan.id);
    QVERIFY(makeFolder(folder));
    const auto put = [&] { return writeFileAtomically(folder / "state.json", asBytes(toJson(status))).has_value(); };
    QVERIFY(put());
    // Nobody here knows whether it runs; only a loader can ask its host.
    QCOMPARE(keeps::status(status.plan.id)->state, KeepState::Suspect);
    QVERIFY(keeps::status(status.plan.id)->wardenAlive);
    status.state = KeepState::Attesting;
    QVERIFY(put());
    QCOMPARE(keeps::status(status.plan.id)->state, KeepState::Attesting);
    status.state = KeepState::Planned; // nothing was started
    QVERIFY(put());
    QCOMPARE(keeps::status(status.plan.id)->state, KeepState::Failed);
    status.plan.machine.reset();
    status.state = KeepState::Running;
    QVERIFY(put());
    QCOMPARE(keeps::status(status.plan.id)->state, KeepState::Failed);
}

void TestMachinePlan::useTravels()
{
    KeepEvent event;
    event.kind = KeepEvent::Kind::Use;
    event.at = 1'700'000'000'123;
    event.cpuSeconds = 12.345;
    event.memory = 5'000'000'000;
    const auto back = loader::decodeEvent(loader::encode(event));
    QVERIFY(back);
    QVERIFY(back->kind == KeepEvent::Kind::Use);
    QCOMPARE(back->at, event.at);
    QCOMPARE(back->cpuSeconds, event.cpuSeconds);
    QCOMPARE(back->memory, event.memory);
    for (const bool on : {true, false}) {
        const auto request = loader::decodeRequest(loader::encode(loader::UseRequest{on}));
        QVERIFY(request && std::holds_alternative<loader::UseRequest>(*request));
        QCOMPARE(std::get<loader::UseRequest>(*request).on, on);
    }
}

QTEST_GUILESS_MAIN(TestMachinePlan)
#include "test_machine_plan.moc"
