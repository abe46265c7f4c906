// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"

#include <nlohmann/json_fwd.hpp>

namespace kastellan::keepctl {

/// For people. Everything that came from a platform is on one line and visible.
[[nodiscard]] std::string viewText(const PlatformView &view);
/// Both chains, drawn as `certs verify` draws them.
[[nodiscard]] std::string certificatesText(const PlatformView &view);
/// Whether each certificate's signature verifies, or what signed it is not there to tell.
[[nodiscard]] bool certificatesGood(const PlatformView &view);
[[nodiscard]] std::string planText(const ActionPlan &plan);
[[nodiscard]] std::string outcomeText(const ActionOutcome &outcome);

[[nodiscard]] nlohmann::ordered_json viewJson(const PlatformView &view);
[[nodiscard]] nlohmann::ordered_json planJson(const ActionPlan &plan);
[[nodiscard]] nlohmann::ordered_json outcomeJson(const ActionOutcome &outcome);

} // namespace kastellan::keepctl
