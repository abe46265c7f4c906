// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/finding.h"

#include <QtTest/QTest>

using namespace kastellan;

namespace {

Finding finding(const char *id, Outcome outcome, bool required = true, bool reference = false)
{
    Finding made;
    made.id = id;
    made.outcome = outcome;
    made.required = required;
    made.reference = reference;
    return made;
}

Appraisal decided(std::vector<Finding> findings, bool emulated = false)
{
    Appraisal appraisal;
    appraisal.findings = std::move(findings);
    appraisal.emulated = emulated;
    decide(appraisal);
    return appraisal;
}

bool says(const Appraisal &appraisal, std::string_view text)
{
    return appraisal.sentence.find(text) != std::string::npos;
}

} // namespace

class TestDecide : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// Every combination of up to three findings agrees with the rule of the design, written down here a second time.
    void ruleHoldsForEveryCombination()
    {
        const Outcome outcomes[] = {Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::Info};
        std::vector<Finding> kinds;
        for (const Outcome outcome : outcomes)
            for (const bool required : {true, false})
                for (const bool reference : {true, false})
                    kinds.push_back(finding("x", outcome, required, reference));
        int count = 0;
        for (const auto &a : kinds)
            for (const auto &b : kinds)
                for (const auto &c : kinds) {
                    const std::vector<Finding> all = {a, b, c};
                    bool fail = false, unknown = false, pass = false, compared = false, missed = false;
                    for (const auto &each : all) {
                        fail |= each.required && each.outcome == Outcome::Fail;
                        unknown |= each.required && each.outcome == Outcome::Unknown;
                        pass |= each.required && each.outcome == Outcome::Pass;
                        compared |= each.reference && each.outcome == Outcome::Pass;
                        missed |= each.reference && (each.outcome == Outcome::Fail || each.outcome == Outcome::Unknown);
                    }
                    Verdict expected = Verdict::Authentic;
                    if (fail)
                        expected = Verdict::Refused;
                    else if (unknown || !pass)
                        expected = Verdict::Undecided;
                    else if (compared && !missed)
                        expected = Verdict::Trusted;
                    QCOMPARE(decided(all).verdict, expected);
                    ++count;
                }
        QCOMPARE(count, 16 * 16 * 16);
    }

    void nothingCheckedIsUndecided()
    {
        QCOMPARE(decided({}).verdict, Verdict::Undecided);
        QCOMPARE(decided({finding("launch.digest", Outcome::Pass, false, true)}).verdict, Verdict::Undecided);
    }

    void sentencesArePlain()
    {
        const auto refused = decided({finding("report.signature", Outcome::Pass), finding("launch.digest", Outcome::Fail, true, true)});
        QCOMPARE(refused.sentence, std::string("Refused: the launch digest is not the expected one."));
        const auto undecided = decided({finding("report.signature", Outcome::Unknown), finding("tcb.certificate", Outcome::Unknown)});
        QVERIFY(says(undecided, "report signature and TCB against certificate"));
        const auto unknownId = decided({finding("vendor.new-thing", Outcome::Fail)});
        QVERIFY(says(unknownId, "the check vendor.new-thing failed"));
        const auto many = decided(
            {finding("a.a", Outcome::Fail), finding("b.b", Outcome::Fail), finding("c.c", Outcome::Fail), finding("d.d", Outcome::Fail)});
        QVERIFY(says(many, "and 2 more"));
    }

    void floorFailureAndOverridesAreInTheBanner()
    {
        Appraisal appraisal;
        appraisal.findings = {finding("report.signature", Outcome::Pass), finding("launch.digest", Outcome::Pass, true, true),
            finding("tcb.minimum", Outcome::Fail, false)};
        appraisal.overrides = {"--allow-debug"};
        decide(appraisal);
        QCOMPARE(appraisal.verdict, Verdict::Authentic);
        QVERIFY(says(appraisal, "firmware is older"));
        QVERIFY(says(appraisal, "--allow-debug"));
    }

    void emulatedSaysSo()
    {
        const std::vector<Finding> good = {finding("report.signature", Outcome::Pass), finding("launch.digest", Outcome::Pass, true, true)};
        QVERIFY(says(decided(good, true), "mulated"));
        QVERIFY(!says(decided(good, false), "mulated"));
        QVERIFY(says(decided({finding("report.signature", Outcome::Fail)}, true), "mulated"));
    }

    void namesGoBothWays()
    {
        for (const Outcome outcome : {Outcome::Pass, Outcome::Fail, Outcome::Unknown, Outcome::Info})
            QCOMPARE(outcomeFromName(name(outcome)), outcome);
        for (const Verdict verdict : {Verdict::Trusted, Verdict::Authentic, Verdict::Undecided, Verdict::Refused})
            QCOMPARE(verdictFromName(name(verdict)), verdict);
        QVERIFY(!outcomeFromName("PASS"));
        QVERIFY(!verdictFromName(""));
        QCOMPARE(title("report.signature"), std::string("Report signature"));
        QCOMPARE(title("some.new_check-x"), std::string("Some new check x"));
    }
};

QTEST_APPLESS_MAIN(TestDecide)
#include "test_evidence_decide.moc"
