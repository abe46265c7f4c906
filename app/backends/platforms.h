// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"
#include "core/keeps/launcher.h"

#include <memory>
#include <string_view>

namespace kastellan {

/// The platform of a host: one of the registry by its id, or a libvirt URI (what libvirt tells, and nothing that changes anything).
/// Anything else is an Input error; a host whose firmware can't be reached from here an Environment error.
[[nodiscard]] Result<std::shared_ptr<PlatformControl>> makePlatform(const HostRegistry &hosts, std::string_view host);

} // namespace kastellan
