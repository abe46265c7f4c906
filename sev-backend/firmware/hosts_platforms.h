// SPDX-License-Identifier: Apache-2.0
// The platforms of the hosts that are there from the start.
#pragma once

#include "core/hosts/platform_control.h"
#include "sev-backend/emulator/processor.h"
#include "sev-backend/firmware/situation.h"

#include <filesystem>
#include <functional>
#include <memory>

namespace kastellan::sev {

/// The platform of this computer: /dev/sev below `root`, through the privileged helper where this user may not and polkit is there.
[[nodiscard]] PlatformSurroundings localPlatform(const std::filesystem::path &root = {});
/// The platform of an emulated processor, which `open` makes or yields.
[[nodiscard]] PlatformSurroundings emulatedPlatform(std::string host, std::function<Result<std::shared_ptr<Processor>>()> open);

} // namespace kastellan::sev
