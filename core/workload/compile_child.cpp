// SPDX-License-Identifier: Apache-2.0
#include "core/workload/compile_child.h"

#include "core/workload/landlock_access.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <iterator>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::workload {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#endif

constexpr std::array refused{SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept, SYS_accept4, SYS_ptrace,
    SYS_process_vm_readv, SYS_process_vm_writev, SYS_kcmp, SYS_pidfd_getfd, SYS_keyctl, SYS_add_key, SYS_request_key, SYS_bpf,
    SYS_perf_event_open, SYS_userfaultfd, SYS_io_uring_setup, SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns,
    SYS_init_module, SYS_finit_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_open_by_handle_at, SYS_fanotify_init, SYS_mount_setattr,
    SYS_move_mount, SYS_open_tree, SYS_fsopen, SYS_setsid, SYS_setpgid};

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

void say(int fd, const char *what)
{
    const char *why = ::strerrordesc_np(errno); // unlike strerror it takes no lock
    (void)!::write(fd, what, std::strlen(what));
    (void)!::write(fd, ": ", 2);
    (void)!::write(fd, why, std::strlen(why));
    (void)!::write(fd, "\n", 1);
}

[[noreturn]] void giveUp(const char *what)
{
    say(STDERR_FILENO, what);
    ::_exit(127);
}

void limit(decltype(RLIMIT_CORE) what, std::uint64_t value)
{
    const rlimit both{value, value};
    if (::setrlimit(what, &both) != 0)
        giveUp("cannot set a limit");
}

} // namespace

const sock_fprog *compilerFilter()
{
    static constexpr std::size_t head = 5, tail = 2;
    static auto program = [] {
        std::array<sock_filter, head + refused.size() + tail> code{};
        std::size_t at = 0;
        code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
        code[at++] = BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
        code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
        code[at++] = BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
        // Numbers from here on are the x32 names of the same calls.
        code[at++] = BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x4000'0000, static_cast<std::uint8_t>(refused.size() + 1), 0);
        for (std::size_t i = 0; i < refused.size(); ++i) // to the last instruction, over the ones between and the one that allows
            code[at++] = BPF_JUMP(
                BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(refused[i]), static_cast<std::uint8_t>(refused.size() - i), 0);
        code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
        code[at++] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
        return code;
    }();
    static const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
    return &filter;
}

int compilerRuleset(int folder, const char *programFolder)
{
    const long version = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return -1;
    landlock_ruleset_attr attributes{};
    attributes.handled_access_fs = landlockAccess(version);
    if (version >= 4)
        attributes.handled_access_net = LANDLOCK_ACCESS_NET_BIND_TCP | LANDLOCK_ACCESS_NET_CONNECT_TCP;
    const int ruleset = static_cast<int>(::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0));
    if (ruleset < 0)
        return -1;
    const auto allow = [&](int parent, std::uint64_t access) {
        landlock_path_beneath_attr rule{};
        rule.allowed_access = access & attributes.handled_access_fs;
        rule.parent_fd = parent;
        return ::syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    };
    allow(folder, attributes.handled_access_fs);
    const auto allowReading = [&](const char *path, std::uint64_t access) {
        if (const int parent = ::open(path, O_PATH | O_CLOEXEC); parent >= 0) {
            allow(parent, access);
            ::close(parent);
        }
    };
    for (const char *path : {"/usr", "/lib", "/lib64", "/bin", programFolder})
        allowReading(path, reading);
    for (const char *path : {"/etc/ld.so.cache", "/etc/localtime", "/dev/urandom"})
        allowReading(path, LANDLOCK_ACCESS_FS_READ_FILE);
    allowReading("/dev/null", LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
    return ruleset;
}

void becomeSandboxed(const ChildPlan &plan)
{
    ::dup2(plan.input, STDIN_FILENO);
    ::dup2(plan.output, STDOUT_FILENO);
    ::dup2(plan.output, STDERR_FILENO);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setpgid(0, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);

    // Where it is allowed; the filter below takes the sockets away in any case.
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
        (void)!::unshare(CLONE_NEWNET);
    if (::fchdir(plan.folder) != 0)
        giveUp("cannot enter the sandbox's folder");
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_CPU, plan.seconds);
    limit(RLIMIT_FSIZE, plan.fileLimit);
    limit(RLIMIT_AS, plan.memoryLimit);
    limit(RLIMIT_NOFILE, 64);
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        giveUp("cannot give up new privileges");
    if (plan.landlock >= 0 && ::syscall(SYS_landlock_restrict_self, plan.landlock, 0) != 0)
        giveUp("cannot restrict access to files");
    if (::syscall(SYS_close_range, 3U, ~0U, 0U) != 0)
        giveUp("cannot close files");
    if (::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, plan.filter) != 0)
        giveUp("cannot restrict system calls");
    ::execve(plan.program, plan.argv, plan.envp);
    giveUp("cannot start the compiler");
}

} // namespace kastellan::workload
