// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

namespace kastellan::warden {

/// The runner's user and group inside the keep; the warden's is 1.
inline constexpr unsigned runnerId = 2;

/// Becomes the runner's user where this keep has one and we may; otherwise stays who we are. For a child before exec.
void becomeRunner();

/// Gives up every capability for good: bounding, ambient, permitted, effective and inheritable sets; no new privileges, no core dumps, no
/// looking at our memory.
[[nodiscard]] Status dropPrivileges();

} // namespace kastellan::warden
