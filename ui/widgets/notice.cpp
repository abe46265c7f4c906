// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/notice.h"

#include "ui/theme/icons.h"
#include "ui/widgets/labels.h"

#include <QHBoxLayout>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

Notice::Notice(const QString &symbol, Tone tone, const QString &title, const QString &text, QWidget *parent)
    : QDialog(parent)
    , m_picture(new QLabel(this))
    , m_buttons(new QHBoxLayout)
{
    setObjectName(u"notice"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(22, 20, 22, 18);
    layout->setSpacing(18);
    auto *top = new QHBoxLayout;
    top->setSpacing(16);
    m_picture->setPixmap(icon(symbol, tone).pixmap(QSize(36, 36), devicePixelRatioF()));
    top->addWidget(m_picture, 0, Qt::AlignTop);
    auto *words = new QVBoxLayout;
    words->setSpacing(6);
    auto *heading = new Label(title, Label::Kind::Heading, Tone::Plain, this);
    heading->setWordWrap(true);
    m_text = new Label(text, Label::Kind::Value, Tone::Plain, this);
    m_text->setMinimumWidth(380);
    words->addWidget(heading);
    words->addWidget(m_text);
    words->addStretch(1);
    top->addLayout(words, 1);
    layout->addLayout(top, 1);
    m_buttons->addStretch(1);
    layout->addLayout(m_buttons);
    setAccessibleDescription(text);
}

void Notice::setPicture(const QPixmap &picture)
{
    m_picture->setPixmap(picture);
}

QString Notice::text() const
{
    return m_text->text();
}

QPushButton *Notice::addButton(const QString &text)
{
    auto *button = new QPushButton(text, this);
    m_buttons->addWidget(button);
    button->setDefault(true);
    button->setFocus();
    connect(button, &QPushButton::clicked, this, &QDialog::close);
    return button;
}

} // namespace kastellan::ui
