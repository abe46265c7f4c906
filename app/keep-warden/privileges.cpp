// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/privileges.h"

#include <cerrno>

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::warden {

namespace {

bool setCapabilities(std::uint32_t kept)
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct sets[2]{{kept, kept, 0}, {0, 0, 0}};
    return ::syscall(SYS_capset, &header, sets) == 0;
}

// Without CAP_SETPCAP the bounding set stays as it is; with no_new_privs and empty sets nothing can come of it.
void boundCapabilities(std::uint32_t kept)
{
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)
        if (capability >= 32 || !((kept >> capability) & 1))
            static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
    static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
}

} // namespace

void becomeRunner()
{
    // Each fails where the id is not mapped or we may not: then warden and runner share a user, and the launcher says so.
    static_cast<void>(::setgroups(0, nullptr));
    if (::setresgid(runnerId, runnerId, runnerId) == 0)
        static_cast<void>(!::setresuid(runnerId, runnerId, runnerId));
    // The launcher gives the two capabilities as ambient ones, and those would outlive exec: the runner could become the warden again.
    // Without an inheritable set there is no ambient one.
    static_cast<void>(!setCapabilities(0));
}

Status dropPrivileges(std::uint32_t kept)
{
    constexpr const char *what = "give up privileges";
    const rlimit none{0, 0};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_CORE, &none) != 0)
        return systemError(what, {}, errno);
    boundCapabilities(kept);
    if (!setCapabilities(kept))
        return systemError(what, {}, errno);
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return systemError(what, {}, errno);
    return {};
}

Status keepOnly(std::uint32_t capabilities)
{
    boundCapabilities(capabilities);
    if (!setCapabilities(capabilities))
        return systemError("give up privileges", {}, errno);
    return {};
}

} // namespace kastellan::warden
