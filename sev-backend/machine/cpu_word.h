// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/machine/launch_parameters.h"
#include "sev-backend/machine/qemu_options.h"

namespace kastellan::sev {

/// What -cpu says ("EPYC-Milan-v2,family=25"), into the parameters; `from` is the option as it stands. A model that takes its signature
/// from the host, or that is not known, is a problem that names the signatures to choose from.
void takeCpu(const QemuOptions &cpu, const std::string &from, DerivedLaunch &derived);
/// A model by its name alone.
void takeCpuModel(const std::string &model, const std::string &from, DerivedLaunch &derived);
/// The machine has no word about its CPU: QEMU's own default.
void takeDefaultCpu(DerivedLaunch &derived);

/// Processors that `-cpu host` can stand for: "Genoa 0xa10f11, …".
[[nodiscard]] std::string hostSignatures();

} // namespace kastellan::sev
