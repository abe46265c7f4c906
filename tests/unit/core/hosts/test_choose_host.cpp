// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/choose_host.h"

#include <QtTest/QTest>

using namespace kastellan;

namespace {

HostCandidate host(std::string id, std::vector<std::string> technologies, std::size_t keeps = 0)
{
    HostCandidate candidate;
    candidate.id = std::move(id);
    candidate.look.emplace();
    candidate.look->time = 1;
    candidate.look->state = technologies.empty() ? "not ready" : "ready";
    candidate.look->why = technologies.empty() ? "The firmware is off." : "";
    candidate.look->technologies = std::move(technologies);
    candidate.keeps = keeps;
    return candidate;
}

std::string order(const std::vector<HostReason> &reasons)
{
    std::string text;
    for (const auto &reason : reasons)
        text += (text.empty() ? "" : " ") + reason.id + (reason.fits ? "=" + reason.technology : "-");
    return text;
}

} // namespace

class TestChooseHost : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theStrongestThenTheEmptiestThenTheFirst()
    {
        const std::vector<HostCandidate> all{host("sev", {"sev"}), host("es", {"es", "sev"}), host("full", {"snp", "es", "sev"}, 3),
            host("empty", {"snp", "es", "sev"}), host("also", {"snp", "es", "sev"}), host("off", {})};
        QCOMPARE(order(rankHosts({}, all)), std::string("empty=snp also=snp full=snp es=es sev=sev off-"));
    }

    void neverWeakerThanDemanded()
    {
        const std::vector<HostCandidate> all{host("sev", {"sev"}), host("es", {"es", "sev"}), host("snp", {"snp"})};
        QCOMPARE(order(rankHosts({"snp", {}}, all)), std::string("snp=snp sev- es-"));
        QCOMPARE(order(rankHosts({"es", {}}, all)), std::string("snp=snp es=es sev-")); // stronger than demanded is no less
        QCOMPARE(order(rankHosts({"sev", {}}, {host("both", {"snp", "sev"})})), std::string("both=sev"));
        const auto reasons = rankHosts({"snp", {}}, {host("es", {"es", "sev"})});
        QVERIFY(reasons[0].why.contains("It offers SEV-ES, SEV, which is weaker than the demanded SEV-SNP."));
    }

    void neverEmulatedNorARehearsalNorWhatIsNotReady()
    {
        HostCandidate emulated = host("emulated", {"snp"});
        emulated.emulated = true;
        HostCandidate rehearsal = host("rehearsal", {});
        rehearsal.look->rehearses = true;
        HostCandidate unknown = host("unknown", {"snp"});
        unknown.look->state = "unknown";
        HostCandidate silent = host("silent", {"snp"});
        silent.look.reset();
        silent.failure = "it did not answer.";
        HostCandidate cluster = host("cluster", {"snp"});
        cluster.launchesNot = "It proves nothing.";
        const auto reasons = rankHosts({}, {emulated, rehearsal, unknown, silent, cluster});
        QCOMPARE(order(reasons), std::string("emulated- rehearsal- unknown- silent- cluster-"));
        QVERIFY(reasons[0].why.contains("emulated"));
        QVERIFY(reasons[1].why.contains("The firmware is off.") && reasons[1].why.contains("rehearsal"));
        QVERIFY(reasons[2].why.contains("not known to be ready"));
        QVERIFY(reasons[3].why.contains("it did not answer."));
        QCOMPARE(reasons[4].why, std::string("It proves nothing."));
    }

    void theTcbWhereItIsKnown()
    {
        HostCandidate low = host("low", {"snp"}), high = host("high", {"snp"}, 5), unknown = host("unknown", {"snp"}, 9);
        low.tcb = {{"snp", 9}, {"ucode", 72}};
        low.tcbRecord = "r0123456789abcdef";
        high.tcb = {{"snp", 23}, {"ucode", 72}};
        const auto reasons = rankHosts({"snp", {{"snp", 20}, {"ucode", 70}}}, {low, unknown, high});
        QCOMPARE(order(reasons), std::string("high=snp unknown=snp low-"));
        QVERIFY(reasons[0].why.contains("has the demanded TCB"));
        QVERIFY(reasons[1].why.contains("not known yet"));
        QVERIFY(reasons[2].why.contains("snp=9, and 20 is demanded") && reasons[2].why.contains("r0123456789abcdef"));
    }
};

QTEST_APPLESS_MAIN(TestChooseHost)
#include "test_choose_host.moc"
