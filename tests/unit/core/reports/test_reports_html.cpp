// SPDX-License-Identifier: Apache-2.0
#include "core/evidence/json.h"
#include "core/reports/reports.h"
#include "tests/support/sample_record.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QXmlStreamReader>
#include <QtTest/QTest>

using namespace kastellan;

namespace {

constexpr const char *attack = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&</td>\x1b[2J";

/// The attack in every text of a record and of what a backend says of it.
void poison(Record &record, EvidenceView &view)
{
    for (std::string *text : {&record.id, &record.keep, &record.keepName, &record.host, &record.kind, &record.plan, &record.manifest,
             &record.notes, &record.evidence.kind, &record.expected.root, &record.appraisal.sentence, &view.technology, &view.product})
        *text = attack;
    for (auto &finding : record.appraisal.findings)
        for (std::string *text :
            {&finding.id, &finding.area, &finding.expected, &finding.actual, &finding.why, &finding.remedy, &finding.source})
            *text = attack;
    record.appraisal.findings[0].outcome = Outcome::Fail;
    record.appraisal.overrides = {attack};
    record.expected.minimumTcb = {{attack, 1}};
    for (auto &endorsement : record.evidence.endorsements)
        endorsement.role = attack;
    for (auto &field : view.fields)
        for (std::string *text : {&field.name, &field.value, &field.meaning})
            *text = attack;
    for (auto &column : view.tcb) {
        column.name = attack;
        for (auto &level : column.levels)
            level.name = attack;
    }
    for (auto &certificate : view.chain) {
        for (std::string *text : {&certificate.role, &certificate.subject, &certificate.issuer, &certificate.serial, &certificate.key,
                 &certificate.notBefore, &certificate.notAfter, &certificate.sha256})
            *text = attack;
        certificate.extensions = {{attack, attack}};
    }
}

} // namespace

class TestHtml : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void saysEverything()
    {
        Record record = test::sampleRecord();
        record.id = "r0123456789abcdef";
        const QString html = QString::fromStdString(recordHtml(record, test::sampleView()));
        for (const auto &finding : record.appraisal.findings)
            QVERIFY(html.contains(QString::fromStdString(finding.id)));
        for (const char *part : {"Trusted (emulated)", "EMULATED", "r0123456789abcdef", "hello-1", "REPORT_DATA", "BEGIN CERTIFICATE",
                 "kastellan-deliver-1", "--allow-debug", "launch plan", "0000  0108 0f16", "Whom you trust"})
            QVERIFY2(html.contains(QString::fromLatin1(part), Qt::CaseInsensitive) || QByteArray(part).startsWith("0000"), part);
        QVERIFY(html.contains(QString::fromStdString(toHex(ByteView(record.evidence.report).first(4)))));
    }

    /// Emulated evidence says so in the part that is repeated on every page; real evidence nowhere.
    void emulatedIsOnEveryPage()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        const QString html = QString::fromStdString(recordHtml(record, view));
        const auto head = html.mid(
            html.indexOf(QStringLiteral("<thead>")), html.indexOf(QStringLiteral("</thead>")) - html.indexOf(QStringLiteral("<thead>")));
        QVERIFY(head.contains(QStringLiteral("EMULATED")));
        record.appraisal.emulated = false;
        record.expected.root = "amd";
        record.host = "qemu+ssh://host/system";
        record.plan = "{}";
        decide(record.appraisal);
        for (auto &certificate : view.chain) {
            certificate.emulated = false;
            certificate.subject = certificate.issuer = "CN=ARK-Genoa, O=Advanced Micro Devices";
        }
        QString real = QString::fromStdString(recordHtml(record, view));
        real.remove(QRegularExpression(QStringLiteral("<style>.*</style>"), QRegularExpression::DotMatchesEverythingOption));
        QVERIFY(!real.contains(QStringLiteral("emulated"), Qt::CaseInsensitive));
    }

    void nothingGetsThrough()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        poison(record, view);
        const std::string html = recordHtml(record, view);
        QVERIFY(html.find("<script") == std::string::npos);
        QVERIFY(html.find("<img") == std::string::npos);
        QVERIFY(html.find('\x1b') == std::string::npos);
        QVERIFY(html.find("&lt;script&gt;") != std::string::npos);
        for (const Palette palette : {Palette::Light, Palette::Dark})
            for (const auto &svg :
                {chainSvg(view, record.appraisal, palette, 500), layersSvg(layersOf(record, &view), true, palette, 500)}) {
                QXmlStreamReader reader(QByteArray::fromStdString(svg));
                while (!reader.atEnd())
                    reader.readNext();
                QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
                QVERIFY(svg.find("<script") == std::string::npos);
            }
    }

    /// Every tag that is opened is closed, in order; no attribute lacks its quotes.
    void wellFormed()
    {
        Record record = test::sampleRecord();
        EvidenceView view = test::sampleView();
        for (const bool poisoned : {false, true}) {
            if (poisoned)
                poison(record, view);
            QString html = QString::fromStdString(recordHtml(record, view));
            html.remove(QStringLiteral("<!DOCTYPE html>"));
            html.replace(QRegularExpression(QStringLiteral("<(meta|col|br)\\b([^>]*)>")), QStringLiteral("<\\1\\2/>"));
            html.replace(QRegularExpression(QStringLiteral("<style>.*</style>"), QRegularExpression::DotMatchesEverythingOption),
                QStringLiteral("<style/>"));
            QXmlStreamReader reader(html);
            while (!reader.atEnd())
                reader.readNext();
            QVERIFY2(!reader.hasError(),
                qPrintable(reader.errorString() + QStringLiteral(" at ") + html.mid(reader.characterOffset() - 100, 200)));
        }
    }

    void nothingIsLoaded()
    {
        const QString html = QString::fromStdString(recordHtml(test::sampleRecord(), test::sampleView()));
        QVERIFY(html.contains(QStringLiteral("default-src 'none'")));
        QVERIFY(!html.contains(QStringLiteral("src=")));
        QVERIFY(!html.contains(QStringLiteral("@import")));
        QVERIFY(!html.contains(QStringLiteral("url(")));
    }

    void differencesAreMarked()
    {
        Record record = test::sampleRecord();
        auto &finding = record.appraisal.findings[2];
        finding.outcome = Outcome::Fail;
        finding.actual[40] = '2';
        finding.actual[41] = '2';
        const QString html = QString::fromStdString(recordHtml(record, test::sampleView()));
        QVERIFY(html.contains(QStringLiteral("1<mark>22</mark>1")));
    }

    void recomputedVerdictIsShown()
    {
        const Record record = test::sampleRecord();
        Appraisal now = record.appraisal;
        now.verdict = Verdict::Refused;
        const QString html = QString::fromStdString(recordHtml(record, test::sampleView(), &now));
        QVERIFY(html.contains(QStringLiteral("but it was recorded as trusted")));
        const auto json = js::In::parse(recordJson(record, nullptr, &now));
        QCOMPARE(json["verdict"].get<std::string>(), std::string("trusted"));
        QCOMPARE(json["recomputed"]["verdict"].get<std::string>(), std::string("refused"));
    }

    void emptyRecordIsShownToo()
    {
        const QString html = QString::fromStdString(recordHtml(Record{}, EvidenceView{}));
        QVERIFY(html.contains(QStringLiteral("Undecided")));
        QVERIFY(html.contains(QStringLiteral("Nothing was checked")));
    }

    void jsonCanBeReadBack()
    {
        Record record = test::sampleRecord();
        record.id = "r1";
        const EvidenceView view = test::sampleView();
        const auto value = js::parse(recordJson(record, &view), "an export");
        QVERIFY(value);
        QCOMPARE((*value)["schema"].get<std::string>(), std::string("kastellan-record-1"));
        QCOMPARE((*value)["plan"]["name"].get<std::string>(), std::string("hello"));
        QCOMPARE((*value)["view"]["chain"].size(), std::size_t{3});
        const auto again = js::recordFrom(*value, "export");
        QVERIFY2(again.has_value(), again ? "" : again.error().message().c_str());
        QVERIFY(again->evidence.report == record.evidence.report);
        QVERIFY(again->binding->deliverData() == record.binding->deliverData());
    }
};

QTEST_APPLESS_MAIN(TestHtml)
#include "test_reports_html.moc"
