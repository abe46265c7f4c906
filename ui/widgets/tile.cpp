// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/tile.h"

#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"

#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

Tile::Tile(const QString &symbol, const QString &title, QWidget *parent)
    : QWidget(parent)
    , m_symbol(symbol)
    , m_title(title)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setValue(u"0"_s);
}

void Tile::setValue(const QString &value, Tone tone)
{
    m_value = value;
    m_tone = tone;
    setAccessibleName(m_title + u": "_s + value);
    update();
}

QSize Tile::sizeHint() const
{
    return {180, 76};
}

void Tile::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const ToneColors colors = toneColors(m_tone, palette());
    const bool plain = m_tone == Tone::Plain || m_tone == Tone::Muted;
    parts::roundedBox(
        painter, rect(), plain ? palette().color(QPalette::Base) : colors.fill, plain ? palette().color(QPalette::Mid) : colors.line, 8);
    const QColor muted = toneColors(Tone::Muted, palette()).text;
    const auto place = [&](QRect area) {
        return layoutDirection() == Qt::RightToLeft ? QRect(width() - area.right() - 1, area.y(), area.width(), area.height()) : area;
    };
    paintSymbol(painter, m_symbol, place(QRect(width() - 40, 14, 24, 24)), plain ? muted : colors.text);
    QFont large = font();
    large.setPointSizeF(large.pointSizeF() * 1.7);
    large.setWeight(QFont::DemiBold);
    painter.setFont(large);
    painter.setPen(plain ? palette().color(QPalette::WindowText) : colors.text);
    painter.drawText(place(QRect(16, 10, width() - 64, 32)), Qt::AlignLeading | Qt::AlignVCenter, m_value);
    painter.setFont(font());
    painter.setPen(plain ? muted : colors.text);
    painter.drawText(place(QRect(16, 44, width() - 32, 22)), Qt::AlignLeading | Qt::AlignVCenter,
        fontMetrics().elidedText(m_title, Qt::ElideRight, width() - 32));
}

} // namespace kastellan::ui
