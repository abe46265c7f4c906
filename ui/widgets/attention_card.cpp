// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/attention_card.h"

#include "ui/theme/icons.h"
#include "ui/widgets/action_button.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/fold.h"
#include "ui/widgets/labels.h"

#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int symbolSide = 22, rawHeight = 150;
}

AttentionCard::AttentionCard(QWidget *parent)
    : Card({}, parent)
    , m_title(new Label({}, Label::Kind::Heading, Tone::Plain, this))
    , m_why(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_remedyTitle(new Label(tr("What to do"), Label::Kind::Small, Tone::Muted, this))
    , m_remedy(new Label({}, Label::Kind::Value, Tone::Plain, this))
    , m_source(new Label({}, Label::Kind::Small, Tone::Muted, this))
    , m_symbol(new QLabel(this))
    , m_buttonRow(new QWidget(this))
    , m_buttons(new QHBoxLayout(m_buttonRow))
    , m_raw(new CodeView(tr("The message as it came"), this))
    , m_fold(new Fold(tr("The message as it came"), m_raw, this))
{
    m_title->setWordWrap(true);
    auto *heading = new QHBoxLayout;
    heading->setSpacing(10);
    m_symbol->setFixedSize(symbolSide, symbolSide);
    heading->addWidget(m_symbol, 0, Qt::AlignTop);
    heading->addWidget(m_title, 1);
    body()->setSpacing(6);
    body()->addLayout(heading);
    body()->addWidget(m_why);
    body()->addSpacing(2);
    body()->addWidget(m_remedyTitle);
    body()->addWidget(m_remedy);
    body()->addWidget(m_source);
    m_buttons->setContentsMargins(0, 4, 0, 0);
    m_buttons->setSpacing(8);
    m_buttons->addStretch(1);
    body()->addWidget(m_buttonRow);
    m_buttonRow->hide();
    m_raw->setMinimumHeight(rawHeight / 2);
    m_raw->setMaximumHeight(rawHeight);
    m_raw->setLineWrapMode(QPlainTextEdit::WidgetWidth);
    body()->addWidget(m_fold);
    setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
}

void AttentionCard::setWords(const Words &words)
{
    if (m_words == words)
        return;
    m_words = words;
    setTone(words.tone);
    m_symbol->setPixmap(icon(words.symbol, words.tone).pixmap(QSize(symbolSide, symbolSide), devicePixelRatioF()));
    m_title->setText(words.title);
    m_title->setTone(words.tone);
    m_why->setText(words.why);
    m_why->setVisible(!words.why.isEmpty());
    m_remedy->setText(words.remedy);
    m_remedy->setVisible(!words.remedy.isEmpty());
    m_remedyTitle->setVisible(!words.remedy.isEmpty());
    m_source->setText(words.source.isEmpty() ? QString() : tr("Known from %1").arg(words.source));
    m_source->setVisible(!words.source.isEmpty());
    m_raw->setPlainText(words.raw);
    m_fold->setVisible(!words.raw.isEmpty());
    m_fold->setOpen(false);
    m_buttonRow->setVisible(words.acts);
    setAccessibleName(words.title);
    setAccessibleDescription(words.why + u' ' + words.remedy);
}

QPushButton *AttentionCard::addButton(QAction *action)
{
    QPushButton *button = buttonFor(action, m_buttonRow);
    m_buttons->insertWidget(m_buttons->count() - 1, button);
    return button;
}

} // namespace kastellan::ui
