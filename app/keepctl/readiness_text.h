// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"

#include <string>
#include <string_view>

namespace kastellan::keepctl {

/// The readiness of a host for people: verdicts first (only of one protection where `protection` names it), then the checks as a tree,
/// with what to do under each that is not as it should be. `all`: facts and skipped checks too. Control characters are made visible; `fd`
/// decides about colours.
[[nodiscard]] std::string readinessText(const Readiness &readiness, std::string_view protection, bool all, int fd);

} // namespace kastellan::keepctl
