// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/badge.h"

#include "ui/theme/icons.h"

#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

QFont badgeFont(const QFont &base)
{
    QFont font = base;
    font.setPointSizeF(base.pointSizeF() * 0.88);
    font.setWeight(QFont::DemiBold);
    return font;
}

} // namespace

QSizeF badgeSize(const Sign &sign, const QFont &base)
{
    const QFontMetricsF metrics(badgeFont(base));
    const qreal height = metrics.height() + 6, symbol = sign.symbol.isEmpty() ? 0 : metrics.height() + 3;
    return {metrics.horizontalAdvance(sign.word) + symbol + 16, height};
}

qreal paintBadge(QPainter &painter, const Sign &sign, const QPointF &topLeft, const QFont &base, const QPalette &palette)
{
    const QSizeF size = badgeSize(sign, base);
    const ToneColors colors = toneColors(sign.tone, palette);
    const QFont font = badgeFont(base);
    const qreal line = QFontMetricsF(font).height();
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    const QRectF box(topLeft, size);
    painter.setPen(QPen(colors.line, 1));
    painter.setBrush(colors.fill);
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), size.height() / 2, size.height() / 2);
    qreal x = box.x() + 8;
    if (!sign.symbol.isEmpty()) {
        paintSymbol(painter, sign.symbol, QRectF(x, box.center().y() - line / 2, line, line), colors.text);
        x += line + 3;
    }
    painter.setPen(colors.text);
    painter.setFont(font);
    painter.drawText(
        QRectF(x, box.y(), box.right() - x, box.height()), Qt::AlignVCenter | Qt::AlignLeading | Qt::TextSingleLine, sign.word);
    painter.restore();
    return size.width();
}

Badge::Badge(const Sign &sign, QWidget *parent)
    : QWidget(parent)
{
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setSign(sign);
}

void Badge::setSign(const Sign &sign)
{
    m_sign = sign;
    setAccessibleName(sign.word);
    updateGeometry();
    update();
}

QSize Badge::sizeHint() const
{
    return badgeSize(m_sign, font()).toSize() + QSize(1, 0);
}

void Badge::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    paintBadge(painter, m_sign, {0, 0}, font(), palette());
}

QString emulatedMeaning()
{
    return Badge::tr("Made by our software firmware: it proves the procedure, and nothing about hardware.");
}

Badge *emulatedBadge(QWidget *parent)
{
    auto *badge = new Badge({u"emulated"_s, Badge::tr("EMULATED"), Tone::Emulated}, parent);
    badge->setToolTip(emulatedMeaning());
    badge->setAccessibleDescription(emulatedMeaning());
    return badge;
}

} // namespace kastellan::ui
