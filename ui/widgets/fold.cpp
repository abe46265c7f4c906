// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/fold.h"

#include "ui/theme/icons.h"

#include <QToolButton>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

Fold::Fold(const QString &title, QWidget *content, QWidget *parent)
    : QWidget(parent)
    , m_button(new QToolButton(this))
    , m_content(content)
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_button->setCheckable(true);
    m_button->setAutoRaise(true);
    m_button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_button->setFocusPolicy(Qt::StrongFocus);
    setTitle(title);
    layout->addWidget(m_button, 0, Qt::AlignLeading);
    content->setParent(this);
    layout->addWidget(content);
    connect(m_button, &QToolButton::toggled, this, &Fold::show);
    show(false);
}

bool Fold::isOpen() const
{
    return m_button->isChecked();
}

void Fold::setOpen(bool open)
{
    m_button->setChecked(open);
}

void Fold::setTitle(const QString &title)
{
    m_button->setText(title);
    m_button->setAccessibleName(title);
}

void Fold::show(bool open)
{
    m_button->setIcon(icon(open ? u"collapse"_s : u"expand"_s, Tone::Muted));
    m_button->setToolTip(open ? tr("Hide it") : tr("Show it"));
    m_content->setVisible(open);
}

} // namespace kastellan::ui
