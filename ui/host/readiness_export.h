// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/inspections.h"
#include "ui/data/workspace.h"

#include <functional>

class QPushButton;

namespace kastellan::ui {

class MessageBar;

/// A button whose menu writes the readiness report as HTML, PDF, JSON or text. `readiness` is asked when a format is chosen.
[[nodiscard]] QPushButton *readinessExportButton(
    Workspace &workspace, MessageBar *message, std::function<ReadinessPointer()> readiness, QWidget *parent);

} // namespace kastellan::ui
