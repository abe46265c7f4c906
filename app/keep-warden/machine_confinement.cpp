// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/machine_confinement.h"

#include "app/keep-warden/privileges.h"
#include "sev-backend/confine/keep_limits.h"
#include "sev-backend/confine/landlock.h"
#include "sev-backend/confine/seccomp.h"

#include <cerrno>
#include <vector>

#include <sys/ioctl.h> // the header of sev-guest uses its macros without it

#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <linux/sev-guest.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "confine the warden";
constexpr const char *tsmFolder = "sys/kernel/config/tsm/report";

constexpr std::uint32_t bit(int capability)
{
    return 1U << capability;
}

} // namespace

// Entries of configfs belong to root, whoever makes them; where else this reaches, Landlock decides.
std::uint32_t capabilitiesFor(const MachineReports &reports)
{
    return reports.tsm ? bit(CAP_DAC_OVERRIDE) : 0;
}

Status confineWarden(const MachineReports &reports)
{
    for (const sev::KeepLimit &limit : sev::keepLimits) {
        const rlimit both{limit.most, limit.most};
        if (::setrlimit(limit.what, &both) != 0)
            return systemError(what, "its limits", errno);
    }
    if (::chdir("/") != 0 || ::setgroups(0, nullptr) != 0 || ::setresgid(wardenId, wardenId, wardenId) != 0
        || ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || ::setresuid(wardenId, wardenId, wardenId) != 0)
        return systemError(what, "its user", errno);
    KASTELLAN_TRY(keepOnly(bit(CAP_SETUID) | bit(CAP_SETGID) | capabilitiesFor(reports)));
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return systemError(what, {}, errno);

    const int version = sev::landlock::version();
    if (version == 0)
        return environment(what, "Landlock", "this kernel does not offer it", "Use the kernel of the keep image.");
    std::vector<const char *> readable;
    for (const char *folder : {"usr", "lib", "lib64"})
        if (struct stat state{}; ::lstat(folder, &state) == 0 && S_ISDIR(state.st_mode))
            readable.push_back(folder);
    readable.push_back(nullptr);
    if (const int error = sev::landlock::restrictSelf(version, readable.data(), "run", reports.tsm ? tsmFolder : nullptr))
        return systemError(what, "Landlock", error);

    std::vector<std::uint32_t> ioctls;
    if (reports.device)
        ioctls.push_back(static_cast<std::uint32_t>(SNP_GET_REPORT));
    auto filter = sev::keepSeccompFilter(ioctls);
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    if (::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
        return systemError(what, "its system calls (seccomp)", errno);
    return {};
}

} // namespace kastellan::warden
