// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QObject>
#include <QString>

class QApplication;

namespace kastellan::ui::theme {

/// Which palette a person wants. System follows the desktop where it tells, and is light where it does not.
enum class Choice { System, Light, Dark };

/// Sets style and palette of the program; remembered by `store`.
void apply(Choice choice);
[[nodiscard]] Choice current();
/// The choice kept in the settings.
[[nodiscard]] Choice stored();
void store(Choice choice);

} // namespace kastellan::ui::theme
