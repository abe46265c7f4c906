// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/session/run_protocol.h"

#include <functional>

namespace kastellan::runner {

/// Loads the module, closes the sandbox around itself, says `started`, runs _start to its end. For a process of its own: when it returns
/// the process is good for nothing but to end.
[[nodiscard]] session::RunEvent runModule(const session::RunRequest &request, const std::function<void()> &started);

} // namespace kastellan::runner
