// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/machine_world.h"

#include "core/base/fd.h"
#include "core/base/file.h"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <utility>

#include <cpuid.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace kastellan::warden {
namespace {

struct Mount {
    const char *type, *folder;
    unsigned long flags;
    const char *options;
    bool needed;
};

constexpr unsigned long plain = MS_NOSUID | MS_NODEV | MS_NOEXEC;
constexpr Mount world[] = {
    {"proc", "/proc", plain, "hidepid=invisible", true},
    {"sysfs", "/sys", plain, "", true},
    {"securityfs", "/sys/kernel/security", plain, "", false}, // kernels without them have neither secrets nor reports there
    {"configfs", "/sys/kernel/config", plain, "", false},
    {"tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=0755,uid=1,gid=1,size=80%,nr_inodes=4096", true},
};

Status mountOne(const Mount &mount)
{
    ::mkdir(mount.folder, 0755);
    if (::mount(mount.type, mount.folder, mount.type, mount.flags, mount.options) == 0 || errno == EBUSY || !mount.needed)
        return {};
    return systemError("mount " + std::string(mount.type), mount.folder, errno);
}

bool hasRdrand()
{
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_RDRND);
}

constexpr int randomPatience = 60; // seconds

void nothing(int) {}

} // namespace

Status openConsole()
{
    ::syscall(SYS_close_range, 0U, ~0U, 0U);
    const Status devices = mountOne({"devtmpfs", "/dev", MS_NOSUID | MS_NOEXEC, "mode=0755", true});
    int null = ::open("/dev/null", O_RDWR);
    if (null < 0)
        null = ::open("/", O_RDONLY | O_DIRECTORY);
    int console = ::open("/dev/console", O_WRONLY | O_NOCTTY);
    if (console < 0) // a machine without one: then nobody hears our last words
        console = ::dup(null);
    ::dup2(console, 2);
    std::setvbuf(stderr, nullptr, _IONBF, 0);
    return devices;
}

Status mountWorld()
{
    ::umask(022);
    for (const Mount &mount : world)
        KASTELLAN_TRY(mountOne(mount));
    return {};
}

Status hushKernel()
{
    // Addresses of what failed, and sizes of what ran out of memory.
    for (const auto &[path, level] : {std::pair("/proc/sys/debug/exception-trace", "0\n"), std::pair("/proc/sys/kernel/printk", "1\n")}) {
        const Fd file(::open(path, O_WRONLY | O_CLOEXEC));
        if (!file && errno == ENOENT) // a kernel that has nothing to say
            continue;
        if (!file || ::write(file.get(), level, 2) != 2)
            return systemError("keep the kernel from writing about processes", path, errno);
    }
    return {};
}

Result<MemoryOrder> MemoryOrder::make()
{
    Fd score(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
    if (!score)
        return systemError("spare the warden where memory runs out", "/proc/self/oom_score_adj", errno);
    MemoryOrder order(std::move(score));
    KASTELLAN_TRY(order.spare(true));
    return order;
}

// What root has lowered may be lowered again as far by anybody: the kernel remembers how low root went.
Status MemoryOrder::spare(bool spared)
{
    const std::string_view score = spared ? "-1000" : "1000";
    if (::pwrite(m_score.get(), score.data(), score.size(), 0) != static_cast<ssize_t>(score.size()))
        return systemError("spare the warden where memory runs out", "/proc/self/oom_score_adj", errno);
    return {};
}

Status awaitRandomNumbers()
{
    std::uint8_t byte = 0;
    if (::getrandom(&byte, sizeof byte, GRND_NONBLOCK) == sizeof byte)
        return {};
    if (errno != EAGAIN)
        return systemError("get random numbers", {}, errno);
    std::fprintf(stderr, "keep-warden: waiting for random numbers (%s)\n",
        hasRdrand() ? "the kernel does not trust the processor's" : "this processor offers no RDRAND: choose a model that does");
    struct sigaction action{};
    action.sa_handler = nothing; // without SA_RESTART: the wait ends with the alarm
    ::sigaction(SIGALRM, &action, nullptr);
    ::alarm(randomPatience);
    const ssize_t count = ::getrandom(&byte, sizeof byte, 0);
    ::alarm(0);
    if (count != sizeof byte)
        return environment("get random numbers", {}, "the kernel had none after " + std::to_string(randomPatience) + " s",
            "Give the machine a processor model with RDRAND.");
    return {};
}

Result<KernelWords> readKernelWords()
{
    KASTELLAN_ASSIGN(const Bytes line, readFile("/proc/cmdline", 64 * 1024));
    return KernelWords::parse(asText(line));
}

Status leaveWorld(bool configfs)
{
    constexpr const char *what = "leave what is needed only to begin";
    // Whoever has something open there keeps it; nobody finds the way any more.
    ::umount2("/sys/kernel/security", MNT_DETACH);
    if (!configfs && ::umount2("/sys", MNT_DETACH) != 0)
        return systemError(what, "/sys", errno);
    if (::umount2("/proc", MNT_DETACH) != 0 || ::umount2("/dev", MNT_DETACH) != 0)
        return systemError(what, "/proc and /dev", errno);
    if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) != 0)
        return systemError(what, "/", errno);
    return {};
}

} // namespace kastellan::warden
