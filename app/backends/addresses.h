// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/launcher.h"

#include <memory>
#include <string_view>

namespace kastellan {

/// Whether an address may be added as a host, or opened: a libvirt connection, ssh://[USER@]HOST[:PORT] or kubevirt://CONTEXT/NAMESPACE,
/// each held to its own allow-list. Anything else is an Input error that names the schemes.
[[nodiscard]] Status checkHostAddress(std::string_view address);
/// The host at an address. Nothing is opened before it is asked for something.
[[nodiscard]] Result<std::shared_ptr<Host>> hostAt(std::string_view address);
/// What a launch would ask of the cluster at an address, as YAML; asks no cluster. An Input error for any other address.
[[nodiscard]] Result<std::string> clusterDryRun(std::string_view address, const MachineRequest &request);

} // namespace kastellan
