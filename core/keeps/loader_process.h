// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"

#include <vector>

namespace kastellan::loader {

enum class Purpose {
    Launch,
    Resume, ///< takes over a keep whose loader died
    Clear, ///< takes away what a keep that has ended left on its host
};

/// Starts `keep-loader` for a keep, detached from this process: session, terminal and descriptors of its own. Secrets go through a pipe.
/// Returns when it listens on its socket (to clear: when it has begun), or with what it said when it could not.
[[nodiscard]] Status spawn(const KeepId &id, Purpose purpose, const std::vector<Secret> &secrets);

/// The descriptor on which the loader tells that it listens: one byte.
inline constexpr int readyFd = 3;

} // namespace kastellan::loader
