// SPDX-License-Identifier: Apache-2.0
// The PDF report, read back by poppler's programs where they are installed.
#include "core/trust/layers.h"
#include "tests/gui/support/gui_test.h"
#include "tests/gui/support/samples.h"
#include "ui/report/pdf_report.h"

#include <QProcess>
#include <QRegularExpression>
#include <QStandardPaths>
#include <QTemporaryDir>

using namespace kastellan;
using namespace kastellan::test;
using namespace Qt::StringLiterals;

class TestGuiReport : public QObject {
    Q_OBJECT

    QTemporaryDir m_folder;

    Record record(Verdict verdict)
    {
        Record made = sampleRecord(sampleKeep("payroll", 1, KeepState::Running), "deliver", verdict);
        made.id = "r0123456789abcdef";
        return made;
    }
    QString write(const Record &made, const char *name)
    {
        const EvidenceView view = sampleView();
        const auto pdf = ui::recordPdf(made, view, layersOf(made, &view));
        if (!pdf)
            return {};
        const QString path = m_folder.filePath(QString::fromLatin1(name));
        QFile file(path);
        if (!file.open(QIODevice::WriteOnly))
            return {};
        file.write(reinterpret_cast<const char *>(pdf->data()), static_cast<qsizetype>(pdf->size()));
        return path;
    }
    QString run(const QString &program, const QStringList &arguments)
    {
        QProcess process;
        process.start(program, arguments);
        process.waitForFinished();
        return QString::fromUtf8(process.readAllStandardOutput());
    }

private Q_SLOTS:
    void isPdfForArchives()
    {
        QFile file(write(record(Verdict::Trusted), "a.pdf"));
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QByteArray content = file.readAll();
        QVERIFY(content.startsWith("%PDF-1.4"));
        QVERIFY(content.contains("pdfaid:part=\"1\" pdfaid:conformance=\"B\""));
        QVERIFY(content.contains("/FontFile2")); // fonts are inside
        // Nothing see-through, as PDF/A-1 wants (ISO 19005-1, 6.4).
        const QString text = QString::fromLatin1(content);
        QVERIFY(!text.contains(QRegularExpression(u"/SMask\\s+(?!/None)"_s)));
        QVERIFY(!text.contains(QRegularExpression(u"/(ca|CA)\\s+0"_s)));
    }

    void everyPageSaysWhatItIs()
    {
        if (QStandardPaths::findExecutable(u"pdftotext"_s).isEmpty())
            QSKIP("pdftotext is not installed");
        const QString path = write(record(Verdict::Trusted), "b.pdf");
        const QStringList pages = run(u"pdftotext"_s, {u"-layout"_s, path, u"-"_s}).split(u'\f', Qt::SkipEmptyParts);
        QVERIFY2(pages.size() >= 4, qPrintable(QString::number(pages.size())));
        for (qsizetype i = 0; i < pages.size(); ++i) {
            QVERIFY2(pages[i].contains(u"Page %1 of %2"_s.arg(i + 1).arg(pages.size())), qPrintable(pages[i]));
            QVERIFY2(pages[i].contains(u"EMULATED"_s), qPrintable(pages[i]));
            QVERIFY2(pages[i].contains(u"nothing about hardware"_s), qPrintable(pages[i]));
        }
        QVERIFY(pages.first().contains(u"Trusted"_s));
        const QString all = pages.join(u'\n');
        for (const Finding &finding : sampleAppraisal(Verdict::Trusted).findings)
            QVERIFY2(all.contains(QString::fromStdString(finding.id)), finding.id.c_str());
        for (const Field &field : sampleView().fields)
            QVERIFY2(all.contains(QString::fromStdString(field.name)), field.name.c_str());
    }

    void aRefusedOneNamesWhatFailed()
    {
        if (QStandardPaths::findExecutable(u"pdftotext"_s).isEmpty())
            QSKIP("pdftotext is not installed");
        const QString first = run(u"pdftotext"_s, {u"-layout"_s, u"-l"_s, u"1"_s, write(record(Verdict::Refused), "c.pdf"), u"-"_s});
        QVERIFY(first.contains(u"Refused"_s));
        QVERIFY(first.contains(u"launch.digest"_s));
    }

    void survivesWhatIsStrange()
    {
        Record odd = record(Verdict::Refused);
        odd.keepName = std::string(5000, 'x') + "\x1b[31m<b>";
        odd.appraisal.findings.front().actual = std::string(40'000, 'f');
        odd.appraisal.findings.front().why.clear();
        QVERIFY(!write(odd, "d.pdf").isEmpty());
        Record empty;
        const auto pdf = ui::recordPdf(empty, {}, {});
        QVERIFY(pdf.has_value());
    }
};

KASTELLAN_GUI_TEST(TestGuiReport)
#include "test_gui_report.moc"
