// SPDX-License-Identifier: Apache-2.0
// Nothing of an export with a redacted chip id leads back to the processor.
#include "core/base/digest.h"
#include "core/reports/redact.h"
#include "core/reports/reports.h"
#include "tests/support/data_folder.h"
#include "tests/support/sample_record.h"

#include <QtTest/QTest>

#include <algorithm>
#include <cctype>

using namespace kastellan;

namespace {

const std::string chip =
    "d49554ec717f4e5b01020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849505152535455aa";

bool mentions(std::string_view text)
{
    std::string lower(text);
    std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return lower.find(chip.substr(0, 16)) != std::string::npos;
}

} // namespace

class TestReportsRedact : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void texts()
    {
        std::string upper = chip;
        std::ranges::transform(upper, upper.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
        QCOMPARE(withoutChip("chip:" + chip + " is it", chip), std::string("chip:(redacted) is it"));
        QCOMPARE(withoutChip(upper, chip), std::string("(redacted)"));
        QCOMPARE(withoutChip("short " + chip.substr(0, 16) + "…", chip), std::string("short (redacted)…"));
        QCOMPARE(withoutChip(chip.substr(0, 15), chip), chip.substr(0, 15));
        QCOMPARE(withoutChip("nothing", chip), std::string("nothing"));
        QCOMPARE(withoutChip(chip, ""), chip);
        const std::string turin = "0123456789abcdef";
        QCOMPARE(withoutChip("id " + turin + std::string(112, '0') + ".", turin), std::string("id (redacted)."));
    }

    void exports()
    {
        test::DataFolder folder;
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        const Bytes id = *fromHex(chip);
        record.evidence.report = Bytes(1184, 3);
        std::ranges::copy(id, record.evidence.report.begin() + 0x1a0);
        Bytes leaf(900, 5);
        std::ranges::copy(id, leaf.begin() + 100);
        record.evidence.endorsements = {{"vcek", leaf}, {"ask", Bytes(50, 1)}, {"ark", Bytes(50, 2)}};
        record.appraisal.findings.front().actual = "chip " + chip;
        record.plan = "{\"note\": \"" + chip + "\"}";
        view.fields.push_back({0x1a0, 64, "chip_id", chip, "the chip"});
        const std::string leafDigest = toHex(sha256(leaf).view());
        view.chain = {{"vcek", "CN=SEV-VCEK", "", "0", "", "", "", leafDigest, false, true, false, {{"hwID", chip}}}};
        Appraisal today = record.appraisal;
        const Record whole = record;
        QVERIFY(mentions(recordJson(record, &view, &today)));

        redactChipId(record, view, today, "chip:" + chip);
        QVERIFY(record.evidence.report.empty());
        QCOMPARE(record.evidence.endorsements.size(), 2u);
        QVERIFY(record.notes.find("cannot be checked") != std::string::npos);
        const std::string json = recordJson(record, &view, &today), html = recordHtml(record, view, &today);
        const Bytes bundle = *recordBundle(record, view, &today);
        const std::string reportBase64 = toBase64(whole.evidence.report).substr(0, 40);
        for (const std::string &text : {json, html}) {
            QVERIFY(!mentions(text));
            QVERIFY(text.find(leafDigest) == std::string::npos);
            QVERIFY(text.find(reportBase64) == std::string::npos);
            QVERIFY(text.find("cannot be checked") != std::string::npos);
        }
        QVERIFY(asText(bundle).find("report.bin") == std::string_view::npos);
        QVERIFY(asText(bundle).find("certificates/vcek") == std::string_view::npos);
        QVERIFY(asText(bundle).find("certificates/ark") != std::string_view::npos);
    }

    /// A report whose chip id the host masks has no identity; the certificate of the key, and the finding about it, name the chip.
    void maskedInTheReport()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        view.chain = {{"vcek", "CN=SEV-VCEK", "", "0", "", "", "", std::string(64, '5'), false, true, false,
            {{"chip id", chip}, {"cloud provider", "example"}, {"TCB: snp", "21"}}}};
        record.appraisal.findings.front().expected = chip.substr(0, 32) + "…";
        Appraisal today = record.appraisal;
        redactChipId(record, view, today, "");
        QVERIFY(!mentions(recordJson(record, &view, &today)));
        QVERIFY(!mentions(recordHtml(record, view, &today)));
        QCOMPARE(view.chain.front().extensions[1].second, std::string("example"));
    }

    /// The processor that the host was pinned to before is nobody's business either.
    void anotherThatWasPinned()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        Appraisal today = record.appraisal;
        Finding pinned;
        pinned.id = "platform.identity";
        pinned.expected = "chip:" + chip;
        pinned.actual = "chip:0123456789abcdef, and not chip: or chip:12";
        record.appraisal.findings.push_back(pinned);
        redactChipId(record, view, today, "chip:0123456789abcdef");
        QCOMPARE(record.appraisal.findings.back().expected, std::string("chip:(redacted)"));
        QCOMPARE(record.appraisal.findings.back().actual, std::string("chip:(redacted), and not chip: or chip:12"));
    }

    void withoutAnIdentity()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        Appraisal today = record.appraisal;
        redactChipId(record, view, today, "");
        QVERIFY(record.evidence.report.empty());
        QCOMPARE(record.evidence.kind, std::string("redacted"));
    }
};

QTEST_GUILESS_MAIN(TestReportsRedact)
#include "test_reports_redact.moc"
