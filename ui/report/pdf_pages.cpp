// SPDX-License-Identifier: Apache-2.0
#include "ui/report/pdf_pages.h"

#include <QFontDatabase>
#include <QTextLayout>

namespace kastellan::ui {

namespace {

constexpr int dots = 1200; ///< per inch: glyphs are placed finely enough to look set
constexpr qreal unit = dots / 72.0;

/// Text set into lines of a width: between words where it can be, within them where it must be. `width` is in dots.
void layOut(QTextLayout &layout, Qt::Alignment alignment, qreal width)
{
    QTextOption option(alignment);
    option.setWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    layout.setTextOption(option);
    qreal y = 0;
    layout.beginLayout();
    for (QTextLine line = layout.createLine(); line.isValid(); line = layout.createLine()) {
        line.setLineWidth(width);
        line.setPosition(QPointF(0, y));
        y += line.height();
    }
    layout.endLayout();
}

QString separated(QString text)
{
    return text.replace(u'\n', QChar::LineSeparator);
}

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
    font.setFeature("liga", 0); // what is copied out of the document is what was written into it
    return font;
}

qreal PdfPages::textHeight(const QString &text, const QFont &font, qreal width) const
{
    if (text.isEmpty())
        return 0;
    QTextLayout layout(separated(text), font, &m_writer);
    layOut(layout, Qt::AlignLeft, width * unit);
    return layout.boundingRect().height() / unit;
}

void PdfPages::drawText(
    QPainter &painter, const QRectF &rect, const QString &text, const QFont &font, const QColor &color, Qt::Alignment alignment)
{
    // The painter is scaled to points for everything else; text is laid out in the device's own dots.
    painter.save();
    painter.scale(1 / unit, 1 / unit);
    painter.setPen(color);
    QTextLayout layout(separated(text), font, painter.device());
    layOut(layout, alignment, rect.width() * unit);
    layout.draw(&painter, rect.topLeft() * unit);
    painter.restore();
}

void PdfPages::newPage()
{
    m_pages.append(QList<Placed>{});
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
    add(
        height,
        [=](QPainter &painter, QPointF at) { drawText(painter, QRectF(at.x() + indent, at.y(), room, height + 2), text, font, color); },
        with);
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
