// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/namespaces.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "sev-backend/launch/process.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace kastellan::sev {
namespace {

constexpr std::uint64_t highStart = 0x7000'0000, highPairs = 0x07ff'ffff;

/// The id by which our own namespace knows the first of `count` free ids, if it maps them.
bool mapsRange(const std::vector<IdRange> &map, std::uint64_t first, std::uint64_t count)
{
    return std::ranges::any_of(
        map, [&](const IdRange &range) { return range.inner <= first && first + count <= range.inner + range.count; });
}

Status writeProcFile(pid_t process, const char *file, const std::string &text)
{
    const std::string path = "/proc/" + std::to_string(process) + "/" + file;
    const Fd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    // One write: the kernel takes the whole map or nothing.
    if (!fd || ::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()))
        return systemError("give the keep its user ids", path, errno);
    return {};
}

std::string firstLine(const char *path)
{
    const auto content = readFile(path, 4096);
    if (!content)
        return {};
    const std::string_view text = asText(*content);
    return std::string(text.substr(0, text.find('\n')));
}

} // namespace

std::uint64_t keepNamespaceFlags()
{
    return CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS;
}

std::vector<IdRange> parseIdMap(std::string_view text)
{
    std::vector<IdRange> map;
    while (!text.empty() && map.size() < 340) { // the kernel's own limit
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        std::array<std::uint64_t, 3> numbers{};
        std::size_t found = 0;
        for (; found < 3; ++found) {
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
            const auto [rest, error] = std::from_chars(line.data(), line.data() + line.size(), numbers[found]);
            if (error != std::errc{})
                break;
            line.remove_prefix(static_cast<std::size_t>(rest - line.data()));
        }
        if (found == 3 && line.find_first_not_of(' ') == std::string_view::npos && numbers[2] > 0)
            map.push_back({numbers[0], numbers[1], numbers[2]});
    }
    return map;
}

std::string OuterIds::uidMap() const
{
    std::string text = std::to_string(wardenId) + " " + std::to_string(warden) + " 1\n";
    if (two)
        text += std::to_string(runnerId) + " " + std::to_string(runner) + " 1\n";
    return text;
}

std::string OuterIds::gidMap() const
{
    return two ? uidMap() : std::to_string(wardenId) + " " + std::to_string(group) + " 1\n";
}

OuterIds chooseOuterIds(std::uint32_t uid, const std::vector<IdRange> &uids, const std::vector<IdRange> &gids, const KeepId &keep)
{
    const OuterIds own{uid, uid, false, ::getegid()};
    if (uid != 0)
        return own;
    const std::uint64_t hash = loadLe<std::uint64_t>(sha256(keep.view()).view(), 0);
    const auto pair = [&](std::uint64_t first) {
        return OuterIds{static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(first + 1), true, 0};
    };
    const std::uint64_t high = highStart + hash % highPairs * 2;
    if (mapsRange(uids, high, 2) && mapsRange(gids, high, 2))
        return pair(high);
    const auto largest = std::ranges::max_element(uids, {}, &IdRange::count);
    // Ids of people and services lie at the beginning of a range.
    constexpr std::uint64_t needed = 4096;
    if (largest == uids.end() || largest->count < needed)
        return own;
    const std::uint64_t quarter = largest->count / 4;
    const std::uint64_t first = largest->inner + largest->count - quarter + hash % (quarter / 2) * 2;
    return mapsRange(uids, first, 2) && mapsRange(gids, first, 2) ? pair(first) : own;
}

OuterIds chooseOuterIds(const KeepId &keep)
{
    const auto read = [](const char *path) {
        const auto content = readFile(path, 65536);
        return content ? parseIdMap(asText(*content)) : std::vector<IdRange>{};
    };
    return chooseOuterIds(::geteuid(), read("/proc/self/uid_map"), read("/proc/self/gid_map"), keep);
}

pid_t cloneProcess(std::uint64_t flags, int &pidfd)
{
    clone_args arguments{};
    arguments.flags = flags | CLONE_PIDFD;
    arguments.pidfd = reinterpret_cast<std::uint64_t>(&pidfd);
    arguments.exit_signal = SIGCHLD;
    return static_cast<pid_t>(::syscall(SYS_clone3, &arguments, sizeof arguments));
}

Status writeIdMaps(pid_t process, const OuterIds &ids)
{
    KASTELLAN_TRY(writeProcFile(process, "gid_map", ids.gidMap()));
    return writeProcFile(process, "uid_map", ids.uidMap());
}

Status probeNamespaces()
{
    int number = -1;
    const pid_t pid = cloneProcess(keepNamespaceFlags(), number);
    if (pid < 0)
        return environment("make namespaces for a keep", {}, systemError({}, {}, errno).error().why, namespaceRemedy());
    if (pid == 0)
        ::_exit(0);
    const Fd pidfd(number);
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED) != 0 && errno == EINTR) {}
    return {};
}

std::string namespaceRemedy()
{
    if (firstLine("/proc/sys/user/max_user_namespaces") == "0")
        return "Allow user namespaces: sysctl user.max_user_namespaces=10000. Or give up the sandbox with --no-sandbox.";
    if (firstLine("/proc/sys/kernel/unprivileged_userns_clone") == "0")
        return "Allow user namespaces: sysctl kernel.unprivileged_userns_clone=1. Or give up the sandbox with --no-sandbox.";
    if (firstLine("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1")
        return "AppArmor restricts user namespaces: give keep-loader a profile with 'userns,', or sysctl "
               "kernel.apparmor_restrict_unprivileged_userns=0. Or "
               "give up the sandbox with --no-sandbox.";
    return "In a chroot, and in many containers, user namespaces are refused: run Kastellan outside of it. Or give up the sandbox with "
           "--no-sandbox.";
}

} // namespace kastellan::sev
