// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "sev-backend/emulator/processor.h"
#include "sev-backend/launch/emulated_host.h"
#include "sev-backend/readiness/facts.h"

#include <functional>

namespace kastellan::sev {

/// Opens the emulated processor; it is there already.
using OpenProcessor = std::function<Result<std::shared_ptr<Processor>>()>;

/// What process keeps need of this computer, looked at: namespaces, seccomp, Landlock, sealed memory, the keep image and the identity.
/// With `probes` every file of the image is compared with what was built.
[[nodiscard]] HostFacts lookAtEmulatedHost(const EmulatedHostOptions &options, const OpenProcessor &processor, bool probes);

/// The inspector of the emulated host.
[[nodiscard]] std::shared_ptr<HostInspector> makeEmulatedInspector(EmulatedHostOptions options, OpenProcessor processor);

} // namespace kastellan::sev
