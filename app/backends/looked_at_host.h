// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "core/keeps/launcher.h"

#include <memory>
#include <string>

namespace kastellan {

/// A host that can be looked at, and on which no keep is launched. Its info() looks, and may take seconds. `instead`: what to do where a
/// launch is asked for, a whole sentence.
[[nodiscard]] std::shared_ptr<Host> lookedAtHost(std::string id, std::shared_ptr<HostInspector> inspector, std::string instead);

} // namespace kastellan
