// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"
#include "core/session/session.h"
#include "core/workload/workload.h"

#include <vector>

namespace kastellan::loader {

/// What goes into the keep, ready to be sent.
struct Prepared {
    Bytes module;
    std::optional<CompiledModule> compiled; ///< nothing: the interpreter runs
    std::string execution; ///< "interpreter" or "aot"
    std::vector<std::string> notes; ///< for the keep's log
};

/// Reads the workload again and compiles it as the plan says. Fails when it is no longer the one that was planned.
[[nodiscard]] Result<Prepared> prepare(const LaunchPlan &plan);

/// Blobs and canonical manifest of a delivery. Secrets move into the blobs; a fresh key for their digests goes along and is kept nowhere.
struct Parcel {
    std::vector<Delivery> blobs;
    Bytes manifest;
};
[[nodiscard]] Result<Parcel> pack(const LaunchPlan &plan, Prepared &prepared, std::vector<Secret> secrets);

} // namespace kastellan::loader
