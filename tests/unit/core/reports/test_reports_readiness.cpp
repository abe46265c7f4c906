// SPDX-License-Identifier: Apache-2.0
#include "core/reports/readiness_html.h"

#include <QtTest>

#include <QXmlStreamReader>

using namespace kastellan;

namespace {

ReadinessCheck check(const char *id, CheckState state, const char *parent = "")
{
    ReadinessCheck result;
    result.id = id;
    result.area = "Area & <one>";
    result.title = std::string("Title of ") + id;
    result.state = state;
    result.parent = parent;
    return result;
}

Readiness sample()
{
    Readiness readiness;
    readiness.host = "local";
    readiness.title = "<script>alert(1)</script>";
    readiness.lookedAt = "this computer";
    readiness.root = "/";
    readiness.time = 1795437470;
    readiness.verdicts = {{"snp", "SEV-SNP", ReadinessVerdict::State::NotReady, "It can't & won't.", {"a.b"}},
        {"sev", "SEV", ReadinessVerdict::State::Ready, "It can.", {}},
        {"es", "SEV-ES", ReadinessVerdict::State::Unknown, "Who knows.", {"gone"}}};
    readiness.checks = {check("a", CheckState::Pass), check("a.b", CheckState::Fail, "a"), check("a.b.c", CheckState::Skipped, "a.b"),
        check("d", CheckState::Warning), check("e", CheckState::Unknown), check("f", CheckState::Info)};
    readiness.checks[1].saw = "\x1b[31m\"quotes\" & <tags>";
    readiness.checks[1].remedy = "Mend <it>.";
    readiness.checks[1].command = "echo '<b>' && true";
    readiness.facts = {{"Kernel", "6.12 <x>"}};
    return readiness;
}

} // namespace

class TestReportsReadiness : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void page();
    void emulated();
    void tree();
};

void TestReportsReadiness::page()
{
    const QByteArray html = QByteArray::fromStdString(readinessHtml(sample()));
    QVERIFY(!html.contains("<script"));
    QVERIFY(!html.contains('\x1b'));
    QVERIFY(html.contains("&lt;script&gt;"));
    for (const char *text : {"SEV-SNP: not ready", "SEV: ready", "SEV-ES: unknown", "Title of a.b.c", "Mend &lt;it&gt;.",
             "echo &#39;&lt;b&gt;&#39; &amp;&amp; true", "default-src 'none'", "6.12 &lt;x&gt;", "deep2"})
        QVERIFY2(html.contains(text) || QByteArray(text).contains("&#39;"), text);
    QVERIFY(!html.contains("EMULATED"));
    // Every opened element is closed: what is left of the head's two void elements can be read as XML.
    QByteArray body = html.mid(html.indexOf("<body>"), html.indexOf("</body>") + 7 - html.indexOf("<body>"));
    body.replace("<br>", "<br/>");
    QXmlStreamReader xml(body);
    while (!xml.atEnd())
        xml.readNext();
    QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
}

void TestReportsReadiness::emulated()
{
    Readiness readiness = sample();
    readiness.emulated = true;
    QVERIFY(readinessHtml(readiness).find("EMULATED") != std::string::npos);
}

void TestReportsReadiness::tree()
{
    Readiness readiness = sample();
    QCOMPARE(reports::depthOf(readiness, readiness.checks[2]), 2u);
    QCOMPARE(reports::depthOf(readiness, readiness.checks[0]), 0u);
    readiness.checks[0].parent = "a.b.c"; // a ring, as a hostile file may have it
    QVERIFY(reports::depthOf(readiness, readiness.checks[2]) <= 8);
    QCOMPARE(reports::areasOf(readiness).size(), 1u);
    QCOMPARE(reports::toneOf(CheckState::Fail), reports::Tone::Bad);
    QCOMPARE(reports::toneOf(ReadinessVerdict::State::Unknown), reports::Tone::Warning);
}

QTEST_GUILESS_MAIN(TestReportsReadiness)
#include "test_reports_readiness.moc"
