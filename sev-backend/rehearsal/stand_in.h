// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace kastellan::sev {

/// Runs as qemu-system-x86_64 in a rehearsal: becomes the real QEMU, with a supervisor beside it where there is something to rehearse
/// (docs/rehearsal.md). Returns only what QEMU would have ended with.
[[nodiscard]] int runStandIn(const std::string &program, std::vector<std::string> words);

} // namespace kastellan::sev
