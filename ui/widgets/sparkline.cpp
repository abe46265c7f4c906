// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/sparkline.h"

#include "ui/theme/tones.h"

#include <QPainter>
#include <QPainterPath>

#include <algorithm>

namespace kastellan::ui {

namespace {
constexpr int lineHeight = 44, gap = 6;
}

Sparkline::Sparkline(const QString &title, std::function<QString(double)> words, double ceiling, QWidget *parent)
    : QWidget(parent)
    , m_title(title)
    , m_words(std::move(words))
    , m_ceiling(ceiling)
{
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    describe();
}

void Sparkline::add(double value)
{
    m_values.push_back(value);
    if (m_values.size() > most)
        m_values.pop_front();
    describe();
    update();
}

void Sparkline::clear()
{
    m_values.clear();
    describe();
    update();
}

void Sparkline::describe()
{
    setAccessibleName(m_title);
    setAccessibleDescription(m_values.empty()
            ? tr("no value yet")
            : tr("now %1, at most %2").arg(m_words(m_values.back()), m_words(*std::ranges::max_element(m_values))));
    setToolTip(m_values.empty() ? QString() : tr("%1: %2").arg(m_title, accessibleDescription()));
}

QSize Sparkline::sizeHint() const
{
    return {260, fontMetrics().height() + gap + lineHeight};
}

QSize Sparkline::minimumSizeHint() const
{
    return {120, sizeHint().height()};
}

void Sparkline::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const int words = fontMetrics().height();
    const QRect top(0, 0, width(), words);
    const Qt::Alignment leading = layoutDirection() == Qt::RightToLeft ? Qt::AlignRight : Qt::AlignLeft;
    const Qt::Alignment trailing = layoutDirection() == Qt::RightToLeft ? Qt::AlignLeft : Qt::AlignRight;
    painter.setPen(toneColors(Tone::Muted, palette()).text);
    painter.drawText(top, leading | Qt::AlignVCenter, m_title);
    painter.setPen(palette().color(QPalette::Text));
    if (!m_values.empty())
        painter.drawText(top, trailing | Qt::AlignVCenter, m_words(m_values.back()));

    const QRectF area(0.5, words + gap + 0.5, width() - 1, lineHeight - 1);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(palette().color(QPalette::Mid));
    painter.drawLine(area.bottomLeft(), area.bottomRight());
    if (m_values.size() < 2)
        return;
    // The newest value is at the right edge; an older course comes in from there.
    const double ceiling = std::max(m_ceiling, *std::ranges::max_element(m_values)), step = area.width() / double(most - 1);
    QPainterPath line;
    for (std::size_t i = 0; i < m_values.size(); ++i) {
        const QPointF point(area.right() - step * double(m_values.size() - 1 - i),
            area.bottom() - (ceiling > 0 ? m_values[i] / ceiling : 0) * (area.height() - 2));
        if (i == 0)
            line.moveTo(point);
        else
            line.lineTo(point);
    }
    QPainterPath filled = line;
    filled.lineTo(area.right(), area.bottom());
    filled.lineTo(area.right() - step * double(m_values.size() - 1), area.bottom());
    filled.closeSubpath();
    const ToneColors colors = toneColors(Tone::Accent, palette());
    painter.fillPath(filled, colors.fill);
    painter.setPen(QPen(colors.text, 1.5));
    painter.drawPath(line);
}

} // namespace kastellan::ui
