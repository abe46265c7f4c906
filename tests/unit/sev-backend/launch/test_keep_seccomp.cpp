// SPDX-License-Identifier: Apache-2.0
#include "in_child.h"

#include "sev-backend/confine/seccomp.h"

#include <QtTest/QtTest>

#include <functional>
#include <thread>

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

using namespace kastellan;
using kastellan::test::inChild;
using kastellan::test::outcome;

namespace {

using Action = std::function<std::string()>;

bool filterThisProcess()
{
    auto filter = sev::keepSeccompFilter();
    const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

template <typename... Arguments>
Action call(long number, Arguments... arguments)
{
    return [=] { return outcome(::syscall(number, arguments...)); };
}

} // namespace

Q_DECLARE_METATYPE(Action)

class TestKeepSeccomp : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void holds_data();
    void holds();
    void everyOtherNumberIsRefused();
    void isWithinTheKernelsLimits();
};

void TestKeepSeccomp::holds_data()
{
    QTest::addColumn<Action>("action");
    QTest::addColumn<QByteArray>("expected");
    const auto row = [](const char *name, const Action &action, const char *expected) {
        QTest::newRow(name) << action << QByteArray(expected);
    };

    row("getpid", call(SYS_getpid), "0");
    row("getrandom", call(SYS_getrandom, nullptr, 0, 0), "0");
    row(
        "setrlimit",
        [] {
            rlimit limit{0, 0};
            return outcome(::setrlimit(RLIMIT_CORE, &limit));
        },
        "0");
    row(
        "a thread",
        [] {
            bool done = false;
            std::jthread([&done] { done = true; }).join();
            return std::string(done ? "0" : "1");
        },
        "0");
    row("fork and wait", [] { return inChild([] { return std::string("0"); }); }, "0");
    row(
        "memory",
        [] { return outcome(::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0); },
        "0");
    row(
        "compiled code",
        [] {
            void *page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return outcome(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
        },
        "0");
    row(
        "unix socket pair",
        [] {
            int pair[2];
            return outcome(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
        },
        "0");
    row("prctl name", call(SYS_prctl, PR_SET_NAME, "keep", 0, 0, 0), "0");
    row(
        "ioctl FIONBIO",
        [] {
            int pair[2], on = 1;
            return outcome(::pipe(pair) != 0 ? -1 : ::ioctl(pair[0], FIONBIO, &on));
        },
        "0");
    row("one more filter", [] { return std::string(filterThisProcess() ? "0" : "1"); }, "0");

    row(
        "writable code",
        [] {
            return outcome(
                ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0);
        },
        "EPERM");
    row(
        "made writable code",
        [] {
            void *page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
            return outcome(::mprotect(page, 4096, PROT_WRITE | PROT_EXEC));
        },
        "EPERM");
    row(
        "inet socket pair",
        [] {
            int pair[2];
            return outcome(::socketpair(AF_INET, SOCK_STREAM, 0, pair));
        },
        "EPERM");
    row("prctl MM", call(SYS_prctl, PR_SET_MM, 0, 0, 0, 0), "EPERM");
    row("ioctl TIOCSTI", call(SYS_ioctl, 0, TIOCSTI, "x"), "EPERM");
    row("strict seccomp", call(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, nullptr), "EPERM");
    row("clone3", call(SYS_clone3, nullptr, 0), "ENOSYS");
    row("openat2", call(SYS_openat2, 0, nullptr, nullptr, 0), "ENOSYS");
    for (const auto &[name, flag] : {std::pair{"clone user", CLONE_NEWUSER}, {"clone mount", CLONE_NEWNS}, {"clone pid", CLONE_NEWPID},
             {"clone net", CLONE_NEWNET}, {"clone ipc", CLONE_NEWIPC}, {"clone uts", CLONE_NEWUTS}, {"clone cgroup", CLONE_NEWCGROUP}})
        row(name, call(SYS_clone, flag | SIGCHLD, nullptr, nullptr, nullptr, nullptr), "EPERM");
#if defined(__x86_64__)
    row("x32", call(0x4000'0000 | SYS_getpid), "signal 31");
    row(
        "32-bit",
        [] {
            int result = 20; // getpid, as 32-bit programs call it
            __asm__ volatile("int $0x80" : "+a"(result) : : "memory", "cc");
            return std::to_string(result);
        },
        "signal 31");
#endif
}

void TestKeepSeccomp::holds()
{
    QFETCH(const Action, action);
    QFETCH(const QByteArray, expected);
    const std::string result = inChild([&action] { return filterThisProcess() ? action() : std::string("no filter"); });
    QCOMPARE(QByteArray::fromStdString(result), expected);
}

// The list is looked at from the other side: whatever a new kernel adds is refused too, and so is what is dangerous.
void TestKeepSeccomp::everyOtherNumberIsRefused()
{
    const auto refused = [](long number) {
        return inChild([number] { return filterThisProcess() ? outcome(::syscall(number, 0, 0, 0, 0, 0, 0)) : "no filter"; });
    };
    for (const long number : {SYS_socket, SYS_connect, SYS_bind, SYS_listen, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev,
             SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_bpf, SYS_keyctl, SYS_add_key, SYS_request_key,
             SYS_io_uring_setup, SYS_io_uring_enter, SYS_userfaultfd, SYS_perf_event_open, SYS_init_module, SYS_finit_module,
             SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_settimeofday, SYS_clock_settime, SYS_sethostname, SYS_acct, SYS_quotactl,
             SYS_open_by_handle_at, SYS_name_to_handle_at, SYS_execveat, SYS_fsopen, SYS_fsmount, SYS_move_mount, SYS_mount_setattr,
             SYS_mknodat, SYS_symlinkat, SYS_linkat, SYS_fchownat, SYS_personality, SYS_pidfd_getfd, SYS_kcmp, SYS_move_pages,
             SYS_fanotify_init, SYS_inotify_init1, SYS_memfd_secret, SYS_pkey_alloc, SYS_setpriority, SYS_syslog})
        QCOMPARE(QByteArray::fromStdString(refused(number)), QByteArray("EPERM"));
    for (long number = 435 + 30; number < 640; number += 7)
        QCOMPARE(QByteArray::fromStdString(refused(number)), QByteArray("EPERM"));
}

void TestKeepSeccomp::isWithinTheKernelsLimits()
{
    QVERIFY(sev::seccompAvailable());
    QVERIFY(sev::keepSeccompFilter().size() < BPF_MAXINSNS);
}

QTEST_GUILESS_MAIN(TestKeepSeccomp)
#include "test_keep_seccomp.moc"
