// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/kastellan/options.h"

namespace kastellan {

namespace ui {
class MainWindow;
}

/// Ends the program with a picture of the window as soon as it has nothing left to read.
void takeScreenshot(ui::MainWindow &window, const Options &options);

} // namespace kastellan
