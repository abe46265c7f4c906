// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>

namespace kastellan::pending_keys {

/// Owner keys of plans that were made in this process and not launched yet. A plan names its key by digest and holds no secret, so
/// the private half waits here, in memory alone.
void put(const KeepId &keep, std::string privatePem);
/// Takes the key out; empty when there is none.
[[nodiscard]] std::string take(const KeepId &keep);

} // namespace kastellan::pending_keys
