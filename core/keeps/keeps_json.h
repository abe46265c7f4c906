// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/evidence/json.h"
#include "core/keeps/plan.h"

namespace kastellan::js {

[[nodiscard]] Out toJson(const LaunchPlan &plan);
[[nodiscard]] Out toJson(const MachineRequest &request);
[[nodiscard]] Result<MachineRequest> machineRequestFrom(const In &value, const std::string &where);
[[nodiscard]] Out toJson(const MachinePlan &plan);
[[nodiscard]] Result<MachinePlan> machinePlanFrom(const In &value, const std::string &where);
[[nodiscard]] Result<LaunchPlan> planFrom(const In &value, const std::string &where);
/// `live` adds what is computed when a status is read: whether loader and warden are alive.
[[nodiscard]] Out toJson(const KeepStatus &status, bool live);
[[nodiscard]] Result<KeepStatus> statusFrom(const In &value, const std::string &where);

} // namespace kastellan::js
