// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

namespace kastellan {

/// What is being done, and how much of it; `total` 0: not known. Called in the thread that works.
using Progress = std::function<void(std::string_view doing, std::uint64_t done, std::uint64_t total)>;

} // namespace kastellan
