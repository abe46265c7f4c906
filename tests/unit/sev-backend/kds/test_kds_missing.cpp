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
        const std::string path =
            *kds::vcekPath(Product::Genoa, maker.report().chipId().view(), TcbVersion(maker.report().reportedTcb(), TcbLayout::Milan));
        test::FakeClock clock;
        const auto pem = [](const Certificate &certificate) {
            return "-----BEGIN CERTIFICATE-----\n" + toBase64(certificate.der()) + "\n-----END CERTIFICATE-----\n";
        };
        const Bytes list = *maker.authority().revocationList({1}, clock.unixSeconds() - 5, clock.unixSeconds() + 500);
        test::BadServer server([&](test::Connection &connection, const std::string &asked) {
            if (asked == path)
                connection.send(test::answer(200, maker.evidence.endorsements.front().der));
            else if (asked == "/vcek/v1/Genoa/cert_chain")
                connection.send(test::answer(200, pem(maker.authority().ask()) + pem(maker.authority().ark())));
            else if (asked == "/vcek/v1/Genoa/crl")
                connection.send(test::answer(200, list));
            else
                connection.send(test::answer(404, ""));
        });
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
