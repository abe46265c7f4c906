// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <functional>

namespace kastellan::sev::libvirt {

/// Starts libvirt and its events: one loop in a thread of its own, for the whole process and until its end. Has to be called before the
/// first connection is opened; later calls do nothing.
[[nodiscard]] Status startEventLoop();
/// Runs `call` in the loop's thread, soon. It must not block.
void inEventLoop(std::function<void()> call);

} // namespace kastellan::sev::libvirt
