// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>

namespace kastellan::warden {

/// Users and groups inside the keep.
inline constexpr unsigned wardenId = 1, runnerId = 2;

/// Becomes the runner's user where this keep has one and we may; otherwise stays who we are. For a child before exec.
void becomeRunner();

/// Gives up every capability for good: bounding, ambient, permitted, effective and inheritable sets; no new privileges, no core dumps, no
/// looking at our memory. `kept`: capabilities to stay with all the same, as bits; none but in a machine whose reports need one.
[[nodiscard]] Status dropPrivileges(std::uint32_t kept = 0);
/// Has these capabilities (bits) and no others from now on, in the permitted and effective sets; drops all others from the bounding set.
[[nodiscard]] Status keepOnly(std::uint32_t capabilities);

} // namespace kastellan::warden
