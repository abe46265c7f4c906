// SPDX-License-Identifier: Apache-2.0
#include "ui/models/delegates.h"

#include "ui/models/keeps_model.h"
#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"
#include "ui/widgets/badge.h"

#include <QApplication>
#include <QPainter>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr int symbolSide = 16, pad = 8;

struct Pen {
    QPainter &painter;
    QRect room;
    bool mirrored;

    QRect takeLeading(int width)
    {
        const QRect part(mirrored ? room.right() - width + 1 : room.left(), room.top(), width, room.height());
        room.adjust(mirrored ? 0 : width, 0, mirrored ? -width : 0, 0);
        return part;
    }
    QRect takeTrailing(int width)
    {
        const QRect part(mirrored ? room.left() : room.right() - width + 1, room.top(), width, room.height());
        room.adjust(mirrored ? width : 0, 0, mirrored ? 0 : -width, 0);
        return part;
    }
    void symbol(const QString &name, const QColor &color)
    {
        const QRect part = takeLeading(symbolSide + pad);
        paintSymbol(painter, name,
            QRectF(mirrored ? part.right() - symbolSide : part.left(), part.center().y() - symbolSide / 2.0 + 0.5, symbolSide, symbolSide),
            color);
    }
};

void row(QPainter *painter, const QStyleOptionViewItem &option)
{
    const QStyle *style = option.widget ? option.widget->style() : QApplication::style();
    style->drawPrimitive(QStyle::PE_PanelItemViewItem, &option, painter, option.widget);
}

/// A place in the side bar: rounded, in the tint of what is chosen.
void place(QPainter &painter, const QStyleOptionViewItem &option)
{
    const QRectF box = QRectF(option.rect).adjusted(0, 1, 0, -1);
    if (option.state & QStyle::State_Selected) {
        parts::roundedBox(painter, box, toneColors(Tone::Accent, option.palette).fill, {});
        if (option.widget && option.widget->hasFocus() && option.state & QStyle::State_KeyboardFocusChange)
            parts::focusRing(painter, box, option.palette);
    } else if (option.state & QStyle::State_MouseOver) {
        parts::roundedBox(painter, box, parts::mix(option.palette.color(QPalette::Base), option.palette.color(QPalette::Text), 0.06), {});
    }
}

QColor ink(const QStyleOptionViewItem &option, Tone tone)
{
    return tone == Tone::Plain ? option.palette.color(QPalette::Text) : toneColors(tone, option.palette).text;
}

} // namespace

void KeepsDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem view = option;
    initStyleOption(&view, index);
    place(*painter, view);
    const bool isHost = index.data(KeepsModel::IsHostRole).toBool();
    const auto tone = static_cast<Tone>(index.data(KeepsModel::ToneRole).toInt());
    const QString word = index.data(KeepsModel::WordRole).toString();
    painter->save();
    Pen pen{*painter, view.rect.adjusted(pad / 2, 0, -pad, 0), view.direction == Qt::RightToLeft};
    pen.symbol(index.data(KeepsModel::SymbolRole).toString(), ink(view, isHost && tone == Tone::Plain ? Tone::Muted : tone));
    QFont font = view.font;
    if (isHost || view.state & QStyle::State_Selected)
        font.setWeight(QFont::DemiBold);
    if (index.data(KeepsModel::EmulatedRole).toBool()) { // it says so wherever it is shown
        const QRect mark = pen.takeTrailing(symbolSide);
        paintSymbol(*painter, u"emulated"_s, QRectF(mark.x(), mark.center().y() - symbolSide / 2.0 + 0.5, symbolSide, symbolSide),
            ink(view, Tone::Emulated));
        pen.takeTrailing(pad / 2);
    }
    if (!word.isEmpty()) {
        QFont small = view.font;
        small.setPointSizeF(small.pointSizeF() * 0.9);
        painter->setFont(small);
        const int width = QFontMetrics(small).horizontalAdvance(word) + pad;
        if (width < pen.room.width() / 2) {
            painter->setPen(ink(view, tone == Tone::Plain ? Tone::Muted : tone));
            painter->drawText(pen.takeTrailing(width), Qt::AlignVCenter | Qt::AlignTrailing, word);
        }
    }
    painter->setFont(font);
    painter->setPen(ink(view, Tone::Plain));
    painter->drawText(pen.room, Qt::AlignVCenter | Qt::AlignLeading | Qt::TextSingleLine,
        QFontMetrics(font).elidedText(view.text, Qt::ElideRight, pen.room.width()));
    painter->restore();
}

QSize KeepsDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &) const
{
    return {120, std::max(32, option.fontMetrics.height() + 14)};
}

SignDelegate::SignDelegate(int symbolRole, int toneRole, int emulatedRole, QObject *parent)
    : QStyledItemDelegate(parent)
    , m_symbolRole(symbolRole)
    , m_toneRole(toneRole)
    , m_emulatedRole(emulatedRole)
{
}

void SignDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem view = option;
    initStyleOption(&view, index);
    row(painter, view);
    const auto tone = static_cast<Tone>(index.data(m_toneRole).toInt());
    const QString symbol = index.data(m_symbolRole).toString();
    painter->save();
    painter->setFont(view.font);
    Pen pen{*painter, view.rect.adjusted(pad, 0, -pad, 0), view.direction == Qt::RightToLeft};
    // A group has nothing in its other columns; a row that has rows below it is none.
    const bool isGroup = index.column() == 0 && index.model()->hasChildren(index) && index.siblingAtColumn(1).data().isNull();
    if (!symbol.isEmpty())
        pen.symbol(symbol, ink(view, tone));
    if (m_emulatedRole >= 0 && index.data(m_emulatedRole).toBool()) {
        const Sign sign{u"emulated"_s, tr("EMULATED"), Tone::Emulated};
        const QSizeF size = badgeSize(sign, view.font);
        const int text = view.fontMetrics.horizontalAdvance(view.text) + pad + 2;
        if (text + size.width() <= pen.room.width()) {
            QRect after = pen.room;
            after.adjust(pen.mirrored ? 0 : text, 0, pen.mirrored ? -text : 0, 0);
            const qreal x = pen.mirrored ? after.right() - size.width() : after.left();
            paintBadge(*painter, sign, {x, after.center().y() - size.height() / 2 + 0.5}, view.font, view.palette);
        }
    }
    if (isGroup) { // spans its row: what it comes to stands at the end
        const QString summary = index.siblingAtColumn(index.model()->columnCount() - 1).data().toString();
        painter->setFont(option.font);
        painter->setPen(ink(view, Tone::Muted));
        painter->drawText(
            pen.takeTrailing(option.fontMetrics.horizontalAdvance(summary) + pad), Qt::AlignVCenter | Qt::AlignTrailing, summary);
        painter->setFont(view.font);
    }
    painter->setPen(ink(view, isGroup ? Tone::Plain : tone));
    const auto alignment = view.displayAlignment & Qt::AlignRight ? Qt::AlignTrailing : Qt::AlignLeading;
    painter->drawText(pen.room, static_cast<int>(Qt::AlignVCenter | alignment) | Qt::TextSingleLine,
        view.fontMetrics.elidedText(view.text, view.textElideMode, pen.room.width()));
    painter->restore();
}

QSize SignDelegate::sizeHint(const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QSize size = QStyledItemDelegate::sizeHint(option, index);
    size.rwidth() += 2 * pad;
    if (!index.data(m_symbolRole).toString().isEmpty())
        size.rwidth() += symbolSide + pad;
    if (m_emulatedRole >= 0 && index.data(m_emulatedRole).toBool())
        size.rwidth() += static_cast<int>(badgeSize({u"emulated"_s, tr("EMULATED"), Tone::Emulated}, option.font).width()) + pad;
    size.setHeight(std::max(size.height(), option.fontMetrics.height() + 13));
    return size;
}

} // namespace kastellan::ui
