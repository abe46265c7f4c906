// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/action_button.h"

#include <QAction>
#include <QPushButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

QPushButton *buttonFor(QAction *action, QWidget *parent)
{
    auto *button = new QPushButton(action->icon(), action->text(), parent);
    button->setObjectName(action->objectName() + u"Button"_s);
    QObject::connect(button, &QPushButton::clicked, action, &QAction::trigger);
    const auto follow = [button, action] {
        button->setText(action->text());
        button->setIcon(action->icon());
        button->setVisible(action->isVisible());
        button->setEnabled(action->isEnabled());
        button->setToolTip(action->isEnabled() ? QString() : action->toolTip());
    };
    QObject::connect(action, &QAction::changed, button, follow);
    button->setEnabled(action->isEnabled());
    button->setToolTip(action->isEnabled() ? QString() : action->toolTip());
    if (!action->isVisible())
        button->hide();
    return button;
}

} // namespace kastellan::ui
