// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::test {

/// Runs something in a copy of this process, which it may spoil, and yields its text; "signal N" if it was killed.
template <typename Action>
std::string inChild(const Action &action)
{
    int ends[2];
    if (::pipe(ends) != 0)
        return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string text = action();
        (void)!::write(ends[1], text.data(), text.size());
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    std::array<char, 4096> part{};
    for (ssize_t size = 0; (size = ::read(ends[0], part.data(), part.size())) > 0;)
        text.append(part.data(), static_cast<std::size_t>(size));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status)) : text;
}

/// "0", or the name of the error that a system call left.
inline std::string outcome(long result)
{
    if (result >= 0)
        return "0";
    const char *name = ::strerrorname_np(errno);
    return name ? name : std::to_string(errno);
}

} // namespace kastellan::test
