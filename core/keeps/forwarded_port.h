// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/machine.h"

#include <string_view>

namespace kastellan {

/// "8080:80" (TCP), "tcp:8080:80" or "udp:53:53": the host's port, then the machine's; each from 1 to 65535.
[[nodiscard]] Result<ForwardedPort> forwardedPortFrom(std::string_view text);
/// As it is read.
[[nodiscard]] std::string toText(const ForwardedPort &port);

} // namespace kastellan
