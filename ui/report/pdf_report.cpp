// SPDX-License-Identifier: Apache-2.0
#include "ui/report/pdf_report.h"

#include "core/evidence/expected_digest.h"
#include "core/reports/reports.h"
#include "ui/models/findings_model.h"
#include "ui/report/pdf_blocks.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/banner.h"

#include <QCoreApplication>
#include <QSvgRenderer>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::PdfReport", text);
}

class Report : private PdfBlocks {
public:
    Report(const Record &record, const EvidenceView &view, const std::vector<Layer> &layers, QPdfWriter &writer)
        : PdfBlocks(writer)
        , m_record(record)
        , m_view(view)
        , m_layers(layers)
    {
    }

    void write()
    {
        verdictPage();
        m_pages.newPage();
        findings();
        drawings();
        certificates();
        rawValues();
        m_pages.draw([this](QPainter &painter, int page, int pages) { frame(painter, page, pages); });
    }

private:
    void verdictPage()
    {
        const Appraisal &appraisal = m_record.appraisal;
        m_pages.space(4);
        m_pages.text(tr("Evidence report"), PdfPages::font(24, true), ink);
        m_pages.text(shownLine(m_record.keepName), PdfPages::font(13), grey);
        m_pages.space(12);
        const Sign sign = signOf(appraisal.verdict);
        box(sign.symbol, sign.tone, sign.word, plainSentence(appraisal), true);
        if (appraisal.emulated)
            box(u"emulated"_s, Tone::Emulated, tr("EMULATED"), emulatedMeaning(), false);
        if (!appraisal.overrides.empty()) {
            QStringList names;
            for (const std::string &name : appraisal.overrides)
                names += shownLine(name);
            box(u"warning"_s, Tone::Warning, tr("Protection given up by the owner"), names.join(u", "_s), false);
        }
        heading(tr("What was attested"));
        fact(tr("Keep"), u"%1 (%2)"_s.arg(shownLine(m_record.keepName), shownLine(m_record.keep)));
        fact(tr("Host"), shownLine(m_record.host));
        fact(tr("Technology"), u"%1 %2"_s.arg(shownLine(m_view.technology), shownLine(m_view.product)));
        fact(tr("Attestation"), recordKind(m_record.kind));
        fact(tr("Recorded"), whenInFull(m_record.created));
        fact(tr("Appraised for"), whenInFull(appraisal.at));
        fact(tr("Record"), shownLine(m_record.id), true);
        heading(tr("What was expected"));
        fact(tr("Root"), shownLine(m_record.expected.root), true);
        const std::string digest = expectedDigestHex(m_record.expected);
        fact(tr("Launch digest"), digest.empty() ? tr("none") : QString::fromStdString(digest), !digest.empty());
        QStringList floors;
        for (const auto &[name, floor] : m_record.expected.minimumTcb)
            floors += u"%1 ≥ %2"_s.arg(shownLine(name)).arg(floor);
        fact(tr("Firmware floors"), floors.isEmpty() ? tr("none") : floors.join(u", "_s));
        fact(tr("Strict"), m_record.expected.strict ? tr("yes: advisory findings decide too") : tr("no"));
        heading(tr("Findings in short"));
        const auto number = [&](Outcome outcome) { return std::ranges::count(appraisal.findings, outcome, &Finding::outcome); };
        fact(tr("Number"),
            tr("%1: %2 passed, %3 failed, %4 unknown, %5 for information")
                .arg(appraisal.findings.size())
                .arg(number(Outcome::Pass))
                .arg(number(Outcome::Fail))
                .arg(number(Outcome::Unknown))
                .arg(number(Outcome::Info)));
        int listed = 0;
        for (const Finding &finding : appraisal.findings) {
            if (finding.outcome != Outcome::Fail && !(finding.outcome == Outcome::Unknown && finding.required))
                continue;
            if (++listed > 6)
                break;
            fact(signOf(finding.outcome).word, u"%1 (%2)"_s.arg(checkTitle(finding.id), shownLine(finding.id)));
        }
        m_pages.space(10);
        m_pages.text(tr("Trusted: genuine, unmodified, and exactly what was expected. Authentic: genuine and unmodified, but nothing said "
                        "what should run. Undecided: something that is "
                        "required could not be checked. Refused: something that is required failed."),
            PdfPages::font(8.5), grey);
    }

    void finding(const Finding &found)
    {
        const Sign sign = signOf(found.outcome);
        const ToneColors colors = toneColors(sign.tone, false);
        const QFont title = PdfPages::font(10, true), code = PdfPages::font(7.5, false, true), small = PdfPages::font(8.5),
                    label = PdfPages::font(7.5);
        const qreal width = m_pages.width(), indent = 20, half = (width - indent - 12) / 2;
        const QString expected = found.expected.empty() ? u"–"_s : shown(found.expected),
                      actual = found.actual.empty() ? u"–"_s : shown(found.actual);
        const qreal values = std::max(m_pages.textHeight(expected, code, half), m_pages.textHeight(actual, code, half));
        QStringList notes;
        if (!found.why.empty())
            notes += shown(found.why);
        if (!found.remedy.empty())
            notes += tr("What to do: %1").arg(shown(found.remedy));
        if (!found.source.empty())
            notes += tr("Source: %1").arg(shown(found.source));
        const QString note = notes.join(u'\n');
        const qreal noteHeight = m_pages.textHeight(note, small, width - indent);
        const QString name = checkTitle(found.id),
                      weight = u"%1 · %2 · %3"_s.arg(sign.word, found.required ? tr("required") : tr("advisory"), shownLine(found.id));
        m_pages.add(16 + 12 + values + 5 + noteHeight + 12, [=](QPainter &painter, QPointF at) {
            paintSymbol(painter, sign.symbol, QRectF(at.x(), at.y() + 0.5, 13, 13), colors.text);
            PdfPages::drawText(painter, QRectF(at.x() + indent, at.y(), width * 0.5, 14), name, title, ink);
            PdfPages::drawText(
                painter, QRectF(at.x() + width * 0.4, at.y() + 2, width * 0.6, 12), weight, label, colors.text, Qt::AlignRight);
            qreal y = at.y() + 16;
            PdfPages::drawText(painter, QRectF(at.x() + indent, y, half, 11), tr("Expected"), label, grey);
            PdfPages::drawText(painter, QRectF(at.x() + indent + half + 12, y, half, 11), tr("Actual"), label, grey);
            y += 11;
            PdfPages::drawText(painter, QRectF(at.x() + indent, y, half, values + 2), expected, code, ink);
            PdfPages::drawText(painter, QRectF(at.x() + indent + half + 12, y, half, values + 2), actual, code, ink);
            y += values + 6;
            PdfPages::drawText(painter, QRectF(at.x() + indent, y, width - indent, noteHeight + 2), note, small, grey);
        });
    }

    void findings()
    {
        m_pages.text(tr("Findings"), PdfPages::font(18, true), ink);
        std::vector<std::string> areas;
        for (const Finding &found : m_record.appraisal.findings)
            if (std::ranges::find(areas, found.area) == areas.end())
                areas.push_back(found.area);
        for (const std::string &area : areas) {
            heading(areaTitle(area), 110);
            for (const Finding &found : m_record.appraisal.findings)
                if (found.area == area)
                    finding(found);
        }
    }

    void picture(const QString &title, const std::string &svg)
    {
        auto renderer = std::make_shared<QSvgRenderer>(QByteArray(svg.data(), static_cast<qsizetype>(svg.size())));
        const QSizeF size = renderer->defaultSize();
        if (!renderer->isValid() || size.isEmpty())
            return;
        constexpr qreal highest = 600;
        const qreal scale = std::min({m_pages.width() / size.width(), highest / size.height()});
        const QSizeF shown = size * scale;
        heading(title, shown.height() + 20);
        m_pages.space(6);
        m_pages.add(
            shown.height() + 10, [renderer, shown](QPainter &painter, QPointF at) { renderer->render(&painter, QRectF(at, shown)); });
    }

    void drawings()
    {
        constexpr unsigned width = 720;
        m_pages.newPage();
        picture(tr("Certificate chain"), chainSvg(m_view, m_record.appraisal, Palette::Light, width));
        picture(tr("What must be trusted"), layersSvg(m_layers, m_record.appraisal.emulated, Palette::Light, width));
    }

    void certificates()
    {
        for (const CertificateView &certificate : m_view.chain) {
            heading(tr("Certificate: %1").arg(shownLine(certificate.role).toUpper()), 120);
            fact(tr("Subject"), shown(certificate.subject));
            fact(tr("Issuer"), shown(certificate.issuer));
            fact(tr("Serial"), shown(certificate.serial), true);
            fact(tr("Key"), shown(certificate.key));
            fact(tr("Valid"), tr("%1 to %2").arg(shown(certificate.notBefore), shown(certificate.notAfter)));
            fact(tr("SHA-256"), shown(certificate.sha256), true);
            fact(tr("Signature"), certificate.signatureGood ? tr("good") : tr("not good"));
            for (const auto &[name, value] : certificate.extensions)
                fact(shownLine(name), shown(value), value.size() > 24);
        }
    }

    void rawValues()
    {
        if (m_view.fields.empty())
            return;
        m_pages.newPage();
        m_pages.text(tr("Raw values of the report"), PdfPages::font(18, true), ink);
        m_pages.space(6);
        const QFont head = PdfPages::font(8, true), body = PdfPages::font(8), code = PdfPages::font(7, false, true);
        const qreal width = m_pages.width();
        struct Column {
            qreal x, width;
        };
        const Column offset{0, 44}, name{46, 108}, value{158, 178}, meaning{344, width - 344};
        const auto header = [=](QPainter &painter, QPointF at) {
            for (const auto &[column, text] : {std::pair(offset, tr("Offset")), std::pair(name, tr("Field")), std::pair(value, tr("Value")),
                     std::pair(meaning, tr("Meaning"))})
                PdfPages::drawText(painter, QRectF(at.x() + column.x, at.y(), column.width, 12), text, head, grey);
            painter.setPen(QPen(rule, 0.8));
            painter.drawLine(QPointF(at.x(), at.y() + 13), QPointF(at.x() + width, at.y() + 13));
        };
        m_pages.add(17, header, 40);
        m_pages.setTableHeader(std::pair(17.0, PdfPages::Draw(header)));
        for (const Field &field : m_view.fields) {
            const QString texts[] = {u"0x"_s + QString::number(field.offset, 16).rightJustified(3, u'0'), shownLine(field.name),
                shown(field.value), shown(field.meaning)};
            const qreal height = std::max({m_pages.textHeight(texts[1], body, name.width), m_pages.textHeight(texts[2], code, value.width),
                                     m_pages.textHeight(texts[3], body, meaning.width), 10.0})
                + 6;
            m_pages.add(height, [=, at0 = texts[0], at1 = texts[1], at2 = texts[2], at3 = texts[3]](QPainter &painter, QPointF at) {
                PdfPages::drawText(painter, QRectF(at.x(), at.y(), offset.width, height), at0, code, grey);
                PdfPages::drawText(painter, QRectF(at.x() + name.x, at.y(), name.width, height), at1, body, ink);
                PdfPages::drawText(painter, QRectF(at.x() + value.x, at.y(), value.width, height), at2, code, ink);
                PdfPages::drawText(painter, QRectF(at.x() + meaning.x, at.y(), meaning.width, height), at3, body, grey);
                painter.setPen(QPen(rule, 0.4));
                painter.drawLine(QPointF(at.x(), at.y() + height - 3), QPointF(at.x() + width, at.y() + height - 3));
            });
        }
        m_pages.setTableHeader({});
    }

    void frame(QPainter &painter, int page, int pages) const
    {
        const bool emulated = m_record.appraisal.emulated;
        const Sign verdict = signOf(m_record.appraisal.verdict);
        drawFrame(painter, page, pages,
            {.top = tr("Kastellan evidence report · %1").arg(shownLine(m_record.keepName).left(70)),
                .mark = emulated ? tr("EMULATED · %1").arg(verdict.word) : verdict.word,
                .markTone = emulated ? Tone::Emulated : verdict.tone,
                .bottom = emulated ? tr("Record %1 · Emulated: proves the procedure, nothing about hardware").arg(shownLine(m_record.id))
                                   : tr("Record %1").arg(shownLine(m_record.id))});
    }

    const Record &m_record;
    const EvidenceView &m_view;
    const std::vector<Layer> &m_layers;
};

} // namespace

Result<Bytes> recordPdf(const Record &record, const EvidenceView &view, const std::vector<Layer> &layers)
{
    return pdfDocument(tr("Evidence report: %1").arg(shownLine(record.keepName)), "make the PDF report",
        [&](QPdfWriter &writer) { Report(record, view, layers, writer).write(); });
}

} // namespace kastellan::ui
