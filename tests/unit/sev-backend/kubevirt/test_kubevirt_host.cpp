// SPDX-License-Identifier: Apache-2.0
// Keeps in a cluster, against a server that holds every request to KubeVirt's schema.
#include "cluster_double.h"
#include "core/base/file.h"
#include "sev-backend/kubevirt/follower.h"
#include "sev-backend/kubevirt/kubevirt_host.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <thread>

#include <poll.h>

using namespace kastellan;
using namespace kastellan::sev::kubevirt;
using test::ClusterDouble;
using test::q;

namespace {

LaunchPlan planned(const char *technology = "")
{
    LaunchPlan plan;
    plan.id.bytes.fill(0xab);
    plan.name = "payroll-of-acme";
    plan.workload = "/home/ada/payroll.wasm";
    plan.ownerKey = std::string(64, '1');
    MachinePlan machine;
    machine.request.image = "docker://r/keep@sha256:" + std::string(64, 'a');
    machine.request.technology = technology;
    plan.machine = machine;
    return plan;
}

bool readable(int fd, int milliseconds)
{
    pollfd waiting{fd, POLLIN, 0};
    return ::poll(&waiting, 1, milliseconds) > 0;
}

constexpr int patience = 30000;

} // namespace

class TestKubevirtHost : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init()
    {
        m_folder = std::make_unique<QTemporaryDir>();
        m_double = std::make_unique<ClusterDouble>(std::filesystem::path(m_folder->path().toStdString()));
        ::setenv("KASTELLAN_VM_IMAGE", m_folder->path().toStdString().c_str(), 1);
        m_host = makeHost({"token", "keeps", false});
        m_steps.clear();
    }
    void cleanup()
    {
        m_host.reset();
        m_double.reset();
    }

    void launches()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        QCOMPARE(plan.host, std::string("kubevirt://token/keeps"));
        QCOMPARE(plan.machine->technology, std::string("snp"));
        QCOMPARE(plan.expected.root, std::string("amd"));
        QVERIFY(plan.machine->domainXml.contains("policy: \"0x30000\""));
        QVERIFY(
            plan.machine->domainXml.contains("# Undecided") || plan.machine->domainXml.contains("Undecided: KubeVirt measures no kernel"));
        const auto keep = started(plan);
        QVERIFY(keep);
        QVERIFY(std::ranges::any_of(m_steps, [](const std::string &step) { return step.contains("Running"); }));
        QVERIFY(!readable((*keep)->endFd(), 0));

        // Undecided, and nothing can be delivered.
        QCOMPARE((*keep)->launchEvidence()->kind, std::string("none"));
        QVERIFY(!(*keep)->connect() && !(*keep)->admit() && !(*keep)->sessionSecret());
        const auto findings = (*keep)->findings();
        QCOMPARE(findings.front().id, std::string("launch.kernel"));
        QVERIFY(findings.front().required && findings.front().outcome == Outcome::Unknown);
        QVERIFY(findings.front().actual.contains("launchSecurity.snp has only policy"));
        QVERIFY(findings[1].actual.contains("on the node node-1") && findings[1].actual.contains(q("{'snp':{'policy':'0x30000'}}")));

        QVERIFY((*keep)->kill());
        QVERIFY(readable((*keep)->endFd(), patience));
        QVERIFY((*keep)->kill()); // again changes nothing
        QVERIFY(!std::filesystem::exists(folder() / "cluster.json"));
        QVERIFY(m_double->waitFor("DELETE"));
        QCOMPARE(m_double->count("DELETE"), std::size_t(1));
        QCOMPARE(m_double->count("schema"), std::size_t(0));
        // The cluster learns nothing of the workload, and no login is written anywhere.
        for (const auto &line : m_double->heard())
            QVERIFY2(!line.contains("payroll") && !line.contains(ClusterDouble::token), line.c_str());
        QVERIFY(!plan.machine->domainXml.contains("payroll") && !plan.machine->domainXml.contains(ClusterDouble::token));
    }

    void follows()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        const auto keep = started(plan);
        QVERIFY(keep);
        QVERIFY(m_double->waitFor("watch=true") && m_double->waitFor("POST"));
        const std::size_t asked = m_double->heard().size();
        m_double->tell(q("{'do':'phase','phase':'Running'}")); // nothing that ends it
        QVERIFY(!readable((*keep)->endFd(), 0));
        m_double->tell(q("{'do':'phase','phase':'Failed','reason':'the node went away\\u001b[2J'}"));
        QVERIFY(readable((*keep)->endFd(), patience));
        const KeepEnd end = (*keep)->end();
        QVERIFY(end.known && end.code == 1);
        QVERIFY2(end.lastWords.contains("Failed: the node went away") && !end.lastWords.contains('\x1b'), end.lastWords.c_str());
        QCOMPARE(m_double->heard().size() - asked, std::size_t(2)); // the answers to both lines: no question of ours
        QVERIFY((*keep)->kill());
    }

    /// The stream is cut after every number of bytes in turn; the end is seen all the same.
    void cut_data()
    {
        QTest::addColumn<int>("bytes");
        for (const int bytes : {1, 17, 60, 131, 132, 133, 200, 400, 800, 1600})
            QTest::addRow("%d", bytes) << bytes;
    }
    void cut()
    {
        QFETCH(int, bytes);
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        m_double->tell(q("{'cut_after':") + std::to_string(bytes) + "}");
        const auto keep = started(plan);
        QVERIFY(keep);
        m_double->tell(q("{'do':'phase','phase':'Succeeded'}"));
        QVERIFY(readable((*keep)->endFd(), patience));
        QCOMPARE((*keep)->end().code, 0);
        m_double->tell(q("{'cut_after':0}"));
        QVERIFY((*keep)->kill());
    }

    void expired()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        m_double->tell(q("{'expire':2}"));
        const auto keep = started(plan);
        QVERIFY(keep);
        QVERIFY(m_double->waitFor("\"status\": 410", 2));
        m_double->tell(q("{'expire_inside':1}"));
        m_double->tell(q("{'do':'cut'}"));
        m_double->tell(q("{'do':'gone'}"));
        QVERIFY(readable((*keep)->endFd(), patience));
        QVERIFY(!(*keep)->end().known);
        QVERIFY((*keep)->kill());
    }

    /// Another machine of the same name is not ours.
    void replaced()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        const auto keep = started(plan);
        QVERIFY(keep);
        m_double->tell(q("{'do':'gone'}"));
        QVERIFY(readable((*keep)->endFd(), patience));
        const auto other = started(plan);
        QVERIFY(other);
        QVERIFY((*keep)->kill());
        QVERIFY(!readable((*other)->endFd(), 0));
        VmiState ours;
        ours.name = "keep-" + toHex(plan.id.view());
        ours.uid = "the uid of ours";
        const Follower follower(std::make_shared<Api>(*resolve(*loadKubeconfig(), {"token", "keeps", false})), ours);
        QVERIFY(readable(follower.endFd(), patience));
        QVERIFY(follower.state().gone);
        QVERIFY((*other)->kill());
    }

    void lingers()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        m_double->tell(q("{'linger':true}"));
        const auto keep = started(plan);
        QVERIFY(keep);
        std::jthread killing([&] { static_cast<void>((*keep)->kill()); });
        QVERIFY(m_double->waitFor("DELETE"));
        QVERIFY(!readable((*keep)->endFd(), 0));
        m_double->tell(q("{'do':'gone'}"));
        QVERIFY(readable((*keep)->endFd(), patience));
    }

    /// A cluster that does not take the order: what is left is known, and taken away later.
    void leftAndTakenAwayLater()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        const auto keep = started(plan);
        QVERIFY(keep);
        KeepStatus status;
        status.plan = plan;
        m_double->tell(q("{'answers':{'delete /apis':{'code':503,'body':{'kind':'Status','message':'etcd has no leader'}}}}"));
        const Status killed = (*keep)->kill();
        QVERIFY(!killed);
        QVERIFY2(killed.error().message().contains("etcd has no leader"), killed.error().message().c_str());
        QVERIFY(std::filesystem::exists(folder() / "cluster.json"));
        const std::string left = m_host->left(status, folder().string());
        QVERIFY2(left.contains("keep-" + toHex(plan.id.view())) && left.contains("kubevirt://"), left.c_str());
        QVERIFY(!m_host->clear(status, folder().string()));
        QVERIFY(!readable((*keep)->endFd(), 0));
        m_double->tell(q("{'answers':{}}"));
        const Status cleared = m_host->clear(status, folder().string());
        QVERIFY2(cleared, cleared ? "" : cleared.error().message().c_str());
        QVERIFY(readable((*keep)->endFd(), patience));
        QVERIFY(m_host->left(status, folder().string()).empty());
        QVERIFY(m_host->clear(status, folder().string())); // nothing left is no error
        // Another keep's machine is not ours to delete.
        QVERIFY(writeFileAtomically(folder() / "cluster.json", asBytes(R"({"name":"keep-00","uid":"u"})")));
        QVERIFY(!m_host->clear(status, folder().string()));
    }

    void foundAgain()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        QVERIFY(started(plan)); // destroyed: the loader died
        KeepStatus status;
        status.plan = plan;
        auto keep = m_host->resume(status, folder().string());
        QVERIFY2(keep, keep ? "" : keep.error().message().c_str());
        QCOMPARE((*keep)->launchEvidence()->kind, std::string("none"));
        QVERIFY((*keep)->kill());
        QVERIFY(readable((*keep)->endFd(), patience));
        QVERIFY(!m_host->resume(status, folder().string()));
    }

    void technologies_data()
    {
        QTest::addColumn<QByteArray>("behaviour");
        QTest::addColumn<QByteArray>("technology");
        QTest::addColumn<QByteArray>("result");
        const auto row = [](const char *name, const std::string &behaviour, const char *technology, const char *result) {
            QTest::newRow(name) << QByteArray::fromStdString(behaviour) << QByteArray(technology) << QByteArray(result);
        };
        row("strongest", "{}", "", "snp");
        row("no SNP", q("{'snp':null}"), "", "es");
        row("no SNP, demanded", q("{'snp':null}"), "snp", "has no launchSecurity.snp");
        row("ES", "{}", "es", "es");
        row("SEV", "{}", "sev", "sev");
        row("no ES", q("{'sev':{}}"), "es", "no launchSecurity.sev.policy");
        row("nothing", q("{'sev':null,'snp':null}"), "", "has no launchSecurity.sev");
    }
    void technologies()
    {
        QFETCH(QByteArray, behaviour);
        QFETCH(QByteArray, technology);
        QFETCH(QByteArray, result);
        m_double->tell(behaviour.toStdString());
        LaunchPlan plan = planned(technology.constData());
        const Status status = m_host->prepare(plan, {}, {});
        if (!status) {
            QVERIFY2(status.error().message().contains(result.toStdString()), status.error().message().c_str());
            return;
        }
        QCOMPARE(plan.machine->technology, result.toStdString());
        const auto keep = started(plan);
        QVERIFY(keep);
        QCOMPARE(m_double->count("schema"), std::size_t(0));
        QVERIFY((*keep)->kill());
    }

    /// A server that knows kernel hashes is asked for them; without a stream the verdict stays undecided.
    void kernelHashes()
    {
        m_double->tell(q("{'snp':{'policy':'string','kernelHashes':'boolean','hostData':'string'}}"));
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        QVERIFY(plan.machine->domainXml.contains("kernelHashes: true"));
        const auto keep = started(plan);
        QVERIFY(keep);
        const auto findings = (*keep)->findings();
        QVERIFY(findings.front().outcome == Outcome::Unknown && findings.front().actual.contains("no stream"));
        QVERIFY(findings[1].actual.contains("hostData"));
        QVERIFY((*keep)->kill());
    }

    void refused_data()
    {
        QTest::addColumn<QByteArray>("behaviour");
        QTest::addColumn<QByteArray>("why");
        QTest::addColumn<int>("deletions");
        const auto row = [](const char *name, const std::string &behaviour, const char *why, int deletions) {
            QTest::newRow(name) << QByteArray::fromStdString(behaviour) << QByteArray(why) << deletions;
        };
        // A machine without the protection that was asked for must not stay.
        row("dropped snp", q("{'drop':'snp'}"), "dropped launchSecurity.snp", 1);
        row("dropped policy", q("{'drop':'policy'}"), "dropped launchSecurity.snp.policy", 1);
        row("forbidden", q("{'answers':{'create /apis':{'code':403,'body':{'kind':'Status','message':'User cannot create'}}}}"),
            "may not create", 0);
        row("gate",
            q("{'answers':{'create /apis':{'code':422,'body':{'kind':'Status','message':'denied the request: WorkloadEncryptionSEV feature "
              "gate'}}}}"),
            "feature gate WorkloadEncryptionSEV", 0);
        row("another object", q("{'answers':{'create /apis':{'code':201,'body':{'metadata':{'name':'other','uid':'u'}}}}}"),
            "another object", 1);
        row("garbage", q("{'answers':{'create /apis':{'code':201,'body':[]}}}"), "it is no object", 1);
        row("failed", q("{'phases':['Scheduling','Failed']}"), "it ended before it ran; the cluster says: Failed", 1);
    }
    void refused()
    {
        QFETCH(QByteArray, behaviour);
        QFETCH(QByteArray, why);
        QFETCH(int, deletions);
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        m_double->tell(behaviour.toStdString());
        const auto keep = m_host->start(plan, folder().string(), {}, {});
        QVERIFY(!keep);
        QVERIFY2(keep.error().message().contains(why.toStdString()), keep.error().message().c_str());
        if (deletions)
            QVERIFY(m_double->waitFor("DELETE"));
        QCOMPARE(m_double->count("DELETE"), std::size_t(deletions));
        QVERIFY(!std::filesystem::exists(folder() / "cluster.json"));
    }

    void cancelled()
    {
        LaunchPlan plan = planned();
        QVERIFY(prepared(plan));
        m_double->tell(q("{'phases':['Scheduling']}"));
        std::stop_source stop;
        const Progress progress = [&](std::string_view doing, std::uint64_t, std::uint64_t) {
            if (doing.contains("Scheduling"))
                stop.request_stop();
        };
        const auto keep = m_host->start(plan, folder().string(), progress, stop.get_token());
        QVERIFY(!keep && keep.error().kind == ErrorKind::Cancelled);
        QVERIFY(m_double->waitFor("DELETE"));
    }

    void strangers()
    {
        m_host = makeHost({"wrong", "keeps", false});
        LaunchPlan plan = planned();
        const Status status = m_host->prepare(plan, {}, {});
        QVERIFY(!status && status.error().message().contains("(401)"));
        m_host = makeHost({"nowhere", "keeps", false});
        QVERIFY(!m_host->prepare(plan, {}, {}));
        QCOMPARE(m_host->info().state, std::string("not ready"));
    }

    void inspected()
    {
        const auto look = [&] { return *m_host->inspector()->inspect({}, {}, {}); };
        const auto state = [](const Readiness &readiness, const char *id) {
            return readiness.check(id) ? std::string(name(readiness.check(id)->state)) : std::string("not there");
        };
        Readiness readiness = look();
        QCOMPARE(state(readiness, "cluster.nodes.snp"), std::string("pass"));
        QCOMPARE(readiness.check("cluster.nodes.snp")->saw, std::string("1 of 2 nodes"));
        QCOMPARE(state(readiness, "cluster.kernel_hashes"), std::string("warning"));
        QCOMPARE(state(readiness, "cluster.feature_gate"), std::string("pass"));
        QCOMPARE(state(readiness, "cluster.may.create"), std::string("pass"));
        QVERIFY(readiness.verdict("snp")->state == ReadinessVerdict::State::Unknown); // never ready: nothing can be proven
        m_double->tell(q("{'version':'v1.7.0','may':['get'],'nodes':[{}],'snp':null}"));
        readiness = look();
        QCOMPARE(state(readiness, "cluster.feature_gate"), std::string("fail"));
        QCOMPARE(state(readiness, "cluster.may.create"), std::string("fail"));
        QCOMPARE(state(readiness, "cluster.nodes.sev"), std::string("fail"));
        QCOMPARE(state(readiness, "cluster.schema"), std::string("warning"));
        QVERIFY(readiness.verdict("sev")->state == ReadinessVerdict::State::NotReady);
        m_double->tell(q("{'gates':['WorkloadEncryptionSEV'],'answers':{'get "
                         "/api/v1/nodes':{'code':403,'body':{'kind':'Status','message':'User cannot list'}}}}"));
        readiness = look();
        QCOMPARE(state(readiness, "cluster.feature_gate"), std::string("pass"));
        QCOMPARE(state(readiness, "cluster.nodes.sev"), std::string("unknown"));
        m_double->tell(q("{'answers':{'get /apis/kubevirt.io/v1':{'code':404,'body':'404'}}}"));
        readiness = look();
        QCOMPARE(state(readiness, "cluster.kubevirt"), std::string("fail"));
        QVERIFY(readiness.verdict("snp")->state == ReadinessVerdict::State::NotReady);
        QCOMPARE(m_double->count("schema"), std::size_t(0));
    }

private:
    [[nodiscard]] std::filesystem::path folder() const { return m_folder->path().toStdString(); }
    bool prepared(LaunchPlan &plan)
    {
        const Status status = m_host->prepare(plan, {}, {});
        if (!status)
            qWarning("%s", status.error().message().c_str());
        return status.has_value();
    }
    Result<std::unique_ptr<RunningKeep>> started(const LaunchPlan &plan)
    {
        auto keep = m_host->start(
            plan, folder().string(), [this](std::string_view doing, std::uint64_t, std::uint64_t) { m_steps.emplace_back(doing); }, {});
        if (!keep)
            qWarning("%s", keep.error().message().c_str());
        return keep;
    }
    std::unique_ptr<QTemporaryDir> m_folder;
    std::unique_ptr<ClusterDouble> m_double;
    std::shared_ptr<Host> m_host;
    std::vector<std::string> m_steps;
};

QTEST_GUILESS_MAIN(TestKubevirtHost)
#include "test_kubevirt_host.moc"
