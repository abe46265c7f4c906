// SPDX-License-Identifier: Apache-2.0
#include "ui/report/readiness_pdf.h"

#include "ui/host/host_signs.h"
#include "ui/report/pdf_blocks.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"

#include <QCoreApplication>

#include <algorithm>
#include <map>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::ReadinessPdf", text);
}

class Report : private PdfBlocks {
public:
    Report(const Readiness &readiness, QPdfWriter &writer)
        : PdfBlocks(writer)
        , m_readiness(readiness)
    {
    }

    void write()
    {
        verdicts();
        toMend();
        m_pages.newPage();
        checks();
        m_pages.draw([this](QPainter &painter, int page, int pages) { frame(painter, page, pages); });
    }

private:
    void verdicts()
    {
        m_pages.space(4);
        m_pages.text(tr("Readiness report"), PdfPages::font(24, true), ink);
        m_pages.text(shownLine(m_readiness.title), PdfPages::font(13), grey);
        m_pages.space(12);
        const Headline headline = headlineOf(m_readiness);
        box(headline.sign.symbol, headline.sign.tone, headline.sign.word, headline.sentence, true);
        if (m_readiness.emulated)
            box(u"emulated"_s, Tone::Emulated, tr("EMULATED"), emulatedMeaning(), false);
        heading(tr("Protections"));
        for (const ReadinessVerdict &verdict : m_readiness.verdicts)
            fact(signOf(verdict).word, shown(verdict.sentence));
        heading(tr("What was looked at"));
        fact(tr("Host"), shownLine(m_readiness.host));
        fact(tr("Looked at"), shownLine(m_readiness.lookedAt));
        fact(tr("When"), whenInFull(m_readiness.time));
        if (!m_readiness.root.empty() && m_readiness.root != "/")
            fact(tr("File tree"), shownLine(m_readiness.root));
        for (const auto &[name, value] : m_readiness.facts)
            fact(shownLine(name), shown(value));
        m_pages.space(8);
        m_pages.text(tr("Readiness helps to choose and mend a host. It is never proof: proof is each keep's attestation."),
            PdfPages::font(8.5), grey);
    }

    void toMend()
    {
        std::vector<const ReadinessCheck *> bad;
        for (const CheckState state : {CheckState::Fail, CheckState::Warning})
            for (const ReadinessCheck &check : m_readiness.checks)
                if (check.state == state)
                    bad.push_back(&check);
        if (bad.empty())
            return;
        heading(tr("What to mend"), 80);
        for (const ReadinessCheck *check : bad)
            fact(signOf(check->state).word,
                check->remedy.empty() ? shownLine(check->title) : u"%1: %2"_s.arg(shownLine(check->title), shown(check->remedy)));
    }

    void checks()
    {
        m_pages.text(tr("Checks"), PdfPages::font(18, true), ink);
        std::map<std::string, int> depths;
        std::string area;
        bool first = true;
        for (const ReadinessCheck &check : m_readiness.checks) {
            const auto above = check.parent.empty() ? depths.end() : depths.find(check.parent);
            const int depth = above == depths.end() ? 0 : std::min(above->second + 1, 6);
            depths.emplace(check.id, depth);
            if (depth == 0 && (first || check.area != area)) {
                area = check.area;
                first = false;
                heading(shownLine(area), 90);
            }
            addCheck(check, depth);
        }
    }

    void addCheck(const ReadinessCheck &check, int depth)
    {
        const Sign sign = signOf(check.state);
        const ToneColors colors = toneColors(sign.tone, false);
        const QFont title = PdfPages::font(10, true), small = PdfPages::font(8.5), code = PdfPages::font(7.5, false, true),
                    label = PdfPages::font(7.5);
        const qreal left = depth * 14, indent = left + 20, width = m_pages.width(), room = width - indent;
        QStringList notes;
        if (check.state == CheckState::Skipped)
            if (const ReadinessCheck *cause = m_readiness.check(check.skippedFor))
                notes += tr("Skipped because of: %1").arg(shownLine(cause->title));
        const auto note = [&notes](const QString &name, const std::string &text) {
            if (!text.empty())
                notes += u"%1: %2"_s.arg(name, shown(text));
        };
        note(tr("Saw"), check.saw);
        note(tr("Looked at"), check.looked);
        if (check.state != CheckState::Skipped)
            note(tr("Means"), check.means);
        if (check.state != CheckState::Pass)
            note(tr("What to do"), check.remedy);
        note(tr("Source"), check.source);
        const QString text = notes.join(u'\n'), name = shownLine(check.title), aside = u"%1 · %2"_s.arg(sign.word, shownLine(check.id)),
                      command = check.state == CheckState::Pass ? QString() : shown(check.command);
        const qreal titleHeight = m_pages.textHeight(name, title, room * 0.6), textHeight = m_pages.textHeight(text, small, room);
        const qreal commandHeight = command.isEmpty() ? 0 : m_pages.textHeight(command, code, room - 12) + 8;
        m_pages.add(titleHeight + 3 + textHeight + commandHeight + 12, [=](QPainter &painter, QPointF at) {
            paintSymbol(painter, sign.symbol, QRectF(at.x() + left, at.y() + 0.5, 13, 13), colors.text);
            PdfPages::drawText(painter, QRectF(at.x() + indent, at.y(), room * 0.6, titleHeight + 2), name, title, ink);
            PdfPages::drawText(
                painter, QRectF(at.x() + indent + room * 0.6, at.y() + 2, room * 0.4, 12), aside, label, colors.text, Qt::AlignRight);
            PdfPages::drawText(painter, QRectF(at.x() + indent, at.y() + titleHeight + 3, room, textHeight + 2), text, small, grey);
            if (command.isEmpty())
                return;
            const QRectF field(at.x() + indent, at.y() + titleHeight + 5 + textHeight, room, commandHeight - 2);
            painter.setPen(QPen(rule, 0.6));
            painter.setBrush(QColor(0xf6, 0xf7, 0xf9));
            painter.drawRoundedRect(field, 3, 3);
            PdfPages::drawText(painter, field.adjusted(6, 3, -6, 0), command, code, ink);
        });
    }

    void frame(QPainter &painter, int page, int pages) const
    {
        const Headline headline = headlineOf(m_readiness);
        drawFrame(painter, page, pages,
            {.top = tr("Kastellan readiness report · %1").arg(shownLine(m_readiness.title).left(60)),
                .mark = m_readiness.emulated ? tr("EMULATED") : headline.sign.word,
                .markTone = m_readiness.emulated ? Tone::Emulated : headline.sign.tone,
                .bottom = m_readiness.emulated ? tr("%1 · Emulated: says nothing about hardware").arg(whenInFull(m_readiness.time))
                                               : whenInFull(m_readiness.time)});
    }

    const Readiness &m_readiness;
};

} // namespace

Result<Bytes> readinessPdf(const Readiness &readiness)
{
    return pdfDocument(tr("Readiness report: %1").arg(shownLine(readiness.title)), "make the PDF report",
        [&](QPdfWriter &writer) { Report(readiness, writer).write(); });
}

} // namespace kastellan::ui
