// SPDX-License-Identifier: Apache-2.0
// Whatever part of the sandbox this machine refuses, the start fails, names it, and leaves nothing. The faults are real: a seccomp filter
// over a copy of this test refuses a system call, or the copy may make no namespaces.
#include "tests/integration/launch/sandbox_scene.h"

#include "core/keeps/keep_client.h"
#include "sev-backend/launch/process.h"
#include "sev-backend/launch/warden_socket.h"

#include <QtTest/QtTest>

#include <cstddef>
#include <fstream>
#include <set>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

using namespace kastellan;
using namespace kastellan::test;
namespace fs = std::filesystem;

namespace {

/// From now on the system call fails with EPERM (or as `verdict` says), if an argument has the value (or always, with argument -1).
bool refuse(long number, int argument, std::uint32_t value, std::uint32_t verdict = SECCOMP_RET_ERRNO | EPERM)
{
    const auto at = [](std::size_t offset) { return sock_filter BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset)); };
    std::vector<sock_filter> code{
        at(offsetof(seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint32_t>(number), 0, 3)};
    code.push_back(at(argument < 0 ? offsetof(seccomp_data, nr) : offsetof(seccomp_data, args) + static_cast<std::size_t>(argument) * 8));
    code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, argument < 0 ? static_cast<std::uint32_t>(number) : value, 0, 1));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, verdict));
    code.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    // Not for all threads and without new privileges where that can be had: uid_map asks for capabilities, not for privileges.
    return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}

/// In a user namespace that allows no further ones.
bool forbidNamespaces()
{
    const unsigned uid = ::geteuid(), gid = ::getegid();
    if (::unshare(CLONE_NEWUSER) != 0)
        return false;
    std::ofstream("/proc/self/setgroups") << "deny";
    std::ofstream("/proc/self/uid_map") << "0 " << uid << " 1";
    std::ofstream("/proc/self/gid_map") << "0 " << gid << " 1";
    std::ofstream limit("/proc/sys/user/max_user_namespaces");
    limit << "0" << std::flush;
    return limit.good();
}

} // namespace

class TestSandboxFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void failsClosed_data();
    void failsClosed();
    void diesWithItsLauncher();
    void diesWithItsLauncherAtOnce();
    void isFoundWithoutAState();

private:
    SandboxScene m_scene;
};

void TestSandboxFaults::failsClosed_data()
{
    QTest::addColumn<int>("number");
    QTest::addColumn<int>("argument");
    QTest::addColumn<unsigned>("value");
    QTest::addColumn<QByteArray>("said");
    const auto row = [](const char *name, long number, const char *said, int argument = -1, unsigned value = 0) {
        QTest::newRow(name) << static_cast<int>(number) << argument << value << QByteArray(said);
    };
    QTest::newRow("no namespaces") << -1 << -1 << 0u << QByteArray("max_user_namespaces");
    row("propagation", SYS_mount, "part the keep's mounts", 3, 0x44000); // MS_REC | MS_PRIVATE
    row("tmpfs", SYS_fsopen, "mount the keep's root folder");
    row("over the root", SYS_move_mount, "mount the keep's root folder");
    row("user id", SYS_setresuid, "change to the keep's own user id");
    row("group id", SYS_setresgid, "change to the keep's own user id");
    row("read-only", SYS_mount, "make the keep's root read-only", 3, 0x27); // MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV
    row("pivot", SYS_pivot_root, "change to the keep's root");
    row("old root", SYS_umount2, "change to the keep's root");
    row("host name", SYS_sethostname, "host name");
    row("descriptors", SYS_close_range, "close what the keep must not have");
    row("limits", SYS_prlimit64, "set the keep's limits");
    row("bounding set", SYS_prctl, "drop the keep's capabilities", 0, PR_CAPBSET_DROP);
    row("capabilities", SYS_capset, "drop the keep's capabilities");
    row("new privileges", SYS_prctl, "forbid new privileges", 0, PR_SET_NO_NEW_PRIVS);
    row("no landlock", SYS_landlock_create_ruleset, "Landlock");
    row("landlock rule", SYS_landlock_add_rule, "restrict the keep with Landlock");
    row("landlock", SYS_landlock_restrict_self, "restrict the keep with Landlock");
    row("no seccomp", SYS_seccomp, "seccomp");
    row("seccomp", SYS_seccomp, "restrict the keep's system calls", 0, SECCOMP_SET_MODE_FILTER);
    row("execute", SYS_execve, "execute the warden");
}

void TestSandboxFaults::failsClosed()
{
    QFETCH(const int, number);
    QFETCH(const int, argument);
    QFETCH(const unsigned, value);
    QFETCH(const QByteArray, said);
    const fs::path answer = m_scene.image().parent_path() / "answer";
    fs::remove(answer);
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    const fs::path folder = m_scene.folder(plan);
    const pid_t child = ::fork();
    if (child == 0) {
        std::string text = "no fault could be made";
        if (number < 0 ? forbidNamespaces() : refuse(number, argument, value)) {
            const auto keep = host.start(plan, folder, {}, {});
            text = keep ? "it started" : keep.error().message() + (keep.error().remedy.empty() ? " NO REMEDY" : "");
            if (keep)
                QVERIFY((*keep)->kill());
        }
        std::ofstream(answer) << text;
        ::_exit(0);
    }
    int status = 0;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);
    const auto text = QByteArray::fromStdString(contentOf(answer));
    QVERIFY2(text.startsWith("cannot start the keep"), text.constData());
    QVERIFY2(text.contains(said), text.constData());
    const bool ours =
        said.contains("host name") || said.contains("close what") || said.contains("limits") || said.contains("new privileges");
    QVERIFY2(ours || !text.contains("NO REMEDY"), text.constData()); // what no machine refuses has none
    QVERIFY(fs::is_empty(m_scene.runtime()));
    QVERIFY(fs::is_empty(folder));
}

// A launcher that dies in the middle takes the half-made keep with it.
void TestSandboxFaults::diesWithItsLauncher()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    const fs::path folder = m_scene.folder(plan), note = m_scene.image().parent_path() / "world";
    const pid_t launcher = ::fork();
    if (launcher == 0) {
        (void)host.start(plan, folder,
            [&note](std::string_view doing, std::uint64_t, std::uint64_t) {
                if (doing != "starting the warden")
                    return;
                std::ifstream children("/proc/self/task/" + std::to_string(::getpid()) + "/children");
                std::string child;
                children >> child;
                std::ofstream(note) << child << " " << sev::process::startTime(std::stoll(child));
                ::raise(SIGKILL);
            },
            {});
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(launcher, &status, 0);
    QVERIFY(WIFSIGNALED(status));
    std::int64_t pid = 0;
    std::uint64_t start = 0;
    std::ifstream(note) >> pid >> start;
    QVERIFY(pid > 0 && start > 0);
    QTRY_VERIFY(sev::process::startTime(pid) != start);
}

// The same when the launcher dies before it said its first word to the new process.
void TestSandboxFaults::diesWithItsLauncherAtOnce()
{
    sev::EmulatedHost host(m_scene.options());
    const LaunchPlan plan = m_scene.plan(host);
    const fs::path folder = m_scene.folder(plan);
    const pid_t launcher = ::fork();
    if (launcher == 0) {
        // The words "M" and "G" are one byte long; nothing else is sent here.
        ::prctl(PR_SET_NAME, "kstl-at-once");
        if (refuse(SYS_sendto, 2, 1, SECCOMP_RET_KILL_PROCESS))
            (void)host.start(plan, folder, {}, {});
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(launcher, &status, 0);
    QVERIFY(WIFSIGNALED(status));
    QCOMPARE(WTERMSIG(status), SIGSYS);
    const auto orphans = [] {
        int count = 0;
        for (const auto &entry : fs::directory_iterator("/proc")) {
            const std::string name = entry.path().filename();
            if (name.find_first_not_of("0123456789") == std::string::npos
                && sev::process::statusField(std::stoll(name), "Name") == "kstl-at-once")
                count += sev::process::startTime(std::stoll(name)) != 0;
        }
        return count;
    };
    QTRY_COMPARE(orphans(), 0);
}

// A launcher that dies right after the start, before it wrote down anything: the keep is not forgotten.
void TestSandboxFaults::isFoundWithoutAState()
{
    sev::EmulatedHost host(m_scene.options());
    KeepStatus status;
    status.plan = m_scene.plan(host);
    status.state = KeepState::Starting;
    const fs::path folder = m_scene.folder(status.plan);
    writeFile(folder / "state.json", toJson(status), 0600);
    const pid_t launcher = ::fork();
    if (launcher == 0) {
        const auto keep = host.start(status.plan, folder, {}, {});
        ::raise(keep ? SIGKILL : SIGTERM);
    }
    int ended = 0;
    ::waitpid(launcher, &ended, 0);
    QCOMPARE(WTERMSIG(ended), SIGKILL);
    const auto found = keeps::status(status.plan.id);
    QVERIFY2(found.has_value(), found ? "" : found.error().message().c_str());
    QVERIFY(found->wardenAlive);
    QCOMPARE(found->state, KeepState::Starting);
    auto keep = host.resume(status, folder);
    QVERIFY2(keep.has_value(), keep ? "" : keep.error().message().c_str());
    QVERIFY(!Probe(**keep).ask("facts").empty());
    QVERIFY((*keep)->kill());
    QVERIFY(sev::process::startTime(found->wardenPid) != found->wardenStart);
    QVERIFY(!fs::exists(sev::wardenSocketPath(status.plan.id)));
    QVERIFY(!fs::exists(folder / "warden") && !fs::exists(folder / "guest.ctx"));
    const auto after = keeps::status(status.plan.id);
    QVERIFY(after.has_value());
    QCOMPARE(after->state, KeepState::Failed);
}

QTEST_GUILESS_MAIN(TestSandboxFaults)
#include "test_sandbox_faults.moc"
