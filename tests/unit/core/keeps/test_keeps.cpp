// SPDX-License-Identifier: Apache-2.0
#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keeps/keep_client.h"
#include "core/keeps/loader_protocol.h"
#include "core/keeps/planner.h"

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <unistd.h>

using namespace kastellan;
namespace fs = std::filesystem;

class TestKeeps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void listsNewestFirstAndReportsTheUnreadable();
    void findsByPrefixAndName();
    void tellsWhatDiedWithoutAWord();
    void writesDownTheEndOfTheDead();
    void removesOnlyWhatHasEnded();
    void anUnknownOwnerKeyStopsTheLaunch();
    void aLaunchSweepsUpWhatKilledOnesLeft();
    void plansHoldTheWorkloadToItsSecrets();

private:
    KeepStatus store(const char *name, KeepState state, std::int64_t created, std::uint8_t firstByte);
    std::unique_ptr<QTemporaryDir> m_data;
};

namespace {

/// Offers everything, starts nothing.
class PaperHost final : public Host {
public:
    HostInfo info() const override { return {}; }
    Status prepare(LaunchPlan &plan, const Progress &, std::stop_token) override
    {
        plan.protection = "paper";
        return {};
    }
    Result<std::unique_ptr<RunningKeep>> start(const LaunchPlan &, const std::string &, const Progress &, std::stop_token) override
    {
        return environment("start", {}, "it is made of paper");
    }
    Result<std::unique_ptr<RunningKeep>> resume(const KeepStatus &, const std::string &) override
    {
        return environment("resume", {}, "it is made of paper");
    }
};

/// A module with an empty function exported as _start.
const Bytes smallestModule{0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't',
    0, 0, 10, 4, 1, 2, 0, 0x0b};

} // namespace

void TestKeeps::init()
{
    m_data = std::make_unique<QTemporaryDir>();
    qputenv("KASTELLAN_DATA", m_data->path().toUtf8());
    qputenv("XDG_RUNTIME_DIR", m_data->path().toUtf8());
}

KeepStatus TestKeeps::store(const char *name, KeepState state, std::int64_t created, std::uint8_t firstByte)
{
    KeepStatus status;
    status.plan.id = randomFixed<KeepId>();
    status.plan.id.bytes[0] = firstByte;
    status.plan.id.bytes[1] = 0xab;
    status.plan.name = name;
    status.plan.created = created;
    status.state = state;
    const auto folder = keeps::folder(status.plan.id);
    if (!makeFolder(folder) || !writeFileAtomically(folder / "state.json", asBytes(toJson(status))))
        qFatal("cannot store a status");
    return status;
}

void TestKeeps::listsNewestFirstAndReportsTheUnreadable()
{
    QVERIFY(keeps::list().empty());
    store("old", KeepState::Stopped, 1000, 1);
    store("new", KeepState::Refused, 2000, 2);
    const auto broken = keeps::folder(randomFixed<KeepId>());
    QVERIFY(makeFolder(broken));
    QVERIFY(writeFileAtomically(broken / "state.json", asBytes("{")));
    std::vector<Error> problems;
    const auto all = keeps::list(&problems);
    QCOMPARE(all.size(), std::size_t(2));
    QCOMPARE(all[0].plan.name, std::string("new"));
    QCOMPARE(problems.size(), std::size_t(1));
    QVERIFY(problems[0].where.find(broken.string()) != std::string::npos);
}

void TestKeeps::findsByPrefixAndName()
{
    const auto a = store("web", KeepState::Stopped, 1000, 0x11), b = store("web", KeepState::Stopped, 2000, 0x22);
    QCOMPARE(keeps::find(toHex(a.plan.id.view())).value().plan.id, a.plan.id);
    QCOMPARE(keeps::find("11ab").value().plan.id, a.plan.id);
    QCOMPARE(keeps::find("web").value().plan.id, b.plan.id); // of ended ones the newest
    QVERIFY(!keeps::find("11a")); // too short for an id, and no name
    QVERIFY(!keeps::find("33ab"));
    store("twin", KeepState::Stopped, 3000, 0x11);
    const auto ambiguous = keeps::find("11ab");
    QVERIFY(!ambiguous);
    QVERIFY(ambiguous.error().why.find(toHex(a.plan.id.view()).substr(0, 12)) != std::string::npos);
}

void TestKeeps::tellsWhatDiedWithoutAWord()
{
    auto status = store("lost", KeepState::Running, 1000, 3);
    QCOMPARE(keeps::status(status.plan.id).value().state, KeepState::Failed);
    status.wardenPid = ::getpid(); // this process plays the warden that outlived its loader
    status.wardenStart = loader::startTime(::getpid());
    QVERIFY(writeFileAtomically(keeps::folder(status.plan.id) / "state.json", asBytes(toJson(status))));
    const auto orphan = keeps::status(status.plan.id).value();
    QCOMPARE(orphan.state, KeepState::Suspect);
    QVERIFY(orphan.wardenAlive);
    QVERIFY(!orphan.loaderAlive);
    status.loaderPid = status.wardenPid;
    status.loaderStart = status.wardenStart;
    QVERIFY(writeFileAtomically(keeps::folder(status.plan.id) / "state.json", asBytes(toJson(status))));
    QCOMPARE(keeps::status(status.plan.id).value().state, KeepState::Running);
}

void TestKeeps::writesDownTheEndOfTheDead()
{
    const auto status = store("lost", KeepState::Running, 1000, 4);
    QVERIFY(keeps::recover(status.plan.id));
    const auto stored = statusFromJson(asText(readFile(keeps::folder(status.plan.id) / "state.json", 1 << 20).value())).value();
    QCOMPARE(stored.state, KeepState::Failed);
    QCOMPARE(stored.timeline.back().first, KeepState::Failed);
}

void TestKeeps::removesOnlyWhatHasEnded()
{
    auto running = store("busy", KeepState::Running, 1000, 5);
    running.loaderPid = ::getpid();
    running.loaderStart = loader::startTime(::getpid());
    QVERIFY(writeFileAtomically(keeps::folder(running.plan.id) / "state.json", asBytes(toJson(running))));
    const auto refused = keeps::remove(running.plan.id);
    QVERIFY(!refused);
    QCOMPARE(refused.error().kind, ErrorKind::Negative);
    const auto stopped = store("done", KeepState::Stopped, 1000, 6);
    QVERIFY(keeps::remove(stopped.plan.id));
    QVERIFY(!fs::exists(keeps::folder(stopped.plan.id)));
    QVERIFY(!keeps::remove(stopped.plan.id));
}

void TestKeeps::anUnknownOwnerKeyStopsTheLaunch()
{
    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.name = "stray";
    plan.ownerKey = std::string(64, '0');
    const auto launched = keeps::launch(plan, {});
    QVERIFY(!launched);
    QVERIFY(launched.error().why.find("owner key") != std::string::npos);
    QVERIFY(!fs::exists(keeps::folder(plan.id))); // nothing is left behind
}

void TestKeeps::aLaunchSweepsUpWhatKilledOnesLeft()
{
    const fs::path keeps = fs::path(m_data->path().toStdString()) / "keeps";
    for (const char *name : {".abandoned", ".fresh"})
        QVERIFY(makeFolder(keeps / name));
    QVERIFY(writeFileAtomically(keeps / ".abandoned" / "owner.pem", asBytes("a key")));
    fs::last_write_time(keeps / ".abandoned", fs::file_time_type::clock::now() - std::chrono::hours(1));
    std::vector<Error> problems;
    QVERIFY(keeps::list(&problems).empty() && problems.empty());

    LaunchPlan plan;
    plan.id = randomFixed<KeepId>();
    plan.name = "stray";
    plan.ownerKey = std::string(64, '0');
    QVERIFY(!keeps::launch(plan, {}));
    QVERIFY(!fs::exists(keeps / ".abandoned"));
    QVERIFY(fs::exists(keeps / ".fresh")); // another program may be making it
    QVERIFY(keeps::list(&problems).empty() && problems.empty());
}

void TestKeeps::plansHoldTheWorkloadToItsSecrets()
{
    const fs::path folder = fs::path(m_data->path().toStdString()) / "workload";
    QVERIFY(makeFolder(folder));
    QVERIFY(writeFileAtomically(folder / "main.wasm", smallestModule));
    QVERIFY(writeFileAtomically(folder / "Keep.toml", asBytes("secrets = [\"token\"]\n")));
    PaperHost host;
    LaunchRequest request;
    request.workload = folder;
    const auto missing = makePlan(request, host);
    QVERIFY(!missing);
    QVERIFY(missing.error().remedy.find("--secret token=FILE") != std::string::npos);
    request.secretNames = {"token", "other"};
    QVERIFY(!makePlan(request, host));
    request.secretNames = {"token"};
    request.args = {"one"};
    const auto plan = makePlan(request, host);
    QVERIFY2(plan, plan ? "" : plan.error().message().c_str());
    QCOMPARE(plan->name, std::string("workload"));
    QCOMPARE(plan->protection, std::string("paper"));
    QCOMPARE(plan->args, std::vector<std::string>{"one"});
    QCOMPARE(plan->workloadDigest, sha256(smallestModule));
    QVERIFY(makePlan(request, host)->id != plan->id);
    request.name = "a\nb";
    QVERIFY(!makePlan(request, host));
}

QTEST_GUILESS_MAIN(TestKeeps)
#include "test_keeps.moc"
