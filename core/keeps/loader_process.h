// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"

#include <vector>

namespace kastellan::loader {

/// Starts `keep-loader` for a keep, detached from this process: session, terminal and descriptors of its own. Secrets go through a pipe.
/// Returns when it listens on its socket, or with what it said when it could not.
[[nodiscard]] Status spawn(const KeepId &id, bool resume, const std::vector<Secret> &secrets);

/// The descriptor on which the loader tells that it listens: one byte.
inline constexpr int readyFd = 3;

} // namespace kastellan::loader
