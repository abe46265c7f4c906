// SPDX-License-Identifier: Apache-2.0
#include "ui/report/pdf_pages.h"

#include <QFontDatabase>
#include <QFontMetricsF>

namespace kastellan::ui {

namespace {

constexpr int dots = 1200; ///< per inch: glyphs are placed finely enough to look set
constexpr qreal unit = dots / 72.0;
constexpr int wrapped = Qt::TextWordWrap | Qt::TextWrapAnywhere;

} // namespace

PdfPages::PdfPages(QPdfWriter &writer)
    : m_writer(writer)
{
    writer.setResolution(dots);
    writer.setPageSize(QPageSize(QPageSize::A4));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    const QSizeF page = QPageSize(QPageSize::A4).size(QPageSize::Point);
    m_width = page.width() - 2 * margin;
    m_height = page.height() - 2 * margin - top - bottom;
}

QFont PdfPages::font(qreal points, bool strong, bool code)
{
    QFont font = code ? QFontDatabase::systemFont(QFontDatabase::FixedFont) : QFont();
    font.setPixelSize(static_cast<int>(points * unit));
    font.setWeight(strong ? QFont::DemiBold : QFont::Normal);
    font.setHintingPreference(QFont::PreferNoHinting);
    return font;
}

qreal PdfPages::textHeight(const QString &text, const QFont &font, qreal width) const
{
    if (text.isEmpty())
        return 0;
    return QFontMetricsF(font, &m_writer).boundingRect(QRectF(0, 0, width * unit, 1e7), wrapped, text).height() / unit;
}

void PdfPages::drawText(QPainter &painter, const QRectF &rect, const QString &text, const QFont &font, const QColor &color, int flags)
{
    // The painter is scaled to points for everything else; text is laid out in the device's own dots.
    painter.save();
    painter.scale(1 / unit, 1 / unit);
    painter.setFont(font);
    painter.setPen(color);
    painter.drawText(QRectF(rect.topLeft() * unit, rect.size() * unit), flags | wrapped, text);
    painter.restore();
}

void PdfPages::newPage()
{
    m_pages.append(QList<Placed> {});
    m_y = 0;
    if (m_tableHeader) {
        m_pages.last().append({0, m_tableHeader->second});
        m_y = m_tableHeader->first;
    }
}

void PdfPages::add(qreal height, Draw draw, qreal with)
{
    if (m_y + height + with > m_height && m_y > 0)
        newPage();
    m_pages.last().append({m_y, std::move(draw)});
    m_y += height;
}

void PdfPages::text(const QString &text, const QFont &font, const QColor &color, qreal indent, qreal with)
{
    if (text.isEmpty())
        return;
    const qreal room = m_width - indent, height = textHeight(text, font, room);
    add(height, [=](QPainter &painter, QPointF at) { drawText(painter, QRectF(at.x() + indent, at.y(), room, height + 2), text, font, color); }, with);
}

void PdfPages::draw(const std::function<void(QPainter &, int, int)> &frame) const
{
    QPainter painter(&m_writer);
    painter.scale(unit, unit);
    const int pages = static_cast<int>(m_pages.size());
    for (int number = 0; number < pages; ++number) {
        if (number > 0)
            m_writer.newPage();
        frame(painter, number + 1, pages);
        for (const Placed &placed : m_pages[number]) {
            painter.save();
            placed.draw(painter, QPointF(margin, margin + top + placed.y));
            painter.restore();
        }
    }
}

} // namespace kastellan::ui
