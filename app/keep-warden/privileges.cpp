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

bool setNoCapabilities()
{
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct empty[2]{};
    return ::syscall(SYS_capset, &header, empty) == 0;
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
    static_cast<void>(!setNoCapabilities());
}

Status dropPrivileges()
{
    constexpr const char *what = "give up privileges";
    const rlimit none{0, 0};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_CORE, &none) != 0)
        return systemError(what, {}, errno);
    // Without CAP_SETPCAP the bounding set stays as it is; with no_new_privs and empty sets nothing can come of it.
    for (int capability = 0; capability <= CAP_LAST_CAP; ++capability)
        static_cast<void>(::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0));
    static_cast<void>(::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
    if (!setNoCapabilities())
        return systemError(what, {}, errno);
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return systemError(what, {}, errno);
    return {};
}

} // namespace kastellan::warden
