// SPDX-License-Identifier: Apache-2.0
// Recognised failures, by recorded lines (recorded_lines.h says of which programs).
#include "sev-backend/failures/failures.h"
#include "tests/support/failure_kinds.h"
#include "tests/unit/sev-backend/failures/recorded_lines.h"

#include <QtCore/QFile>
#include <QtTest/QTest>

#include <algorithm>
#include <chrono>
#include <format>
#include <map>
#include <set>

using namespace kastellan;
using namespace kastellan::sev;

class TestFailures : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void recorded_data()
    {
        QTest::addColumn<QString>("id");
        QTest::addColumn<QString>("text");
        std::size_t number = 0;
        for (const auto &line : test::recordedLines())
            QTest::addRow("%zu %s", ++number, std::string(line.id).c_str()) << QString::fromUtf8(
                line.id.data(), qsizetype(line.id.size())) << QString::fromUtf8(line.text.data(), qsizetype(line.text.size()));
    }
    void recorded()
    {
        QFETCH(QString, id);
        QFETCH(QString, text);
        const std::string around = "2026-11-23 starting up libvirt\nLC_ALL=C\n" + text.toStdString() + "\nshutting down, reason=failed\n";
        const auto found = explainFailure(around);
        QVERIFY(found);
        QCOMPARE(QString::fromStdString(found->id), id);
        QCOMPARE(QString::fromStdString(found->said), text);
    }

    void everyRowIsReproducedAndWhole()
    {
        std::set<std::string_view> recorded, ids;
        for (const auto &line : test::recordedLines())
            recorded.insert(line.id);
        for (const FailureRow &row : failureTable()) {
            const QByteArray name(row.id.data(), qsizetype(row.id.size()));
            QVERIFY2(ids.insert(row.id).second, name);
            QVERIFY2(recorded.contains(row.id), name);
            QVERIFY2(!row.what.empty() && row.why.ends_with('.') && row.remedy.ends_with('.'), name);
            QVERIFY2(row.source.contains('#') && row.source.contains('/'), name); // no issue, no row
            QVERIFY2(!row.pattern.empty() && std::ranges::none_of(row.pattern, [](char c) { return c >= 'A' && c <= 'Z'; }), name);
            for (const std::string_view wrong : {"||", "**", "|*"})
                QVERIFY2(!row.pattern.contains(wrong), name);
        }
        QVERIFY(ids.size() >= 40);
    }

    /// Which rows a test has happen, and which are known by recorded lines alone. Those of the integration tests say that they saw all of
    /// theirs.
    void whichAreWhich()
    {
        std::map<std::string_view, std::size_t> kinds;
        for (const FailureRow &row : failureTable())
            ++kinds[test::failureKind(row.id)];
        QCOMPARE(kinds["made"], test::failuresMade.size()); // no list names a row that there is not
        QCOMPARE(kinds["rehearsed"], test::failuresRehearsed.size());
        for (const FailureRow &row : failureTable())
            if (test::failureKind(row.id) == "recorded")
                qInfo("by recorded lines alone: %s", std::string(row.id).c_str());
    }

    void theDocumentListsThemAll()
    {
        QFile file(qEnvironmentVariable("KASTELLAN_SOURCE") + QStringLiteral("/docs/hosts.md"));
        if (!file.open(QIODevice::ReadOnly))
            QSKIP("KASTELLAN_SOURCE is not set: the document is not at hand");
        const QByteArray document = file.readAll();
        for (const FailureRow &row : failureTable()) {
            const std::string line = std::format("| `{}` | {} | {} | {} |\n", row.id, row.what, test::failureKind(row.id), row.source);
            QVERIFY2(document.contains(line.c_str()), line.c_str());
        }
        QCOMPARE(std::size_t(document.count("\n| `")), failureTable().size());
    }

    void unknownStaysRaw()
    {
        for (const char *text : {"", "\n\n\n", "qemu-system-x86_64: something new happened", "everything went well", "pflash", "sev-snp"})
            QVERIFY2(!explainFailure(text), text);
        const Error error{ErrorKind::Environment, "start the machine", "qemu:///system", "something new happened", "Try again."};
        const Error same = explained(error);
        QCOMPARE(same.why, error.why);
        QCOMPARE(same.remedy, error.remedy);
        const Error logged = explained(error, "/usr/bin/qemu-system-x86_64 \\\n-S \\\nfirst line\nlast line\n");
        QVERIFY(logged.remedy.starts_with("Try again.\n") && logged.remedy.ends_with("\n    first line\n    last line"));
    }

    void theFirmwaresAnswerIsNamed()
    {
        const auto policy = explainFailure("sev_snp_launch_start: SNP_LAUNCH_START ret=-5 fw_error=7 'Policy is not allowed'");
        QVERIFY(policy && policy->why.contains("POLICY_FAILURE (0x07)") && policy->why.contains("KVM returned -5 (Input/output error)"));
        QVERIFY(policy->remedy.contains("Compare the policy with the platform: firmware version"));
        const auto kvm = explainFailure("sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''");
        QVERIFY(kvm && !kvm->why.contains("firmware's answer") && kvm->why.contains("KVM returned -22 (Invalid argument)"));
        const auto hex = explainFailure("ccp: SEV-SNP: failed to INIT rc -5, error 0x3");
        QVERIFY(hex && hex->why.contains("INVALID_CONFIG (0x03)"));
        const auto strange = explainFailure("X: LAUNCH_MEASURE ret=-5 fw_error=4711 ''");
        QVERIFY(strange && strange->id == "launch.firmware" && strange->why.contains("UNKNOWN_STATUS (0x1267)"));
        const auto huge = explainFailure("X: LAUNCH_MEASURE ret=-99999999999999999999 fw_error=99999999999999999999 ''");
        QVERIFY(huge && !huge->why.contains("answer:"));
    }

    void theMostTellingComesFirst()
    {
        const std::string log = "qemu-system-x86_64: -accel kvm: sev_snp_launch_start: SNP_LAUNCH_START ret=-22 fw_error=0 ''\n"
                                "qemu-system-x86_64: -accel kvm: sev_common_kvm_init: failed to create encryption context\n"
                                "qemu-system-x86_64: -accel kvm: failed to initialize kvm: Operation not permitted\n"
                                "audit: apparmor=\"DENIED\" operation=\"open\"\n"
                                "libvirt: End of file while reading data: Input/output error\n";
        const auto all = explainFailures(log);
        QCOMPARE(all.size(), 3u); // and not the general one about the firmware
        QCOMPARE(all[0].id, std::string("launch.snp-start"));
        QCOMPARE(all[1].id, std::string("machine.apparmor"));
        QCOMPARE(all[2].id, std::string("libvirt.lost"));
        // Of two launches in a log the last one is meant.
        const auto twice =
            explainFailure("a: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'one'\r\n\t b: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'two'");
        QVERIFY(twice && twice->said == "b: SNP_LAUNCH_FINISH ret=-5 fw_error=11 'two'");
        std::string every;
        for (const auto &line : test::recordedLines())
            every += std::string(line.text) + "\n";
        QCOMPARE(explainFailures(every).size(), 8u);
    }

    void causeAndRemedyFirstItsOwnWordsBelow()
    {
        const std::string words = "internal error: process exited: SNP_LAUNCH_START ret=-22 fw_error=0 ''\nand a second line, whole";
        const Error error = explained({ErrorKind::Environment, "start the keep", "qemu:///system", words, "Ask its operator."});
        QVERIFY(error.why.starts_with("SNP_LAUNCH_START was refused"));
        QVERIFY(error.remedy.starts_with("Use <loader type='rom'>"));
        QVERIFY(error.remedy.contains("\nIn its own words: " + words + "\nAsk its operator.\nSee AMDESE/AMDSEV#223"));
        QVERIFY(error.remedy.ends_with("[launch.snp-start]."));
        QCOMPARE(error.what, std::string("start the keep"));
        QCOMPARE(error.where, std::string("qemu:///system"));
        // The error says nothing, and the log does.
        const Error fromLog =
            explained({ErrorKind::Environment, "start the keep", "", "it ended", ""}, "x\nKVM does not support guest_memfd\n");
        QVERIFY(fromLog.why.starts_with("KVM gives no private memory") && fromLog.remedy.contains("In its own words: it ended"));
        QVERIFY(fromLog.remedy.contains("The last lines of the log:\n    KVM does not support guest_memfd"));
    }

    void bounded()
    {
        using namespace std::chrono;
        // A line far too long, and one at the edge of what is looked at.
        std::string longLine(failureLineLimit, 'x');
        QVERIFY(!explainFailure(longLine + "KVM does not support guest_memfd"));
        QVERIFY(explainFailure(longLine.substr(100) + "KVM does not support guest_memfd"));
        // Only the end of a large text.
        const std::string much(failureTextLimit, '\n');
        QVERIFY(!explainFailure("KVM does not support guest_memfd\n" + much));
        QVERIFY(explainFailure(much + "KVM does not support guest_memfd"));
        // Built to make a matcher that tries again slow: time grows with the text, and no faster.
        std::string bad;
        while (bad.size() < failureTextLimit)
            bad += "snp_launch_finishsnp_launch_finish*sev-snp-guest pflash with kvm requires kvm could not open "
                   "kvm_set_user_memory_region2 failed ";
        const auto before = steady_clock::now();
        const auto found = explainFailures(bad);
        QVERIFY(steady_clock::now() - before < seconds(20));
        for (const auto &one : found)
            QVERIFY(one.said.size() <= 400);
        std::string lines;
        while (lines.size() < failureTextLimit)
            lines += "abcdefg fw_err\n";
        QVERIFY(!explainFailure(lines));
        const std::string bytes("\0\xff\xfe SEV: no secret area found in OVMF \0", 41);
        QVERIFY(explainFailure(bytes));
    }
};

QTEST_APPLESS_MAIN(TestFailures)
#include "test_failures.moc"
