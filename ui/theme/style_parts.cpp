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

void chevron(QPainter &painter, const QRectF &rect, const QColor &color, int degrees)
{
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(color, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.translate(rect.center());
    painter.rotate(degrees);
    painter.drawPolyline(QPolygonF({{-3.5, -1.75}, {0, 1.75}, {3.5, -1.75}}));
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

void buttonLabel(QPainter &painter, const QStyleOptionButton &option, const QWidget *widget)
{
    const bool enabled = option.state & QStyle::State_Enabled, primary = isPrimary(option, widget);
    const QPalette &palette = option.palette;
    const QColor ink =
        palette.color(enabled ? QPalette::Active : QPalette::Disabled, primary ? QPalette::HighlightedText : QPalette::ButtonText);
    const bool menu = option.features & QStyleOptionButton::HasMenu;
    const QSize icon = option.icon.isNull() ? QSize(0, 0) : option.iconSize;
    const int gap = icon.width() && !option.text.isEmpty() ? 8 : 0, arrow = menu ? 20 : 0;
    const int text = option.fontMetrics.size(Qt::TextShowMnemonic, option.text).width(), whole = icon.width() + gap + text + arrow;
    const QRect room = QStyle::alignedRect(option.direction, Qt::AlignCenter, QSize(whole, option.rect.height()), option.rect);
    if (icon.width())
        option.icon.paint(&painter, QStyle::alignedRect(option.direction, Qt::AlignLeading | Qt::AlignVCenter, icon, room), Qt::AlignCenter,
            !enabled      ? QIcon::Disabled
                : primary ? QIcon::Selected
                          : QIcon::Normal);
    const bool mirrored = option.direction == Qt::RightToLeft;
    const int from = icon.width() + gap;
    painter.setPen(ink);
    painter.drawText(mirrored ? room.adjusted(arrow, 0, -from, 0) : room.adjusted(from, 0, -arrow, 0),
        static_cast<int>(Qt::AlignVCenter | Qt::AlignLeading) | Qt::TextShowMnemonic, option.text);
    if (menu)
        chevron(painter,
            mirrored ? QRectF(room.left() - 2, room.top(), 14, room.height()) : QRectF(room.right() - 12, room.top(), 14, room.height()),
            ink, 0);
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

void spinBox(QPainter &painter, const QStyleOptionSpinBox &option, const QRect &up, const QRect &down)
{
    const QPalette &palette = option.palette;
    lineEdit(painter, option);
    const auto ink = [&](QAbstractSpinBox::StepEnabledFlag step) {
        const bool can = option.state & QStyle::State_Enabled && option.stepEnabled & step;
        return palette.color(can ? QPalette::Active : QPalette::Disabled, QPalette::Text);
    };
    chevron(painter, up.translated(0, 2), ink(QAbstractSpinBox::StepUpEnabled), 180);
    chevron(painter, down.translated(0, -2), ink(QAbstractSpinBox::StepDownEnabled), 0);
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
        roundedBox(
            painter, rect.adjusted(2, 3, -2, -5), mix(palette.color(QPalette::Window), palette.color(QPalette::WindowText), 0.06), {});
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

void tabLabel(QPainter &painter, const QStyleOptionTab &option)
{
    const QPalette &palette = option.palette;
    const bool selected = option.state & QStyle::State_Selected, enabled = option.state & QStyle::State_Enabled;
    const QColor ink = !enabled ? palette.color(QPalette::Disabled, QPalette::WindowText)
        : selected              ? palette.color(QPalette::WindowText)
                                : toneColors(Tone::Muted, palette).text;
    const QSize icon = option.icon.isNull() ? QSize(0, 0) : option.iconSize;
    constexpr int gap = 8;
    const int text = option.fontMetrics.size(Qt::TextShowMnemonic, option.text).width();
    const int whole = icon.width() + (icon.width() ? gap : 0) + text;
    QRect room(option.rect.x() + (option.rect.width() - whole) / 2, option.rect.y(), whole, option.rect.height() - 2);
    if (icon.width()) {
        const QRect place = QStyle::alignedRect(option.direction, Qt::AlignLeading | Qt::AlignVCenter, icon, room);
        option.icon.paint(&painter, place, Qt::AlignCenter, enabled ? QIcon::Normal : QIcon::Disabled);
    }
    painter.setPen(ink);
    painter.drawText(room, static_cast<int>(Qt::AlignVCenter | Qt::AlignTrailing) | Qt::TextShowMnemonic, option.text);
    if (option.state & QStyle::State_HasFocus && option.state & QStyle::State_KeyboardFocusChange)
        focusRing(painter, QRectF(option.rect).adjusted(2, 3, -2, -5), palette);
}

void toolButtonLabel(QPainter &painter, const QStyleOptionToolButton &option, const QWidget *widget)
{
    const bool enabled = option.state & QStyle::State_Enabled;
    constexpr int pad = 9, gap = 7;
    const QRect room = option.rect.adjusted(pad, 0, -pad, 0);
    const QRect place = QStyle::alignedRect(option.direction, Qt::AlignLeading | Qt::AlignVCenter, option.iconSize, room);
    option.icon.paint(&painter, place, Qt::AlignCenter, enabled ? QIcon::Normal : QIcon::Disabled);
    QRect text = room;
    if (option.direction == Qt::RightToLeft)
        text.setRight(place.left() - gap);
    else
        text.setLeft(place.right() + gap);
    painter.setFont(option.font);
    painter.setPen(
        option.palette.color(enabled ? QPalette::Active : QPalette::Disabled, widget ? widget->foregroundRole() : QPalette::ButtonText));
    painter.drawText(text, static_cast<int>(Qt::AlignVCenter | Qt::AlignLeading) | Qt::TextHideMnemonic, option.text);
}

void row(QPainter &painter, const QStyleOptionViewItem &option, const QWidget *widget)
{
    if (widget && widget->property("ownRows").toBool()) // its delegate draws them
        return;
    const QPalette &palette = option.palette;
    const auto group = option.state & QStyle::State_Active ? QPalette::Active : QPalette::Inactive;
    const bool soft = widget && widget->property("soft").toBool();
    if (option.state & QStyle::State_Selected && soft) {
        const ToneColors accent = toneColors(Tone::Accent, palette);
        painter.fillRect(option.rect, accent.fill);
        const bool begins =
            option.viewItemPosition == QStyleOptionViewItem::Beginning || option.viewItemPosition == QStyleOptionViewItem::OnlyOne;
        if (begins && widget->hasFocus()) {
            const bool mirrored = option.direction == Qt::RightToLeft;
            painter.fillRect(
                QRect(mirrored ? option.rect.right() - 2 : option.rect.left(), option.rect.top(), 3, option.rect.height()), accent.text);
        }
    } else if (option.state & QStyle::State_Selected) {
        painter.fillRect(option.rect, palette.color(group, QPalette::Highlight));
    } else if (option.state & QStyle::State_MouseOver && option.state & QStyle::State_Enabled) {
        painter.fillRect(option.rect, mix(palette.color(QPalette::Base), palette.color(QPalette::Text), 0.05));
    } else if (option.backgroundBrush.style() != Qt::NoBrush) {
        painter.fillRect(option.rect, option.backgroundBrush);
    }
}

void branch(QPainter &painter, const QStyleOption &option)
{
    if (!(option.state & QStyle::State_Children))
        return;
    const bool open = option.state & QStyle::State_Open;
    const QColor ink = option.palette.color(QPalette::Text);
    chevron(painter, option.rect, ink, open ? 0 : option.direction == Qt::RightToLeft ? 90 : -90);
}

} // namespace kastellan::ui::parts
