// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/style_parts.h"

#include "ui/theme/tones.h"

#include <QPainter>
#include <QPainterPath>
#include <QWidget>

namespace kastellan::ui::parts {

QColor mix(const QColor &a, const QColor &b, double share)
{
    const auto part = [&](float x, float y) { return static_cast<float>(x + (y - x) * share); };
    return QColor::fromRgbF(part(a.redF(), b.redF()), part(a.greenF(), b.greenF()), part(a.blueF(), b.blueF()));
}

void roundedBox(QPainter &painter, const QRectF &rect, const QColor &fill, const QColor &line, qreal corner)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(line.isValid() ? QPen(line, 1) : QPen(Qt::NoPen));
    painter.setBrush(fill.isValid() ? QBrush(fill) : QBrush(Qt::NoBrush));
    const QRectF box = line.isValid() ? rect.adjusted(0.5, 0.5, -0.5, -0.5) : rect;
    painter.drawRoundedRect(box, corner, corner);
    painter.restore();
}

void focusRing(QPainter &painter, const QRectF &rect, const QPalette &palette, qreal corner)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(toneColors(Tone::Accent, palette).text, 2));
    painter.setBrush(Qt::NoBrush);
    painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), corner, corner);
    painter.restore();
}

bool isPrimary(const QStyleOptionButton &option, const QWidget *widget)
{
    return widget && widget->property("primary").toBool() && (option.state & QStyle::State_Enabled);
}

void button(QPainter &painter, const QStyleOptionButton &option, const QWidget *widget)
{
    const QPalette &palette = option.palette;
    const bool primary = isPrimary(option, widget), enabled = option.state & QStyle::State_Enabled;
    const bool hover = enabled && (option.state & QStyle::State_MouseOver), down = option.state & (QStyle::State_Sunken | QStyle::State_On);
    QColor fill = primary ? palette.color(QPalette::Highlight) : palette.color(QPalette::Button);
    const QColor text = palette.color(QPalette::WindowText);
    if (down)
        fill = mix(fill, primary ? QColor(Qt::black) : text, primary ? 0.18 : 0.14);
    else if (hover)
        fill = mix(fill, primary ? QColor(Qt::black) : text, primary ? 0.08 : 0.05);
    if (option.features & QStyleOptionButton::Flat && !hover && !down)
        fill = Qt::transparent;
    const QColor line = primary || (option.features & QStyleOptionButton::Flat) ? QColor() : palette.color(QPalette::Mid);
    const QRectF rect = QRectF(option.rect).adjusted(1, 1, -1, -1);
    roundedBox(painter, rect, fill, line);
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange)
        focusRing(painter, option.rect, palette, radius + 1);
}

void toolButton(QPainter &painter, const QStyleOption &option)
{
    const QPalette &palette = option.palette;
    const bool enabled = option.state & QStyle::State_Enabled;
    const QColor text = palette.color(QPalette::WindowText), window = palette.color(QPalette::Window);
    if (option.state & (QStyle::State_Sunken | QStyle::State_On))
        roundedBox(painter, QRectF(option.rect).adjusted(1, 1, -1, -1), mix(window, text, 0.12), {});
    else if (enabled && option.state & QStyle::State_MouseOver)
        roundedBox(painter, QRectF(option.rect).adjusted(1, 1, -1, -1), mix(window, text, 0.07), {});
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange)
        focusRing(painter, option.rect, palette);
}

void lineEdit(QPainter &painter, const QStyleOption &option)
{
    const QPalette &palette = option.palette;
    const bool focus = option.state & QStyle::State_HasFocus;
    roundedBox(painter, QRectF(option.rect).adjusted(1, 1, -1, -1), palette.color(QPalette::Base),
        focus ? QColor() : palette.color(QPalette::Dark));
    if (focus)
        focusRing(painter, option.rect, palette);
}

void checkMark(QPainter &painter, const QStyleOption &option, bool round)
{
    const QPalette &palette = option.palette;
    const bool enabled = option.state & QStyle::State_Enabled, on = option.state & QStyle::State_On,
               partly = option.state & QStyle::State_NoChange;
    const qreal side = std::min(option.rect.width(), option.rect.height()) - 2;
    const QRectF box(option.rect.x() + 1, option.rect.y() + (option.rect.height() - side) / 2, side, side);
    const QColor accent = enabled ? palette.color(QPalette::Highlight) : palette.color(QPalette::Dark);
    QColor fill = on || partly ? accent : palette.color(QPalette::Base);
    if (enabled && !on && option.state & QStyle::State_MouseOver)
        fill = mix(fill, palette.color(QPalette::Text), 0.06);
    roundedBox(painter, box, fill, on || partly ? QColor() : palette.color(QPalette::Dark), round ? side / 2 : 4);
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.translate(box.topLeft());
    painter.scale(side / 16, side / 16);
    if (on && round) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(palette.color(QPalette::HighlightedText));
        painter.drawEllipse(QPointF(8, 8), 3.2, 3.2);
    } else if (on) {
        painter.setPen(QPen(palette.color(QPalette::HighlightedText), 2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
        painter.drawPolyline(QPolygonF({{4, 8.4}, {7, 11.2}, {12, 5.2}}));
    } else if (partly) {
        painter.setPen(QPen(palette.color(QPalette::HighlightedText), 2, Qt::SolidLine, Qt::RoundCap));
        painter.drawLine(QPointF(4.5, 8), QPointF(11.5, 8));
    }
    painter.restore();
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange)
        focusRing(painter, box.adjusted(-1, -1, 1, 1), palette, round ? side / 2 : 4);
}

static void chevron(QPainter &painter, const QRectF &rect, const QColor &color, int degrees)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.translate(rect.center());
    painter.rotate(degrees);
    painter.drawPolyline(QPolygonF({{-3.5, -1.75}, {0, 1.75}, {3.5, -1.75}}));
    painter.restore();
}

void comboBox(QPainter &painter, const QStyleOptionComboBox &option)
{
    const QPalette &palette = option.palette;
    const bool enabled = option.state & QStyle::State_Enabled;
    QColor fill = palette.color(option.editable ? QPalette::Base : QPalette::Button);
    if (enabled && !option.editable && option.state & QStyle::State_MouseOver)
        fill = mix(fill, palette.color(QPalette::WindowText), 0.05);
    roundedBox(painter, QRectF(option.rect).adjusted(1, 1, -1, -1), fill, palette.color(QPalette::Mid));
    if (option.state & QStyle::State_HasFocus)
        focusRing(painter, option.rect, palette);
    chevron(painter, QRectF(option.rect.right() - 24, option.rect.y(), 20, option.rect.height()),
        palette.color(enabled ? QPalette::Active : QPalette::Disabled, QPalette::ButtonText), 0);
}

void scrollBar(QPainter &painter, const QStyleOptionSlider &option, const QRect &handle)
{
    const QPalette &palette = option.palette;
    const bool upright = option.orientation == Qt::Vertical;
    const bool busy = option.state & (QStyle::State_MouseOver | QStyle::State_Sunken);
    if (option.maximum <= option.minimum)
        return;
    QRectF bar = handle;
    bar = upright ? bar.adjusted(3, 2, -3, -2) : bar.adjusted(2, 3, -2, -3);
    const QColor ink = mix(palette.color(QPalette::Window), palette.color(QPalette::WindowText), busy ? 0.5 : 0.32);
    roundedBox(painter, bar, ink, {}, std::min(bar.width(), bar.height()) / 2);
}

void tab(QPainter &painter, const QStyleOptionTab &option)
{
    const QPalette &palette = option.palette;
    const bool selected = option.state & QStyle::State_Selected;
    const QRectF rect = option.rect;
    if (!selected && option.state & QStyle::State_MouseOver && option.state & QStyle::State_Enabled)
        roundedBox(painter, rect.adjusted(2, 3, -2, -5), mix(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.06), {});
    if (selected) {
        painter.save();
        painter.setRenderHint(QPainter::Antialiasing);
        painter.setPen(Qt::NoPen);
        painter.setBrush(toneColors(Tone::Accent, palette).text);
        painter.drawRoundedRect(QRectF(rect.left() + 8, rect.bottom() - 2, rect.width() - 16, 3), 1.5, 1.5);
        painter.restore();
    }
}

void header(QPainter &painter, const QStyleOptionHeader &option)
{
    const QPalette &palette = option.palette;
    painter.save();
    painter.fillRect(option.rect, palette.color(QPalette::Base));
    painter.setPen(palette.color(QPalette::Mid));
    painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight());
    painter.restore();
}

void progress(QPainter &painter, const QStyleOptionProgressBar &option)
{
    const QPalette &palette = option.palette;
    const qreal height = std::min<qreal>(option.rect.height(), 8);
    const QRectF groove(option.rect.x(), option.rect.center().y() - height / 2 + 0.5, option.rect.width(), height);
    roundedBox(painter, groove, mix(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.14), {}, height / 2);
    const QColor accent = palette.color(QPalette::Highlight);
    if (option.minimum == option.maximum) { // busy: as much is known as that
        roundedBox(painter, QRectF(groove.x() + groove.width() * 0.3, groove.y(), groove.width() * 0.4, height), accent, {}, height / 2);
        return;
    }
    const double share = static_cast<double>(option.progress - option.minimum) / (option.maximum - option.minimum);
    if (share > 0)
        roundedBox(painter, QRectF(groove.x(), groove.y(), std::max(height, groove.width() * std::min(share, 1.0)), height), accent, {},
            height / 2);
}

void row(QPainter &painter, const QStyleOptionViewItem &option)
{
    const QPalette &palette = option.palette;
    const auto group = option.state & QStyle::State_Active ? QPalette::Active : QPalette::Inactive;
    if (option.state & QStyle::State_Selected)
        painter.fillRect(option.rect, palette.color(group, QPalette::Highlight));
    else if (option.state & QStyle::State_MouseOver && option.state & QStyle::State_Enabled)
        painter.fillRect(option.rect, mix(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.05));
    else if (option.backgroundBrush.style() != Qt::NoBrush)
        painter.fillRect(option.rect, option.backgroundBrush);
}

void branch(QPainter &painter, const QStyleOption &option)
{
    if (!(option.state & QStyle::State_Children))
        return;
    const bool open = option.state & QStyle::State_Open;
    const QColor ink = option.palette.color(option.state & QStyle::State_Selected ? QPalette::HighlightedText : QPalette::Text);
    chevron(painter, option.rect, ink, open ? 0 : option.direction == Qt::RightToLeft ? 90 : -90);
}

} // namespace kastellan::ui::parts
