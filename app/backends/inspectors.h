// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "core/keeps/launcher.h"

#include <memory>
#include <string_view>

namespace kastellan {

/// The most that is read of a recording, bytes.
inline constexpr std::size_t recordingFileLimit = std::size_t{4} << 20;

/// What looks at a host: one of the registry by its id, ssh://[USER@]HOST[:PORT] (keepctl on the other side), or a libvirt URI (what
/// libvirt alone can tell). Anything else is an Input error.
[[nodiscard]] Result<std::shared_ptr<HostInspector>> makeInspector(const HostRegistry &hosts, std::string_view host);
/// What judges a recording of a host; `name` is shown.
[[nodiscard]] Result<std::shared_ptr<HostInspector>> makeRecordingInspector(std::string_view recording, std::string_view name);

} // namespace kastellan
