// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

namespace kastellan {

/// Whether what is asked of a machine makes sense by itself, whatever the host offers. `memoryLimit`: what the workload may use, bytes; 0
/// for a whole virtual machine. `secrets`: how many it is to be given.
[[nodiscard]] Status checkMachine(const MachineRequest &request, std::uint64_t memoryLimit, std::size_t secrets);

/// Whether what is expected of the keep can be proven by what protects it: an expectation that evidence can't meet would be undecided,
/// after everything was started.
[[nodiscard]] Status checkExpectations(const LaunchPlan &plan);

/// Order of strength: "none", "sev", "es", "snp"; nothing for another word.
[[nodiscard]] std::optional<int> strengthOf(std::string_view technology);

} // namespace kastellan
