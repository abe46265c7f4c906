// SPDX-License-Identifier: Apache-2.0
#include "fake_clock.h"
#include "sev-backend/appraisal/backend.h"
#include "sev-backend/kds/missing.h"
#include "sev-backend/store/read.h"
#include "tests/support/bad_server.h"
#include "tests/support/data_folder.h"
#include "tests/support/evidence_maker.h"

#include <QTest>

using namespace kastellan;
using namespace kastellan::sev;

namespace {

std::vector<StoredCertificate> storeOf(const test::EvidenceMaker &maker)
{
    std::vector<StoredCertificate> all;
    for (const auto &endorsement : maker.evidence.endorsements) {
        if (endorsement.role == "crl")
            all.push_back(*describeCrl(endorsement.der, "test"));
        else
            all.push_back(*describeCertificate(*Certificate::fromDer(endorsement.der), "test"));
    }
    return all;
}

std::vector<std::string> rolesOf(const Evidence &evidence)
{
    std::vector<std::string> roles;
    for (const auto &endorsement : evidence.endorsements)
        roles.push_back(endorsement.role == "asvk" ? "ask" : endorsement.role); // either word will do
    std::ranges::sort(roles);
    return roles;
}

/// What a key server answers that has the certificates of this evidence.
auto answersOf(const test::EvidenceMaker &maker, const Bytes &list)
{
    const auto pem = [](const Certificate &certificate) {
        return "-----BEGIN CERTIFICATE-----\n" + toBase64(certificate.der()) + "\n-----END CERTIFICATE-----\n";
    };
    const std::string leafPath =
        *kds::vcekPath(Product::Genoa, maker.report().chipId().view(), TcbVersion(maker.report().reportedTcb(), TcbLayout::Milan));
    const std::string chain = pem(maker.authority().ask()) + pem(maker.authority().ark());
    return [leafPath, chain, list, leaf = maker.evidence.endorsements.front().der](test::Connection &connection, const std::string &asked) {
        if (asked == leafPath)
            connection.send(test::answer(200, leaf));
        else if (asked == "/vcek/v1/Genoa/cert_chain")
            connection.send(test::answer(200, chain));
        else if (asked == "/vcek/v1/Genoa/crl")
            connection.send(test::answer(200, list));
        else
            connection.send(test::answer(404, ""));
    };
}

} // namespace

class TestKdsMissing : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void fromTheStore_data()
    {
        QTest::addColumn<QByteArray>("profile");
        QTest::addColumn<bool>("masked");
        QTest::addColumn<bool>("vlek");
        QTest::newRow("Genoa") << QByteArrayLiteral("genoa") << false << false;
        QTest::newRow("Turin") << QByteArrayLiteral("turin") << false << false;
        QTest::newRow("masked") << QByteArrayLiteral("genoa") << true << false;
        QTest::newRow("VLEK") << QByteArrayLiteral("genoa") << true << true;
    }
    void fromTheStore()
    {
        QFETCH(QByteArray, profile);
        QFETCH(bool, masked);
        QFETCH(bool, vlek);
        test::EvidenceMaker maker({.profile = *findProfile(profile.constData()), .version = 5, .masked = masked, .vlek = vlek});
        maker.addList({1});
        auto stored = storeOf(maker);
        // Others of the same kinds lie in the store too.
        test::EvidenceMaker milan({.profile = *findProfile("milan")});
        for (auto &other : storeOf(milan))
            stored.insert(stored.begin(), other);
        const Evidence whole = maker.evidence;
        for (std::size_t without = 0; without <= whole.endorsements.size(); ++without) {
            Evidence evidence = whole;
            if (without == whole.endorsements.size())
                evidence.endorsements.clear();
            else
                evidence.endorsements.erase(evidence.endorsements.begin() + static_cast<std::ptrdiff_t>(without));
            EndorsementFinder finder(stored, nullptr, nullptr);
            const Completed completed = finder.complete(evidence);
            QCOMPARE(rolesOf(evidence), rolesOf(whole));
            QVERIFY(!completed.added.empty());
            Appraisal appraisal;
            appraisal.findings = makeEvidenceBackend()->appraise(evidence, maker.expected, std::time(nullptr));
            decide(appraisal);
            QVERIFY2(appraisal.verdict == Verdict::Trusted || masked, appraisal.sentence.c_str());
        }
    }

    void whatIsThereIsLeftAlone()
    {
        test::EvidenceMaker maker;
        maker.addList({1});
        const Evidence whole = maker.evidence;
        Evidence evidence = whole;
        EndorsementFinder finder(storeOf(maker), nullptr, nullptr);
        QVERIFY(finder.complete(evidence).added.empty());
        QCOMPARE(evidence.endorsements.size(), whole.endorsements.size());
        Evidence other;
        other.kind = "sev-report";
        QVERIFY(finder.complete(other).added.empty() && other.endorsements.empty());
        Evidence broken;
        broken.report = Bytes(5);
        QVERIFY(finder.complete(broken).added.empty());
    }

    /// Evidence that brings an older list along does not keep the one away that is known here, and that revokes.
    void anOlderListHidesNothing()
    {
        test::EvidenceMaker maker;
        auto stored = storeOf(maker);
        const std::int64_t now = std::time(nullptr);
        const Bytes older = *maker.authority().revocationList({1}, now - 5 * test::day, now + 5 * test::day);
        const Bytes newer = *maker.authority().revocationList({maker.askSerial()}, now - test::day, now + 9 * test::day);
        stored.push_back(*describeCrl(older, "test"));
        stored.push_back(*describeCrl(newer, "test"));
        Evidence evidence = maker.evidence;
        evidence.endorsements.push_back({"crl", older});
        EndorsementFinder finder(stored, nullptr, nullptr);
        QCOMPARE(finder.complete(evidence).added, std::vector<std::string>{"crl: from the certificate store"});
        QVERIFY(evidence.endorsements.back().der == newer);
        Appraisal appraisal;
        appraisal.findings = makeEvidenceBackend()->appraise(evidence, maker.expected, now);
        decide(appraisal);
        QVERIFY2(appraisal.verdict == Verdict::Refused, appraisal.sentence.c_str());
        QVERIFY(finder.complete(evidence).added.empty()); // once
    }

    /// The same with what the key server has.
    void anOlderListHidesNothingOfTheServers()
    {
        test::DataFolder folder;
        test::EvidenceMaker maker;
        test::FakeClock clock;
        const std::int64_t now = clock.unixSeconds();
        const Bytes list = *maker.authority().revocationList({maker.askSerial()}, now - 5, now + 500);
        test::BadServer server(answersOf(maker, list));
        kds::Settings settings;
        settings.url = server.url();
        settings.cache = folder.path() / "cache";
        settings.root = maker.expected.root;
        auto transport = kds::curlTransport();
        auto client = std::make_unique<kds::KeyServer>(settings, *transport, clock);
        EndorsementFinder finder({}, std::move(transport), std::move(client));
        Evidence evidence = maker.evidence;
        evidence.endorsements = {{"crl", *maker.authority().revocationList({1}, now - test::day, now + test::day)}};
        const Completed completed = finder.complete(evidence);
        QVERIFY2(completed.missing.empty(), completed.missing.empty() ? "" : completed.missing.front().c_str());
        QVERIFY(evidence.endorsements.back().der == list);
        QCOMPARE(rolesOf(evidence), (std::vector<std::string>{"ark", "ask", "crl", "crl", "vcek"}));
    }

    void nothingIsMadeUp()
    {
        test::EvidenceMaker maker, milan({.profile = *findProfile("milan")});
        Evidence evidence = maker.evidence;
        evidence.endorsements.clear();
        EndorsementFinder finder(storeOf(milan), nullptr, nullptr);
        QVERIFY(finder.complete(evidence).added.empty());
        QVERIFY(evidence.endorsements.empty());
    }

    void fromTheServer()
    {
        test::DataFolder folder;
        test::EvidenceMaker maker;
        test::FakeClock clock;
        test::BadServer server(
            answersOf(maker, *maker.authority().revocationList({1}, clock.unixSeconds() - 5, clock.unixSeconds() + 500)));
        const auto finder = [&](bool offline) {
            kds::Settings settings;
            settings.url = server.url();
            settings.cache = folder.path() / "cache";
            settings.root = maker.expected.root;
            settings.offline = offline;
            auto transport = kds::curlTransport();
            auto client = std::make_unique<kds::KeyServer>(settings, *transport, clock);
            return EndorsementFinder({}, std::move(transport), std::move(client));
        };
        Evidence evidence = maker.evidence;
        evidence.endorsements.clear();
        const Completed none = finder(true).complete(evidence);
        QVERIFY(evidence.endorsements.empty());
        QVERIFY(!none.missing.empty() && none.missing.front().find("not in the cache") != std::string::npos);
        const Completed fetched = finder(false).complete(evidence);
        QCOMPARE(rolesOf(evidence), (std::vector<std::string>{"ark", "ask", "crl", "vcek"}));
        QVERIFY(fetched.missing.empty());
        Evidence again = maker.evidence;
        again.endorsements.clear();
        QCOMPARE(finder(true).complete(again).added.size(), 4u); // the cache has it now
    }
};

QTEST_GUILESS_MAIN(TestKdsMissing)
#include "test_kds_missing.moc"
