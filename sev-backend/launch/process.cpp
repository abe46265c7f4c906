// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/process.h"

#include "core/base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <poll.h>
#include <sys/syscall.h>

namespace kastellan::sev::process {
namespace {

std::string proc(std::int64_t pid, std::string_view file)
{
    return "/proc/" + std::to_string(pid) + "/" + std::string(file);
}

} // namespace

std::uint64_t startTime(std::int64_t pid)
{
    const auto content = readFile(proc(pid, "stat"), 4096);
    if (!content)
        return 0;
    // The name in the second field may hold anything, so it is skipped by its last bracket; the third field comes after it.
    std::string_view text = asText(*content);
    const auto bracket = text.rfind(')');
    if (bracket == std::string_view::npos || bracket + 2 >= text.size())
        return 0;
    text.remove_prefix(bracket + 2);
    if (text.front() == 'Z' || text.front() == 'X')
        return 0;
    for (int field = 3; field < 22; ++field) {
        const auto space = text.find(' ');
        if (space == std::string_view::npos)
            return 0;
        text.remove_prefix(space + 1);
    }
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

Result<Fd> open(std::int64_t pid, std::uint64_t start)
{
    constexpr const char *what = "find the keep again";
    const auto gone = [&] { return environment(what, "process " + std::to_string(pid), "it runs no more", "Launch the workload again."); };
    if (pid <= 0 || start == 0)
        return gone();
    Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0)));
    if (!fd)
        return errno == ESRCH ? Result<Fd>(gone()) : Result<Fd>(systemError(what, "process " + std::to_string(pid), errno));
    // Compared after the descriptor was opened: what it names cannot change any more.
    if (startTime(pid) != start)
        return gone();
    return fd;
}

bool waitForEnd(int pidfd, int timeout)
{
    pollfd entry{pidfd, POLLIN, 0};
    for (;;) {
        const int count = ::poll(&entry, 1, timeout);
        if (count >= 0 || errno != EINTR)
            return count > 0;
    }
}

void kill(int pidfd)
{
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
}

void stop(int pidfd)
{
    ::syscall(SYS_pidfd_send_signal, pidfd, SIGSTOP, nullptr, 0);
}

void killDescendants(std::int64_t pid)
{
    // Its children die, theirs become its own, and are found in the next round.
    for (int round = 0; round < 500; ++round) {
        const auto content = readFile(proc(pid, "task/" + std::to_string(pid) + "/children"), 1 << 20);
        if (!content || content->empty())
            return;
        bool alive = false;
        for (std::string_view rest = asText(*content); !rest.empty();) {
            const auto space = rest.find(' ');
            std::int64_t child = 0;
            std::from_chars(rest.data(), rest.data() + std::min(space, rest.size()), child);
            rest.remove_prefix(space == std::string_view::npos ? rest.size() : space + 1);
            const Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, static_cast<pid_t>(child), 0)));
            // Asked after the descriptor was opened: the number may have gone to somebody else before that.
            if (!fd || startTime(child) == 0 || statusField(child, "PPid") != std::to_string(pid))
                continue;
            alive = true;
            kill(fd.get());
        }
        if (!alive)
            return; // zombies of a parent that is stopped
        ::poll(nullptr, 0, 1);
    }
}

std::optional<std::string> statusField(std::int64_t pid, std::string_view field)
{
    const auto content = readFile(proc(pid, "status"), 65536);
    if (!content)
        return std::nullopt;
    std::string_view text = asText(*content);
    while (!text.empty()) {
        const auto end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.starts_with(field) && line.substr(field.size()).starts_with(':')) {
            line.remove_prefix(field.size() + 1);
            while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
                line.remove_prefix(1);
            return std::string(line);
        }
    }
    return std::nullopt;
}

std::string namespaceOf(const std::string &pid, const std::string &name)
{
    std::array<char, 128> target{};
    const ssize_t size = ::readlink(("/proc/" + pid + "/ns/" + name).c_str(), target.data(), target.size());
    return size > 0 ? std::string(target.data(), static_cast<std::size_t>(size)) : std::string();
}

} // namespace kastellan::sev::process
