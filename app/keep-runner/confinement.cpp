// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/confinement.h"

#include "app/keep-runner/seccomp.h"
#include "core/base/fd.h"
#include "core/workload/landlock_access.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

namespace kastellan::runner {
namespace {

constexpr std::uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

Status readOnlyBelow(const std::string &folder)
{
    constexpr const char *what = "limit the files";
    const auto version = static_cast<int>(::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION));
    if (version < 1)
        return environment(
            what, "Landlock", "this kernel does not offer it", "Use a kernel with CONFIG_SECURITY_LANDLOCK and lsm=…,landlock.");
    landlock_ruleset_attr rules{};
    rules.handled_access_fs = workload::landlockAccess(version);
    if (version >= 4)
        rules.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
    if (version >= 6)
        rules.scoped = LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET | LANDLOCK_SCOPE_SIGNAL;
    const Fd ruleset(static_cast<int>(::syscall(SYS_landlock_create_ruleset, &rules, sizeof rules, 0)));
    if (!ruleset)
        return systemError(what, "Landlock", errno);
    if (!folder.empty()) {
        const Fd below(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
        if (!below)
            return systemError(what, folder, errno);
        const landlock_path_beneath_attr rule{LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR, below.get()};
        if (::syscall(SYS_landlock_add_rule, ruleset.get(), LANDLOCK_RULE_PATH_BENEATH, &rule, 0) != 0)
            return systemError(what, folder, errno);
    }
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::syscall(SYS_landlock_restrict_self, ruleset.get(), 0) != 0)
        return systemError(what, "Landlock", errno);
    return {};
}

// What WASI's functions and the runtime below them need. No socket, no process, no way to make or change a file.
constexpr std::array common{Allowed{SYS_read}, Allowed{SYS_write}, Allowed{SYS_readv}, Allowed{SYS_writev}, Allowed{SYS_pread64},
    Allowed{SYS_preadv}, Allowed{SYS_lseek}, Allowed{SYS_close}, Allowed{SYS_fstat}, Allowed{SYS_newfstatat}, Allowed{SYS_statx},
    Allowed{SYS_readlink}, Allowed{SYS_readlinkat}, Allowed{SYS_faccessat}, Allowed{SYS_faccessat2}, Allowed{SYS_getdents64},
    Allowed{SYS_fcntl}, Allowed{SYS_dup}, Allowed{SYS_fadvise64}, Allowed{SYS_openat, 2, writing}, Allowed{SYS_open, 1, writing},
    Allowed{SYS_poll}, Allowed{SYS_ppoll}, Allowed{SYS_select}, Allowed{SYS_pselect6}, Allowed{SYS_epoll_create1}, Allowed{SYS_epoll_ctl},
    Allowed{SYS_epoll_wait}, Allowed{SYS_epoll_pwait}, Allowed{SYS_timerfd_create}, Allowed{SYS_timerfd_settime},
    Allowed{SYS_clock_gettime}, Allowed{SYS_clock_getres}, Allowed{SYS_clock_nanosleep}, Allowed{SYS_nanosleep}, Allowed{SYS_gettimeofday},
    Allowed{SYS_time}, Allowed{SYS_getrandom}, Allowed{SYS_munmap}, Allowed{SYS_mremap}, Allowed{SYS_madvise}, Allowed{SYS_brk},
    Allowed{SYS_futex}, Allowed{SYS_rt_sigaction}, Allowed{SYS_rt_sigprocmask}, Allowed{SYS_rt_sigreturn}, Allowed{SYS_sigaltstack},
    Allowed{SYS_sched_yield}, Allowed{SYS_getpid}, Allowed{SYS_gettid}, Allowed{SYS_tgkill}, Allowed{SYS_getcpu},
    Allowed{SYS_sched_getaffinity}, Allowed{SYS_sysinfo}, Allowed{SYS_restart_syscall}, Allowed{SYS_exit}, Allowed{SYS_exit_group}};

// `mask` of memory protections that are refused: new code, or nothing.
template <std::size_t Extra>
Status allowCommonAnd(std::uint32_t mask, const std::array<Allowed, Extra> &extra)
{
    std::array<Allowed, common.size() + Extra + 2> calls;
    auto end = std::copy(common.begin(), common.end(), calls.begin());
    end = std::copy(extra.begin(), extra.end(), end);
    *end++ = Allowed{SYS_mmap, 2, mask};
    *end++ = Allowed{SYS_mprotect, 2, mask};
    return allowOnly(calls);
}

Status limit(int resource, rlim_t value, const char *name)
{
    const rlimit both{value, value};
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &both) != 0)
        return systemError("limit the runner", name, errno);
    return {};
}

} // namespace

Status confineFiles(const std::string &readable)
{
    return readOnlyBelow(readable);
}

Status confineSupervisor()
{
    static constexpr std::array calls{Allowed{SYS_read}, Allowed{SYS_write}, Allowed{SYS_close}, Allowed{SYS_sendto}, Allowed{SYS_recvfrom},
        Allowed{SYS_poll}, Allowed{SYS_ppoll}, Allowed{SYS_wait4}, Allowed{SYS_waitid}, Allowed{SYS_pidfd_send_signal},
        Allowed{SYS_clock_gettime}, Allowed{SYS_brk}, Allowed{SYS_mmap, 2, PROT_EXEC}, Allowed{SYS_mprotect, 2, PROT_EXEC},
        Allowed{SYS_munmap}, Allowed{SYS_madvise}, Allowed{SYS_futex}, Allowed{SYS_rt_sigreturn}, Allowed{SYS_rt_sigprocmask},
        Allowed{SYS_gettid}, Allowed{SYS_getpid}, Allowed{SYS_tgkill}, Allowed{SYS_restart_syscall}, Allowed{SYS_exit},
        Allowed{SYS_exit_group}};
    return allowOnly(calls);
}

Status confineLoading(bool code, std::uint64_t memoryLimit)
{
    // The module's memory is reserved in whole and becomes usable by pages: data is what counts. The runtime's own share comes on top.
    constexpr std::uint64_t runtimeShare = 1ull << 30;
    KASTELLAN_TRY(limit(RLIMIT_DATA, memoryLimit + runtimeShare, "memory"));
    KASTELLAN_TRY(limit(RLIMIT_FSIZE, 0, "file size"));
    KASTELLAN_TRY(limit(RLIMIT_NOFILE, 64, "open files"));
    KASTELLAN_TRY(limit(RLIMIT_CORE, 0, "core dumps"));
    // What the last step needs of the kernel, until it has been taken.
    static constexpr std::array extra{Allowed{SYS_prctl}, Allowed{SYS_seccomp}, Allowed{SYS_landlock_create_ruleset},
        Allowed{SYS_landlock_add_rule}, Allowed{SYS_landlock_restrict_self}};
    return allowCommonAnd(code ? 0U : static_cast<std::uint32_t>(PROT_EXEC), extra);
}

Status confineRunning(const std::string &secrets)
{
    KASTELLAN_TRY(readOnlyBelow(secrets));
    return allowCommonAnd(PROT_EXEC, std::array<Allowed, 0>{});
}

} // namespace kastellan::runner
