// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/segments.h"

#include "ui/theme/icons.h"
#include "ui/theme/style_parts.h"

#include <QButtonGroup>
#include <QHBoxLayout>
#include <QPainter>
#include <QToolButton>

namespace kastellan::ui {

Segments::Segments(const QString &accessibleName, QWidget *parent)
    : QWidget(parent)
    , m_layout(new QHBoxLayout(this))
    , m_group(new QButtonGroup(this))
{
    setAccessibleName(accessibleName);
    m_layout->setContentsMargins(2, 2, 2, 2);
    m_layout->setSpacing(1);
    m_group->setExclusive(true);
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    connect(m_group, &QButtonGroup::idToggled, this, [this](int id, bool on) {
        if (on)
            Q_EMIT chosen(id);
    });
}

void Segments::add(const QString &text, const QString &symbol)
{
    auto *button = new QToolButton(this);
    button->setText(text);
    button->setAccessibleName(text);
    button->setCheckable(true);
    button->setAutoRaise(true);
    button->setFocusPolicy(Qt::StrongFocus);
    if (!symbol.isEmpty()) {
        button->setIcon(icon(symbol));
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    }
    const int id = count();
    m_group->addButton(button, id);
    m_layout->addWidget(button);
    if (id == 0)
        button->setChecked(true);
}

void Segments::setText(int index, const QString &text)
{
    if (QAbstractButton *button = m_group->button(index)) {
        button->setText(text);
        button->setAccessibleName(text);
    }
}

int Segments::current() const
{
    return m_group->checkedId();
}

void Segments::setCurrent(int index)
{
    if (QAbstractButton *button = m_group->button(index))
        button->setChecked(true);
}

int Segments::count() const
{
    return static_cast<int>(m_group->buttons().size());
}

void Segments::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    parts::roundedBox(painter, rect(), palette().color(QPalette::Base), palette().color(QPalette::Mid), parts::radius + 1);
}

} // namespace kastellan::ui
