// SPDX-License-Identifier: Apache-2.0
// Runs between clone and exec in a copy of a process with threads: nothing here allocates, locks or throws.
#include "sev-backend/launch/sandbox_child.h"

#include "sev-backend/confine/keep_limits.h"
#include "sev-backend/confine/landlock.h"
#include "sev-backend/launch/namespaces.h"

#include <cerrno>
#include <csignal>
#include <cstring>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr int controlFd = 4; // beyond what the warden is given; closed by exec

struct Child {
    const SandboxTask &task;
    int control;

    [[noreturn]] void fail(SandboxStep step, int item = -1) const
    {
        const SandboxReport report{0, step, errno, item};
        ::send(control, &report, sizeof report, MSG_NOSIGNAL);
        ::_exit(125);
    }
    void hold(SandboxStep step, bool good, int item = -1) const
    {
        if (!good)
            fail(step, item);
    }
    /// Waits for one letter of the launcher. When the launcher is gone, so are we.
    void await(char word) const
    {
        char got = 0;
        ssize_t count = 0;
        do
            count = ::recv(control, &got, 1, 0);
        while (count < 0 && errno == EINTR);
        if (count != 1 || got != word)
            ::_exit(125);
    }

    int mountTmpfs(SandboxStep step, const char *size, const char *nodes, const char *mode) const
    {
        const int context = ::fsopen("tmpfs", FSOPEN_CLOEXEC);
        hold(step, context >= 0);
        const auto set = [&](const char *key, const char *value) {
            hold(step, ::fsconfig(context, FSCONFIG_SET_STRING, key, value, 0) == 0);
        };
        set("size", size);
        set("nr_inodes", nodes);
        set("mode", mode);
        set("uid", "1"); // wardenId
        set("gid", "1");
        hold(step, ::fsconfig(context, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0);
        const int mount = ::fsmount(context, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV);
        hold(step, mount >= 0);
        ::close(context);
        return mount;
    }

    void writeFiles() const
    {
        ::umask(0);
        for (std::size_t i = 0; i < task.folders.size(); ++i)
            hold(SandboxStep::Folder, ::mkdir(task.folders[i], 0755) == 0, static_cast<int>(i));
        for (std::size_t i = 0; i < task.files.size(); ++i) {
            const auto &file = task.files[i];
            const int fd = ::open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, file.mode);
            hold(SandboxStep::File, fd >= 0, static_cast<int>(i));
            for (off_t done = 0; static_cast<std::size_t>(done) < file.size;) {
                const ssize_t count = ::sendfile(fd, file.memory, &done, file.size - static_cast<std::size_t>(done));
                if (count < 0 && errno == EINTR)
                    continue;
                hold(SandboxStep::File, count > 0, static_cast<int>(i));
            }
            hold(SandboxStep::File, ::close(fd) == 0, static_cast<int>(i));
        }
        ::umask(077);
    }

    void writeOwn(const char *path, const char *text) const
    {
        const int fd = ::open(path, O_WRONLY | O_CLOEXEC);
        const auto size = static_cast<ssize_t>(::strlen(text));
        hold(SandboxStep::Ids, fd >= 0 && ::write(fd, text, static_cast<std::size_t>(size)) == size);
        ::close(fd);
    }

    void mapOwnIds() const
    {
        // The loader lets nobody look at its memory, and this is still a copy of it: then the files below belong to root. So for these
        // three writes, and no longer.
        hold(SandboxStep::Ids, ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
        writeOwn("/proc/self/setgroups", "deny");
        writeOwn("/proc/self/gid_map", task.ownGidMap);
        writeOwn("/proc/self/uid_map", task.ownUidMap);
        hold(SandboxStep::Ids, ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0);
    }

    void becomeWarden() const
    {
        if (task.twoIds)
            hold(SandboxStep::Ids, ::syscall(SYS_setgroups, 0, nullptr) == 0);
        // By the bare calls: the C library's would talk to threads that this copy does not have.
        hold(SandboxStep::Ids, ::syscall(SYS_setresgid, wardenId, wardenId, wardenId) == 0);
        hold(SandboxStep::Ids, ::syscall(SYS_setresuid, wardenId, wardenId, wardenId) == 0);
    }

    void makeRoot() const
    {
        hold(SandboxStep::PrivateMounts, ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
        const int root = mountTmpfs(SandboxStep::RootFolder, task.rootSize, task.rootNodes, "0755");
        // Over the machine's root, which every user can reach: folders below it may be closed to an id without rights outside.
        hold(SandboxStep::RootFolder, ::move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) == 0);
        hold(SandboxStep::RootFolder, ::fchdir(root) == 0);
        becomeWarden();
        writeFiles();

        const int run = mountTmpfs(SandboxStep::RunFolder, task.runSize, "4096", "0755");
        hold(SandboxStep::RunFolder, ::move_mount(run, "", AT_FDCWD, "run", MOVE_MOUNT_F_EMPTY_PATH) == 0);
        ::close(run);
        hold(SandboxStep::ReadOnly, ::mount(nullptr, ".", nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) == 0);
        ::close(root);

        hold(SandboxStep::NewRoot, ::syscall(SYS_pivot_root, ".", ".") == 0);
        hold(SandboxStep::NewRoot, ::umount2(".", MNT_DETACH) == 0); // the old root, which lies on top
        hold(SandboxStep::NewRoot, ::chdir("/") == 0);
        hold(SandboxStep::HostName, ::sethostname("keep", 4) == 0);
    }

    void arrangeDescriptors()
    {
        // First out of the way, then to their places: each may stand where another one has to go.
        const auto away = [this](int fd) {
            const int high = ::fcntl(fd, F_DUPFD_CLOEXEC, 16);
            hold(SandboxStep::Descriptors, high >= 0);
            return high;
        };
        const int null = away(task.null), words = away(task.words), listener = away(task.listener);
        control = away(control);
        hold(SandboxStep::Descriptors,
            ::dup2(null, 0) == 0 && ::dup2(words, 1) == 1 && ::dup2(words, 2) == 2 && ::dup2(listener, 3) == 3
                && ::dup3(control, controlFd, O_CLOEXEC) == controlFd);
        control = controlFd;
        hold(SandboxStep::Descriptors, ::close_range(controlFd + 1, ~0u, 0) == 0);
    }

    void setLimits() const
    {
        for (const KeepLimit &limit : keepLimits) {
            rlimit now{};
            hold(SandboxStep::Limits, ::getrlimit(limit.what, &now) == 0);
            const rlim_t most = now.rlim_max < limit.most ? now.rlim_max : limit.most;
            const rlimit next{most, most};
            hold(SandboxStep::Limits, ::setrlimit(limit.what, &next) == 0);
        }
    }

    /// Leaves the capabilities to change ids if there is an id to change to, and none otherwise.
    void dropCapabilities() const
    {
        const std::uint32_t kept = task.isolated && task.twoIds ? (1u << CAP_SETUID) | (1u << CAP_SETGID) : 0;
        hold(SandboxStep::Capabilities, ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0);
        for (unsigned long capability = 0; capability < 64; ++capability) {
            if (capability < 32 && (kept >> capability) & 1)
                continue;
            if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
                hold(SandboxStep::Capabilities, errno == EINVAL && capability > CAP_CHECKPOINT_RESTORE); // beyond this kernel's last one
                break;
            }
        }
        __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
        const __user_cap_data_struct data[2] = {{kept, kept, kept}, {0, 0, 0}};
        hold(SandboxStep::Capabilities, ::syscall(SYS_capset, &header, data) == 0);
        for (const unsigned long capability : {CAP_SETUID, CAP_SETGID})
            if ((kept >> capability) & 1)
                hold(SandboxStep::Capabilities, ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) == 0);
    }

    void resetSignals() const
    {
        struct sigaction action{};
        for (int signal = 1; signal < NSIG; ++signal) {
            // The launcher may die before the keep: then nobody reads its last words, which is no reason to die too.
            action.sa_handler = signal == SIGPIPE ? SIG_IGN : SIG_DFL; // NOLINT
            ::sigaction(signal, &action, nullptr); // fails for the two that cannot be changed
        }
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

    [[noreturn]] void run()
    {
        ::close(task.launcherControl);
        await('M'); // the ids are mapped, if that is the launcher's to do
        if (task.ownUidMap)
            mapOwnIds();
        resetSignals();
        ::setsid();
        if (task.isolated) {
            makeRoot();
        } else {
            hold(SandboxStep::RootFolder, ::fchdir(task.folder) == 0);
            writeFiles();
            // So that all its descendants are found when it is ended: there is no namespace that would end them.
            hold(SandboxStep::RootFolder, ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0);
        }
        arrangeDescriptors();
        setLimits();
        // Root without a sandbox is a user without capabilities at least; nobody else has any.
        if (task.isolated || ::geteuid() == 0)
            dropCapabilities();
        hold(SandboxStep::NoNewPrivileges, ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
        if (task.isolated) {
            errno = landlock::restrictSelf(task.landlockVersion, task.readable.data(), "run");
            hold(SandboxStep::Landlock, errno == 0);
            hold(SandboxStep::Seccomp, ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &task.filter) == 0);
        }
        const SandboxReport ready{1, SandboxStep::Execute, 0, -1};
        hold(SandboxStep::Control, ::send(control, &ready, sizeof ready, MSG_NOSIGNAL) == sizeof ready);
        await('G'); // the firmware has measured all of it
        ::execve(task.program, task.arguments.data(), task.environment.data());
        fail(SandboxStep::Execute);
    }
};

} // namespace

void runSandboxChild(const SandboxTask &task)
{
    Child{task, task.control}.run();
}

std::string_view describe(SandboxStep step)
{
    switch (step) {
    case SandboxStep::Control:
        return "talk to the new process";
    case SandboxStep::PrivateMounts:
        return "part the keep's mounts from the machine's";
    case SandboxStep::RootFolder:
        return "mount the keep's root folder";
    case SandboxStep::Ids:
        return "change to the keep's own user id";
    case SandboxStep::Folder:
        return "make a folder of the keep image";
    case SandboxStep::File:
        return "write a file of the keep image";
    case SandboxStep::RunFolder:
        return "mount the keep's /run";
    case SandboxStep::ReadOnly:
        return "make the keep's root read-only";
    case SandboxStep::NewRoot:
        return "change to the keep's root";
    case SandboxStep::HostName:
        return "give the keep a host name";
    case SandboxStep::Descriptors:
        return "close what the keep must not have";
    case SandboxStep::Limits:
        return "set the keep's limits";
    case SandboxStep::Capabilities:
        return "drop the keep's capabilities";
    case SandboxStep::NoNewPrivileges:
        return "forbid new privileges to the keep";
    case SandboxStep::Landlock:
        return "restrict the keep with Landlock";
    case SandboxStep::Seccomp:
        return "restrict the keep's system calls (seccomp)";
    case SandboxStep::Execute:
        return "execute the warden";
    }
    return "start the keep";
}

std::string_view remedy(SandboxStep step)
{
    switch (step) {
    case SandboxStep::PrivateMounts:
    case SandboxStep::RootFolder:
    case SandboxStep::RunFolder:
    case SandboxStep::ReadOnly:
    case SandboxStep::NewRoot:
        return "Mounts are refused in some containers and chroots: run Kastellan outside of it. Or give up the sandbox with --no-sandbox.";
    case SandboxStep::Ids:
    case SandboxStep::Capabilities:
        return "Check that nothing (a container, a security module) restricts user namespaces. Or give up the sandbox with --no-sandbox.";
    case SandboxStep::Folder:
    case SandboxStep::File:
        return "Check that there is memory left: the image is held in memory.";
    case SandboxStep::Landlock:
        return "Enable Landlock: CONFIG_SECURITY_LANDLOCK=y, and 'landlock' in the kernel's lsm= list. Or give up the sandbox with "
               "--no-sandbox.";
    case SandboxStep::Seccomp:
        return "Use a kernel with CONFIG_SECCOMP_FILTER=y. Or give up the sandbox with --no-sandbox.";
    case SandboxStep::Execute:
        return "The keep image is incomplete: install Kastellan again.";
    default:
        return {};
    }
}

} // namespace kastellan::sev
