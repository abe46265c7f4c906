// SPDX-License-Identifier: Apache-2.0
#include "core/hosts/notices.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace kastellan;

namespace {

constexpr std::int64_t now = 1'795'000'000; // 2026-11-18
constexpr std::int64_t day = 86400;
using Kind = TrustNotice::Kind;

KnownCertificate certificate(const std::string &role, std::int64_t notAfter, const std::string &state = "valid")
{
    KnownCertificate made;
    made.sha256 = role + std::to_string(notAfter);
    made.role = role;
    made.title = "SEV-X";
    made.issuer = "CN=ARK";
    made.product = "Milan";
    made.notAfter = notAfter;
    made.state = state;
    made.good = state == "valid" || state == "current";
    return made;
}

PlatformView platform(const std::string &vcekEnd, unsigned snp)
{
    PlatformView view;
    view.host = "local";
    CertificateView vcek;
    vcek.role = "vcek";
    vcek.sha256 = "aa";
    vcek.notAfter = vcekEnd;
    view.reports = {vcek};
    view.tcb = {{"current", {{"snp", 99}}}, {"reported", {{"bl", 3}, {"snp", snp}}}};
    return view;
}

RecordToday record(Verdict then, Verdict today, std::vector<Finding> findings = {})
{
    RecordToday made;
    made.record = "r1";
    made.keepName = "payroll";
    made.host = "local";
    made.runs = true;
    made.then.verdict = then;
    made.now.verdict = today;
    made.now.sentence = "Refused: something.";
    made.now.findings = std::move(findings);
    return made;
}

Finding failing(const std::string &id)
{
    Finding finding;
    finding.id = id;
    finding.outcome = kastellan::Outcome::Fail;
    finding.actual = "snp 8";
    finding.expected = "snp 10 or newer";
    return finding;
}

std::vector<Kind> kinds(const NoticeInput &input)
{
    std::vector<Kind> found;
    for (const TrustNotice &notice : trustNotices(input))
        found.push_back(notice.kind);
    return found;
}

} // namespace

class TestNotices : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void nothingIsSaidOfWhatHolds()
    {
        NoticeInput input{{certificate("vcek", now + 31 * day), certificate("ark", 0)}, {platform("2030-01-01 00:00:00 UTC", 10)},
            {{"local", "keep payroll", {{"snp", 10}}}}, {record(Verdict::Trusted, Verdict::Trusted)}, now};
        QVERIFY(kinds(input).empty());
    }

    void endsAreAnnouncedThirtyDaysBefore()
    {
        const auto soon = trustNotices({{certificate("vcek", now + 29 * day)}, {}, {}, {}, now});
        QCOMPARE(soon.size(), 1u);
        QCOMPARE(soon[0].kind, Kind::Expires);
        QVERIFY(!soon[0].urgent);
        QVERIFY2(soon[0].sentence.find("in 29 days") != std::string::npos, soon[0].sentence.c_str());
        const auto gone = trustNotices({{certificate("vcek", now - 1, "expired")}, {}, {}, {}, now});
        QCOMPARE(gone.size(), 1u);
        QCOMPARE(gone[0].kind, Kind::Expired);
        QVERIFY(gone[0].urgent);
        QVERIFY(!gone[0].remedy.empty());
    }

    void whatWasReplacedNeedsNoCare()
    {
        QVERIFY(kinds({{certificate("vcek", now - day, "expired"), certificate("vcek", now + 400 * day)}, {}, {}, {}, now}).empty());
        QVERIFY(kinds({{certificate("crl", now - day, "out of date"), certificate("crl", now + 40 * day, "current")}, {}, {}, {}, now})
                .empty());
        auto other = certificate("vcek", now + 400 * day);
        other.chip = "01";
        QCOMPARE(kinds({{certificate("vcek", now - day, "expired"), other}, {}, {}, {}, now}), std::vector{Kind::Expired});
    }

    void listsGoOutOfDate()
    {
        QCOMPARE(kinds({{certificate("crl", now - day, "out of date")}, {}, {}, {}, now}), std::vector{Kind::ListOutOfDate});
        QVERIFY(kinds({{certificate("crl", now + day, "current")}, {}, {}, {}, now}).empty());
    }

    void revocationCountsEvenIfReplaced()
    {
        const NoticeInput input{{certificate("ask", now + day, "revoked"), certificate("ask", now + 400 * day)}, {}, {}, {}, now};
        QCOMPARE(kinds(input), std::vector{Kind::Revoked});
        auto revoked = certificate("vcek", now + 400 * day, "revoked");
        revoked.sha256 = "aa";
        const auto both = trustNotices({{revoked}, {platform("2030-01-01", 10)}, {}, {}, now});
        QCOMPARE(both.size(), 2u);
        QCOMPARE(both[1].host, std::string("local"));
    }

    void platformsAreHeldToTheNewestFloor()
    {
        NoticeInput input{{}, {platform("2030-01-01", 8)}, {{"local", "keep payroll", {{"snp", 10}, {"bl", 3}, {"fmc", 9}}}}, {}, now};
        const auto found = trustNotices(input);
        QCOMPARE(found.size(), 1u);
        QCOMPARE(found[0].kind, Kind::BelowFloor);
        QVERIFY2(found[0].sentence.find("snp 8 of 10") != std::string::npos, found[0].sentence.c_str());
        QVERIFY(found[0].sentence.find("bl") == std::string::npos); // what is equal is enough
        input.floors[0].host = "other";
        QVERIFY(trustNotices(input).empty());
    }

    void platformCertificatesEndToo()
    {
        const auto found = trustNotices({{}, {platform("2026-11-20 00:00:00 UTC", 10)}, {}, {}, now});
        QCOMPARE(found.size(), 1u);
        QCOMPARE(found[0].kind, Kind::Expires);
        QCOMPARE(found[0].host, std::string("local"));
        auto twice = platform("2026-01-01", 10);
        twice.ownership = twice.reports;
        QCOMPARE(kinds({{}, {twice}, {}, {}, now}), std::vector{Kind::Expired});
    }

    void recordsThatTurned()
    {
        QCOMPARE(kinds({{}, {}, {}, {record(Verdict::Trusted, Verdict::Refused)}, now}), std::vector{Kind::TurnedBad});
        QCOMPARE(
            kinds({{}, {}, {}, {record(Verdict::Trusted, Verdict::Refused, {failing("chain.crl")})}, now}), std::vector{Kind::Revoked});
        QCOMPARE(kinds({{}, {}, {}, {record(Verdict::Trusted, Verdict::Refused, {failing("tcb.minimum")})}, now}),
            std::vector{Kind::BelowFloor});
        RecordToday ended = record(Verdict::Trusted, Verdict::Refused);
        ended.runs = false;
        QVERIFY(kinds({{}, {}, {}, {ended}, now}).empty());
        ended.newest = true;
        ended.now.findings = {failing("tcb.minimum")};
        QCOMPARE(kinds({{}, {}, {}, {ended}, now}), std::vector{Kind::BelowFloor});
    }

    void urgentOnesFirst()
    {
        QCOMPARE(kinds({{certificate("vcek", now + day), certificate("ask", now - day, "expired")}, {}, {}, {}, now}),
            (std::vector{Kind::Expired, Kind::Expires}));
    }

    void datesAreRead()
    {
        QCOMPARE(shownDate("1970-01-02"), std::int64_t(86400));
        QCOMPARE(shownDate("2026-11-23 11:34:58 UTC"), std::int64_t(1795433698));
        for (const char *bad : {"", "never", "2026-13-01", "2026-02-30", "2026/11/23", "-026-11-23", "1969-12-31", "no dates"})
            QCOMPARE(shownDate(bad), std::int64_t(0));
    }
};

QTEST_GUILESS_MAIN(TestNotices)
#include "test_notices.moc"
