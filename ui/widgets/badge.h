// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/text.h"

#include <QWidget>

namespace kastellan::ui {

/// A small pill: a symbol and a word in a tone.
class Badge : public QWidget {
    Q_OBJECT

public:
    explicit Badge(const Sign &sign = {}, QWidget *parent = nullptr);
    void setSign(const Sign &sign);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override { return sizeHint(); }

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    Sign m_sign;
};

/// The badge that everything of a software firmware carries, with the explanation as its tool tip.
[[nodiscard]] Badge *emulatedBadge(QWidget *parent = nullptr);
/// What EMULATED means, in a sentence.
[[nodiscard]] QString emulatedMeaning();

/// Paints a badge into a cell or picture; yields its width.
qreal paintBadge(QPainter &painter, const Sign &sign, const QPointF &topLeft, const QFont &font, const QPalette &palette);
[[nodiscard]] QSizeF badgeSize(const Sign &sign, const QFont &font);

} // namespace kastellan::ui
