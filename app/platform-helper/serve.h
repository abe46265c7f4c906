// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/firmware/sev_device.h"

namespace kastellan {

/// What the helper exits with.
namespace helper_exit {
inline constexpr int answered = 0, badRequest = 2, failed = 3;
}

/// Reads one request from `in` until its end, has the device carry it out, and writes the answer to `out`. Anything that is no request of a
/// platform command is refused without touching the device; a request over the limit, or one that does not end within `seconds`, too.
[[nodiscard]] int serveOne(sev::SevDevice &device, int in, int out, unsigned seconds = 10);

} // namespace kastellan
