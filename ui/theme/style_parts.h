// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QStyleOption>

class QPainter;
class QWidget;

namespace kastellan::ui::parts {

inline constexpr qreal radius = 6;

[[nodiscard]] QColor mix(const QColor &a, const QColor &b, double share);
void roundedBox(QPainter &painter, const QRectF &rect, const QColor &fill, const QColor &line, qreal corner = radius);
/// A ring outside of the control's line: where the keyboard is.
void focusRing(QPainter &painter, const QRectF &rect, const QPalette &palette, qreal corner = radius);
[[nodiscard]] bool isPrimary(const QStyleOptionButton &option, const QWidget *widget);

void button(QPainter &painter, const QStyleOptionButton &option, const QWidget *widget);
void buttonLabel(QPainter &painter, const QStyleOptionButton &option, const QWidget *widget);
void toolButton(QPainter &painter, const QStyleOption &option);
void lineEdit(QPainter &painter, const QStyleOption &option);
void checkMark(QPainter &painter, const QStyleOption &option, bool round);
void comboBox(QPainter &painter, const QStyleOptionComboBox &option);
void chevron(QPainter &painter, const QRectF &rect, const QColor &color, int degrees);
void spinBox(QPainter &painter, const QStyleOptionSpinBox &option, const QRect &up, const QRect &down);
void scrollBar(QPainter &painter, const QStyleOptionSlider &option, const QRect &handle);
void tab(QPainter &painter, const QStyleOptionTab &option);
void header(QPainter &painter, const QStyleOptionHeader &option);
void progress(QPainter &painter, const QStyleOptionProgressBar &option);
void tabLabel(QPainter &painter, const QStyleOptionTab &option);
void toolButtonLabel(QPainter &painter, const QStyleOptionToolButton &option, const QWidget *widget);
/// A row of a list. Views with the property "soft" mark the chosen row by a tint and a bar, and keep their text's colours.
void row(QPainter &painter, const QStyleOptionViewItem &option, const QWidget *widget);
void branch(QPainter &painter, const QStyleOption &option);

} // namespace kastellan::ui::parts
