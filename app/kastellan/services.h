// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/services.h"

namespace kastellan {

/// The engine with its real backends, as the windows want it.
[[nodiscard]] ui::Services engineServices();

} // namespace kastellan
