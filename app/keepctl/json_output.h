// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/keeps/plan.h"

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

/// The one JSON object of a command, to standard output, indented, with a line end.
void printJson(const nlohmann::ordered_json &value);
/// {"kind", "what", "where", "why", "remedy", "message"}
[[nodiscard]] nlohmann::ordered_json toJson(const Error &error);
/// A plan or a status as the engine stores it, with what only keepctl knows left to the caller.
[[nodiscard]] nlohmann::ordered_json planJson(const LaunchPlan &plan);
[[nodiscard]] nlohmann::ordered_json statusJson(const KeepStatus &status);

} // namespace kastellan::keepctl
