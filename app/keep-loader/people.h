// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <string>

namespace kastellan::loader {

/// A delivery manifest as readable JSON, for records: name, size, digest and note of each item. Secrets stand there by keyed digest only.
[[nodiscard]] std::string manifestForPeople(ByteView manifest);
/// The user's login name, or "uid 1000".
[[nodiscard]] std::string currentUser();

} // namespace kastellan::loader
