// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace kastellan::sev {

/// How the recipe's program ended.
struct RecipeEnd {
    int status = -1; ///< exit status; 128 and the signal when a signal ended it
    std::string errors; ///< the last 64 KiB of its standard error
};

/// Runs a program without a shell in a process group of its own, and hands each line of its standard output on. Asked to stop, it gets
/// SIGTERM and the time that it needs to tidy up.
[[nodiscard]] Result<RecipeEnd> runRecipe(
    const std::vector<std::string> &words, const std::function<void(const std::string &)> &line, const std::stop_token &stop);

} // namespace kastellan::sev
