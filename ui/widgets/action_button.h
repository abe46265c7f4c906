// SPDX-License-Identifier: Apache-2.0
#pragma once

class QAction;
class QPushButton;
class QWidget;

namespace kastellan::ui {

/// A button that does what an action does, and is named, shown, enabled and explained with it. Its object name is the action's and
/// "Button".
[[nodiscard]] QPushButton *buttonFor(QAction *action, QWidget *parent);

} // namespace kastellan::ui
