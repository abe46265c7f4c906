// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/choice_card.h"

#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"
#include "ui/widgets/badge.h"

#include <QPainter>
#include <QStyle>
#include <QStyleOptionButton>

namespace kastellan::ui {

namespace {
constexpr int margin = 14, symbolSide = 26;
}

ChoiceCard::ChoiceCard(const QString &symbol, const QString &title, const QString &text, QWidget *parent)
    : QAbstractButton(parent)
    , m_symbol(symbol)
    , m_title(title)
    , m_text(text)
{
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(title);
    setAccessibleDescription(text);
    setCursor(Qt::PointingHandCursor);
    setAttribute(Qt::WA_Hover);
    QSizePolicy policy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    policy.setHeightForWidth(true);
    setSizePolicy(policy);
}

void ChoiceCard::setBadges(const QList<Sign> &badges)
{
    m_badges = badges;
    QString words = m_text;
    for (const Sign &badge : badges)
        words += u' ' + badge.word + u'.';
    setAccessibleDescription(words);
    update();
}

QRect ChoiceCard::textRect(int width) const
{
    const int x = margin + symbolSide + margin, room = std::max(40, width - x - margin);
    const QRect bound = fontMetrics().boundingRect(QRect(0, 0, room, 4000), Qt::TextWordWrap, m_text);
    return {x, margin + fontMetrics().height() + 4, room, m_text.isEmpty() ? 0 : bound.height()};
}

int ChoiceCard::heightForWidth(int width) const
{
    const QRect text = textRect(width);
    return std::max(symbolSide + 2 * margin, (m_text.isEmpty() ? margin + fontMetrics().height() : text.bottom() + 1) + margin);
}

QSize ChoiceCard::sizeHint() const
{
    return {360, heightForWidth(360)};
}

void ChoiceCard::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const ToneColors accent = toneColors(Tone::Accent, palette());
    const bool lit = isEnabled() && underMouse();
    QColor fill = palette().color(QPalette::Base), line = palette().color(QPalette::Mid);
    if (isChecked()) {
        fill = accent.fill;
        line = accent.text;
    } else if (lit || isDown()) {
        line = palette().color(QPalette::Dark);
        fill = parts::mix(fill, palette().color(QPalette::Text), isDown() ? 0.07 : 0.03);
    }
    parts::roundedBox(painter, QRectF(rect()), fill, line, 8);
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    const auto place = [&](QRect area) { return QStyle::visualRect(layoutDirection(), rect(), area); };
    const QColor muted = isEnabled() ? toneColors(Tone::Muted, palette()).text : palette().color(QPalette::Disabled, QPalette::Text);
    if (isCheckable()) {
        QStyleOptionButton option;
        option.initFrom(this);
        option.state.setFlag(QStyle::State_On, isChecked());
        option.state.setFlag(QStyle::State_HasFocus, false);
        option.rect = place(QRect(margin + 3, margin - 1, 20, 20));
        style()->drawPrimitive(QStyle::PE_IndicatorRadioButton, &option, &painter, this);
    } else {
        paintSymbol(painter, m_symbol, place(QRect(margin, margin - 2, symbolSide, symbolSide)), isEnabled() ? accent.text : muted);
    }
    const QRect text = textRect(width());
    qreal edge = width() - margin;
    for (auto badge = m_badges.rbegin(); badge != m_badges.rend(); ++badge) {
        const QSizeF size = badgeSize(*badge, font());
        edge -= size.width();
        const QRectF spot(mirrored ? width() - edge - size.width() : edge, margin - 2, size.width(), size.height());
        paintBadge(painter, *badge, spot.topLeft(), font(), palette());
        edge -= 6;
    }
    QFont strong = font();
    strong.setWeight(QFont::DemiBold);
    painter.setFont(strong);
    painter.setPen(isEnabled() ? palette().color(QPalette::WindowText) : muted);
    const int room = static_cast<int>(edge) - text.x();
    painter.drawText(place(QRect(text.x(), margin, room, fontMetrics().height())), Qt::AlignLeading | Qt::AlignVCenter | Qt::TextSingleLine,
        QFontMetrics(strong).elidedText(m_title, Qt::ElideRight, room));
    painter.setFont(font());
    painter.setPen(muted);
    painter.drawText(place(text), static_cast<int>(Qt::AlignLeading | Qt::AlignTop) | Qt::TextWordWrap, m_text);
    if (hasFocus())
        parts::focusRing(painter, QRectF(rect()), palette(), 8);
}

} // namespace kastellan::ui
