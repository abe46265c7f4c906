// SPDX-License-Identifier: Apache-2.0
#include "ui/report/pdf_blocks.h"

#include "ui/theme/icons.h"

#include <QBuffer>
#include <QCoreApplication>
#include <QPageSize>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QString tr(const char *text)
{
    return QCoreApplication::translate("kastellan::ui::PdfReport", text);
}

} // namespace

void PdfBlocks::heading(const QString &text, qreal with)
{
    m_pages.space(10);
    m_pages.text(text, PdfPages::font(14, true), ink, 0, with);
    m_pages.add(
        8,
        [width = m_pages.width()](QPainter &painter, QPointF at) {
            painter.setPen(QPen(rule, 0.8));
            painter.drawLine(QPointF(at.x(), at.y() + 3), QPointF(at.x() + width, at.y() + 3));
        },
        with);
}

void PdfBlocks::fact(const QString &name, const QString &value, bool code)
{
    constexpr qreal names = 126;
    const QFont label = PdfPages::font(9), font = PdfPages::font(code ? 8 : 9, false, code);
    const qreal room = m_pages.width() - names,
                height = std::max({m_pages.textHeight(value, font, room), m_pages.textHeight(name, label, names - 8), 12.0}) + 4;
    m_pages.add(height, [=](QPainter &painter, QPointF at) {
        PdfPages::drawText(painter, QRectF(at.x(), at.y(), names - 8, height), name, label, grey);
        PdfPages::drawText(painter, QRectF(at.x() + names, at.y(), room, height), value, font, ink);
    });
}

void PdfBlocks::box(const QString &symbol, Tone tone, const QString &title, const QString &text, bool large)
{
    const ToneColors colors = toneColors(tone, false);
    const qreal side = large ? 44 : 22, x = side + 28, room = m_pages.width() - x - 14;
    const QFont titleFont = PdfPages::font(large ? 20 : 11, true), textFont = PdfPages::font(large ? 11 : 9.5);
    const qreal titleHeight = m_pages.textHeight(title, titleFont, room),
                height = std::max(side, titleHeight + 4 + m_pages.textHeight(text, textFont, room)) + 26;
    m_pages.add(height, [=, width = m_pages.width()](QPainter &painter, QPointF at) {
        painter.setPen(QPen(colors.line, 1));
        painter.setBrush(colors.fill);
        painter.drawRoundedRect(QRectF(at, QSizeF(width, height)), 6, 6);
        paintSymbol(painter, symbol, QRectF(at.x() + 14, at.y() + (height - side) / 2, side, side), colors.text);
        PdfPages::drawText(painter, QRectF(at.x() + x, at.y() + 13, room, titleHeight + 2), title, titleFont, colors.text);
        PdfPages::drawText(painter, QRectF(at.x() + x, at.y() + 17 + titleHeight, room, height), text, textFont, ink);
    });
    m_pages.space(10);
}

void PdfBlocks::drawFrame(QPainter &painter, int page, int pages, const Frame &frame) const
{
    const qreal width = m_pages.width(), left = PdfPages::margin, y = PdfPages::margin - 8;
    const qreal foot = QPageSize(QPageSize::A4).size(QPageSize::Point).height() - PdfPages::margin + 2;
    const QFont font = PdfPages::font(8);
    PdfPages::drawText(painter, QRectF(left, y, width * 0.7, 12), frame.top, font, grey);
    PdfPages::drawText(painter, QRectF(left + width * 0.5, y, width * 0.5, 12), frame.mark, PdfPages::font(8, true),
        toneColors(frame.markTone, false).text, Qt::AlignRight);
    painter.setPen(QPen(rule, 0.8));
    painter.drawLine(QPointF(left, y + 16), QPointF(left + width, y + 16));
    painter.drawLine(QPointF(left, foot - 14), QPointF(left + width, foot - 14));
    PdfPages::drawText(painter, QRectF(left, foot - 8, width * 0.7, 12), frame.bottom, font, grey);
    PdfPages::drawText(painter, QRectF(left + width * 0.7, foot - 8, width * 0.3, 12), tr("Page %1 of %2").arg(page).arg(pages), font, grey,
        Qt::AlignRight);
}

Result<Bytes> pdfDocument(const QString &title, const char *what, const std::function<void(QPdfWriter &)> &write)
{
    QByteArray content;
    QBuffer buffer(&content);
    if (!buffer.open(QIODevice::WriteOnly))
        return fail(ErrorKind::Internal, what, {}, "no memory for it");
    {
        QPdfWriter writer(&buffer);
        writer.setPdfVersion(QPagedPaintDevice::PdfVersion_A1b);
        writer.setTitle(title);
        writer.setCreator(u"Kastellan"_s);
        write(writer);
    }
    if (!content.startsWith("%PDF-"))
        return fail(ErrorKind::Internal, what, {}, "the PDF writer wrote nothing");
    const auto *begin = reinterpret_cast<const std::uint8_t *>(content.constData());
    return Bytes(begin, begin + content.size());
}

} // namespace kastellan::ui
