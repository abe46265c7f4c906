// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/services.h"

namespace kastellan {

/// The list of hosts, as the windows use it.
[[nodiscard]] ui::HostListFunctions hostListFunctions();
/// What the windows need for keeps in virtual machines.
[[nodiscard]] ui::MachineFunctions machineFunctions(std::shared_ptr<HostRegistry> hosts, std::shared_ptr<EvidenceBackend> backend);

} // namespace kastellan
