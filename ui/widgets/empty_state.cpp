// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/empty_state.h"

#include "ui/theme/icons.h"
#include "ui/widgets/labels.h"

#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

namespace kastellan::ui {

namespace {
constexpr int symbolSide = 56;
}

EmptyState::EmptyState(const QString &symbol, const QString &title, const QString &text, QWidget *parent)
    : QWidget(parent)
    , m_symbol(symbol)
    , m_layout(new QVBoxLayout)
{
    auto *outer = new QVBoxLayout(this);
    outer->addStretch(2);
    m_layout->setContentsMargins(24, symbolSide + 14, 24, 24);
    m_layout->setSpacing(8);
    outer->addLayout(m_layout);
    outer->addStretch(3);
    auto *heading = new Label(title, Label::Kind::Heading, Tone::Plain, this);
    heading->setAlignment(Qt::AlignCenter);
    auto *body = new Label(text, Label::Kind::Body, Tone::Muted, this);
    body->setAlignment(Qt::AlignHCenter | Qt::AlignTop);
    body->setFixedWidth(460);
    m_layout->addWidget(heading, 0, Qt::AlignHCenter);
    m_layout->addWidget(body, 0, Qt::AlignHCenter);
}

QPushButton *EmptyState::addAction(const QString &text, const QString &symbol)
{
    auto *button = new QPushButton(text, this);
    if (!symbol.isEmpty())
        button->setIcon(icon(symbol));
    button->setProperty("primary", !m_hasAction);
    if (!m_hasAction)
        m_layout->addSpacing(6);
    m_hasAction = true;
    m_layout->addWidget(button, 0, Qt::AlignHCenter);
    return button;
}

void EmptyState::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const qreal top = m_layout->geometry().top();
    paintSymbol(painter, m_symbol, QRectF((width() - symbolSide) / 2.0, top, symbolSide, symbolSide),
        toneColors(Tone::Muted, palette()).line.darker(isDark(palette()) ? 80 : 115));
}

} // namespace kastellan::ui
