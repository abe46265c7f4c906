// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/confine/seccomp.h"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "the keep's system calls are listed for x86-64 and AArch64"
#endif

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t killProcess = SECCOMP_RET_KILL_PROCESS;
constexpr std::uint32_t refuse(int error)
{
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

// Allowed whatever their arguments are.
constexpr auto plain = std::to_array<std::uint32_t>({
    // Bytes and descriptors. What can be opened is held down by Landlock and by what there is in sight.
    __NR_read,
    __NR_write,
    __NR_readv,
    __NR_writev,
    __NR_preadv,
    __NR_pwritev,
    __NR_pread64,
    __NR_pwrite64,
    __NR_close,
    __NR_close_range,
    __NR_lseek,
    __NR_fcntl,
    __NR_dup,
    __NR_dup3,
    __NR_pipe2,
    __NR_eventfd2,
    __NR_epoll_create1,
    __NR_epoll_ctl,
    __NR_epoll_pwait,
    __NR_epoll_pwait2,
    __NR_ppoll,
    __NR_pselect6,
    __NR_signalfd4,
    __NR_timerfd_create,
    __NR_timerfd_settime,
    __NR_timerfd_gettime,
    __NR_openat,
    __NR_newfstatat,
    __NR_fstat,
    __NR_statx,
    __NR_faccessat,
    __NR_faccessat2,
    __NR_readlinkat,
    __NR_getdents64,
    __NR_unlinkat,
    __NR_mkdirat,
    __NR_renameat2,
    __NR_ftruncate,
    __NR_fallocate,
    __NR_fchmod,
    __NR_fsync,
    __NR_fdatasync,
    __NR_fadvise64,
    __NR_umask,
    __NR_getcwd,
    __NR_chdir,
    __NR_fchdir,
    __NR_memfd_create,
    // The session: sockets that are there already.
    __NR_accept,
    __NR_accept4,
    __NR_recvfrom,
    __NR_sendto,
    __NR_recvmsg,
    __NR_sendmsg,
    __NR_shutdown,
    __NR_getsockopt,
    __NR_setsockopt,
    __NR_getsockname,
    __NR_getpeername,
    // Memory. mmap and mprotect are below.
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    __NR_brk,
    __NR_mlock,
    __NR_mlock2,
    __NR_munlock,
    __NR_membarrier,
    // Processes, threads, signals, time.
    __NR_execve,
    __NR_wait4,
    __NR_waitid,
    __NR_exit,
    __NR_exit_group,
    __NR_kill,
    __NR_tgkill,
    __NR_pidfd_open,
    __NR_pidfd_send_signal,
    __NR_futex,
    __NR_set_robust_list,
    __NR_set_tid_address,
    __NR_rseq,
    __NR_sched_yield,
    __NR_sched_getaffinity,
    __NR_sched_getparam,
    __NR_sched_getscheduler,
    __NR_getcpu,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_rt_sigtimedwait,
    __NR_rt_sigpending,
    __NR_rt_sigsuspend,
    __NR_sigaltstack,
    __NR_restart_syscall,
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_clock_nanosleep,
    __NR_nanosleep,
    __NR_gettimeofday,
    __NR_setitimer,
    __NR_getitimer,
    __NR_timer_create,
    __NR_timer_settime,
    __NR_timer_delete,
    __NR_times,
    __NR_getrusage,
    __NR_getrandom,
    __NR_uname,
    __NR_sysinfo,
    // Who it is, and giving up what it may.
    __NR_getpid,
    __NR_gettid,
    __NR_getppid,
    __NR_getpgid,
    __NR_getsid,
    __NR_setsid,
    __NR_setpgid,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_getresuid,
    __NR_getresgid,
    __NR_getgroups,
    __NR_setuid,
    __NR_setgid,
    __NR_setresuid,
    __NR_setresgid,
    __NR_setgroups,
    __NR_capget,
    __NR_capset,
    __NR_prlimit64,
    __NR_getrlimit,
    __NR_setrlimit,
    __NR_landlock_create_ruleset,
    __NR_landlock_add_rule,
    __NR_landlock_restrict_self,
#if defined(__x86_64__)
    __NR_arch_prctl,
    __NR_open,
    __NR_stat,
    __NR_lstat,
    __NR_access,
    __NR_readlink,
    __NR_poll,
    __NR_select,
    __NR_epoll_wait,
    __NR_pipe,
    __NR_dup2,
    __NR_unlink,
    __NR_mkdir,
    __NR_rmdir,
    __NR_rename,
    __NR_renameat,
    __NR_time,
    __NR_fork,
    __NR_vfork,
    __NR_pause,
    __NR_alarm,
    __NR_getpgrp,
#endif
});

// Libraries fall back to an older call whose arguments a filter can see.
constexpr auto replaced = std::to_array<std::uint32_t>({__NR_clone3, __NR_openat2});

constexpr std::uint32_t newNamespaces =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

constexpr auto prctlOptions = std::to_array<std::uint32_t>(
    {PR_SET_PDEATHSIG, PR_GET_PDEATHSIG, PR_SET_DUMPABLE, PR_GET_DUMPABLE, PR_SET_NAME, PR_GET_NAME, PR_SET_SECCOMP, PR_GET_SECCOMP,
        PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS, PR_CAPBSET_READ, PR_CAPBSET_DROP, PR_CAP_AMBIENT, PR_SET_KEEPCAPS, PR_SET_SECUREBITS,
        PR_GET_SECUREBITS, PR_SET_VMA, PR_SET_THP_DISABLE, PR_SET_CHILD_SUBREAPER, PR_SET_TIMERSLACK, PR_SET_MDWE, PR_GET_MDWE});

constexpr auto harmlessIoctls = std::to_array<std::uint32_t>({FIONBIO, FIONREAD, FIOCLEX, FIONCLEX, TCGETS, TIOCGWINSZ});
constexpr auto seccompOperations = std::to_array<std::uint32_t>({SECCOMP_SET_MODE_FILTER, SECCOMP_GET_ACTION_AVAIL});

/// Assembles a filter. Every rule is a block that ends in a return, so no jump is longer than its block.
class Assembler {
public:
    void load(std::size_t offset) { m_code.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset))); }
    void give(std::uint32_t verdict) { m_code.push_back(BPF_STMT(BPF_RET | BPF_K, verdict)); }
    void jump(std::uint16_t test, std::uint32_t value, std::uint8_t ifTrue, std::uint8_t ifFalse)
    {
        m_code.push_back(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, ifTrue, ifFalse));
    }
    void when(std::uint32_t call, std::uint32_t verdict)
    {
        jump(BPF_JEQ, call, 0, 1);
        give(verdict);
    }
    /// Allows the call if its argument (the low 32 bits, as these calls read them) is one of the values.
    void whenOneOf(std::uint32_t call, unsigned argument, std::span<const std::uint32_t> values)
    {
        jump(BPF_JEQ, call, 0, static_cast<std::uint8_t>(values.size() * 2 + 2));
        load(low(argument));
        for (const auto value : values)
            when(value, allow);
        give(refuse(EPERM));
    }
    /// Allows the call unless (argument & mask) has all bits of `all` set (or, with `any`, one of them).
    void unlessBits(std::uint32_t call, unsigned argument, std::uint32_t bits, bool any)
    {
        jump(BPF_JEQ, call, 0, 5);
        load(low(argument));
        m_code.push_back(BPF_STMT(BPF_ALU | BPF_AND | BPF_K, bits));
        jump(BPF_JEQ, any ? 0 : bits, any ? 1 : 0, any ? 0 : 1);
        give(refuse(EPERM));
        give(allow);
    }
    std::vector<sock_filter> take() { return std::move(m_code); }

private:
    static std::size_t low(unsigned argument) { return offsetof(seccomp_data, args) + argument * sizeof(std::uint64_t); } // little-endian
    std::vector<sock_filter> m_code;
};

} // namespace

std::vector<sock_filter> keepSeccompFilter(std::span<const std::uint32_t> ioctls)
{
    Assembler code;
    code.load(offsetof(seccomp_data, arch));
    code.jump(BPF_JEQ, architecture, 1, 0);
    code.give(killProcess);
    code.load(offsetof(seccomp_data, nr));
#if defined(__x86_64__)
    code.jump(BPF_JGE, 0x4000'0000, 0, 1); // x32
    code.give(killProcess);
#endif
    for (const auto call : plain)
        code.when(call, allow);
    for (const auto call : replaced)
        code.when(call, refuse(ENOSYS));
    code.unlessBits(__NR_clone, 0, newNamespaces, true);
    // Memory is written or executed, never both at once.
    code.unlessBits(__NR_mmap, 2, PROT_WRITE | PROT_EXEC, false);
    code.unlessBits(__NR_mprotect, 2, PROT_WRITE | PROT_EXEC, false);
    constexpr auto unixDomain = std::to_array<std::uint32_t>({AF_UNIX});
    code.whenOneOf(__NR_socketpair, 0, unixDomain);
    code.whenOneOf(__NR_prctl, 0, prctlOptions);
    std::vector<std::uint32_t> requests(harmlessIoctls.begin(), harmlessIoctls.end());
    requests.insert(requests.end(), ioctls.begin(), ioctls.end());
    code.whenOneOf(__NR_ioctl, 1, requests);
    code.whenOneOf(__NR_seccomp, 0, seccompOperations);
    code.give(refuse(EPERM));
    return code.take();
}

bool seccompAvailable()
{
    std::uint32_t action = killProcess;
    return ::syscall(__NR_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

} // namespace kastellan::sev
