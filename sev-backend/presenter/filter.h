// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include <linux/filter.h>

namespace kastellan::sev {

/// The program for seccomp(2) that says which system calls are asked about: those that name files, and those on descriptors that could be
/// ours. All others, and those of another calling convention (32-bit, x32), go on untouched. `guest`: reading and writing of any length,
/// for the files of configfs; else only reading of a few whole registers.
[[nodiscard]] std::vector<sock_filter> presenterFilter(bool guest);

} // namespace kastellan::sev
