// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::sev {

/// The largest command line or domain description that is read, bytes.
inline constexpr std::size_t descriptionLimit = 4u << 20;

/// A command line as a shell splits it (POSIX shell, 2.2): quotes, backslashes, continued lines, comments. What only a shell could tell
/// ($VARIABLE, `command`) and what ends a command (;, |, &, <, >) is an Input error with its position. Text with NUL bytes is split at
/// these instead: /proc/PID/cmdline.
[[nodiscard]] Result<std::vector<std::string>> shellWords(std::string_view text, std::string_view name);

} // namespace kastellan::sev
