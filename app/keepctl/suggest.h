// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kastellan::keepctl {

/// The candidate that the word was most likely meant to be: by edit distance (insert, delete, replace, swap), or one that begins with it.
/// Empty when none is near.
[[nodiscard]] std::string nearest(std::string_view word, const std::vector<std::string> &candidates);

} // namespace kastellan::keepctl
