// SPDX-License-Identifier: Apache-2.0
// Whole virtual machines as workloads: there is no warden in them, so no session and no secrets; what is measured is all that is proven.
#pragma once

#include "core/keeps/planner.h"
#include "core/workload/workload.h"

namespace kastellan {

/// The kernel parameter by which the measured command line roots a disk (dm-verity): "roothash", "usrhash", "dm-mod.create", "dm"; empty
/// where there is none. It needs a digest of at least 256 bits, and nothing else on the line may switch verity off.
[[nodiscard]] std::string diskRootedBy(std::string_view commandLine);
/// The finding `disk.unmeasured`: whether all of a machine's disk is rooted in what is measured. Nothing where it has no disk. Where it is
/// not, the verdict is `authentic` at most.
[[nodiscard]] std::optional<Finding> diskFinding(const MachineImage &image);
/// The finding `workload.machine`: that the workload is a machine of its own, and what that means.
[[nodiscard]] Finding machineFinding();
/// The finding `binding.fresh` of a report that was brought by hand.
[[nodiscard]] Finding importedFinding();

/// What stands for the module in a plan: names, and no bytes. Refuses what only a warden could give to a workload (arguments, variables,
/// secrets), a machine that nothing starts, and files that are not there. Paths become absolute.
[[nodiscard]] Result<Workload> wholeWorkload(LaunchRequest &request);
/// SHA-256 over the measured files' digests and the command line: what a record calls the workload's digest.
[[nodiscard]] Sha256 wholeDigest(const LaunchPlan &plan);

} // namespace kastellan
