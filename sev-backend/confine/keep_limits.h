// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include <sys/resource.h>

namespace kastellan::sev {

struct KeepLimit {
    __rlimit_resource_t what;
    rlim_t most;
};

/// What a keep's processes may take, in a process keep and in a virtual machine alike. The runner tightens them further.
inline constexpr std::array keepLimits{KeepLimit{RLIMIT_CORE, 0}, KeepLimit{RLIMIT_NPROC, 64}, KeepLimit{RLIMIT_NOFILE, 256},
    KeepLimit{RLIMIT_MSGQUEUE, 0}, KeepLimit{RLIMIT_SIGPENDING, 256}, KeepLimit{RLIMIT_RTPRIO, 0}, KeepLimit{RLIMIT_NICE, 0}};

} // namespace kastellan::sev
