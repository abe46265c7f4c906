// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <cstdint>
#include <string>

namespace kastellan::runner {

/// Supervisor and child, before they part: reads below this folder, and nothing else of the file system.
[[nodiscard]] Status confineFiles(const std::string &readable);
/// The supervisor: pipes, its child, the clock. No files, no sockets to make, nothing to execute.
[[nodiscard]] Status confineSupervisor();
/// The child while it loads the module; maps code only if `code` (ahead-of-time code).
[[nodiscard]] Status confineLoading(bool code, std::uint64_t memoryLimit);
/// The child from the module's first instruction on: reads below `secrets` (none if empty), and no new code.
[[nodiscard]] Status confineRunning(const std::string &secrets);

} // namespace kastellan::runner
