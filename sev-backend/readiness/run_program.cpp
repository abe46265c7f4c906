// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/run_program.h"

#include "core/base/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t mostErrors = 65536;

struct Actions {
    Actions() { ::posix_spawn_file_actions_init(&actions); }
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions); }
    Actions(const Actions &) = delete;
    Actions &operator=(const Actions &) = delete;
    posix_spawn_file_actions_t actions;
};

struct Attributes {
    Attributes()
    {
        ::posix_spawnattr_init(&attributes);
        sigset_t none, ours;
        ::sigemptyset(&none);
        ::sigemptyset(&ours);
        ::sigaddset(&ours, SIGPIPE);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &ours);
        ::posix_spawnattr_setpgroup(&attributes, 0); // what it starts ends with it
        ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    ~Attributes() { ::posix_spawnattr_destroy(&attributes); }
    Attributes(const Attributes &) = delete;
    Attributes &operator=(const Attributes &) = delete;
    posix_spawnattr_t attributes;
};

/// Takes what is there; false at the end of the stream.
bool take(const Fd &fd, std::string &into)
{
    std::array<char, 65536> part;
    const ssize_t got = ::read(fd.get(), part.data(), part.size());
    if (got > 0)
        into.append(part.data(), static_cast<std::size_t>(got));
    return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

} // namespace

ProgramOutput runProgram(const std::vector<std::string> &words, const ProgramLimits &limits)
{
    ProgramOutput result;
    int out[2], err[2];
    if (words.empty() || ::pipe2(out, O_CLOEXEC) != 0) {
        result.error = words.empty() ? EINVAL : errno;
        return result;
    }
    Fd outRead(out[0]), outWrite(out[1]);
    if (::pipe2(err, O_CLOEXEC) != 0) {
        result.error = errno;
        return result;
    }
    Fd errRead(err[0]), errWrite(err[1]);
    Actions actions;
    ::posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions.actions, outWrite.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.actions, errWrite.get(), 2);
    std::vector<char *> arguments, environment;
    for (const auto &word : words)
        arguments.push_back(const_cast<char *>(word.c_str()));
    arguments.push_back(nullptr);
    std::string locale = "LC_ALL=C";
    const auto replaced = [&limits](std::string_view variable) {
        const std::string_view name = variable.substr(0, variable.find('=') + 1);
        return name == "LC_ALL="
            || std::ranges::any_of(limits.environment, [name](const std::string &given) { return given.starts_with(name); });
    };
    for (char **variable = ::environ; *variable; ++variable)
        if (!replaced(*variable))
            environment.push_back(*variable);
    for (const auto &variable : limits.environment)
        environment.push_back(const_cast<char *>(variable.c_str()));
    environment.push_back(locale.data());
    environment.push_back(nullptr);
    const Attributes attributes;
    pid_t child = -1;
    result.error = ::posix_spawnp(&child, words[0].c_str(), &actions.actions, &attributes.attributes, arguments.data(), environment.data());
    if (result.error)
        return result;
    outWrite.reset();
    errWrite.reset();

    const Fd unwanted(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    const std::stop_callback wake(limits.stop, [&] { (void)::eventfd_write(unwanted.get(), 1); });
    const auto deadline = std::chrono::steady_clock::now() + limits.time;
    bool outOpen = true, errOpen = true, tooMuch = false;
    while ((outOpen || errOpen) && !tooMuch && !limits.stop.stop_requested()) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0)
            break;
        std::array waiting{pollfd{outOpen ? outRead.get() : -1, POLLIN, 0}, pollfd{errOpen ? errRead.get() : -1, POLLIN, 0},
            pollfd{unwanted.get(), POLLIN, 0}};
        if (::poll(waiting.data(), waiting.size(), static_cast<int>(left)) < 0 && errno != EINTR)
            break;
        if (waiting[0].revents)
            outOpen = take(outRead, result.output);
        if (waiting[1].revents)
            errOpen = take(errRead, result.errors);
        if (result.errors.size() > mostErrors)
            result.errors.resize(mostErrors);
        tooMuch = result.output.size() > limits.size;
    }
    if (!outOpen && !errOpen) { // it may have closed them and go on
        const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, child, 0)));
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        std::array waiting{pollfd{process.get(), POLLIN, 0}, pollfd{unwanted.get(), POLLIN, 0}};
        (void)::poll(waiting.data(), waiting.size(), static_cast<int>(std::max<long>(left, 0)));
        result.ended = !process || waiting[0].revents;
    }
    result.cancelled = !result.ended && limits.stop.stop_requested();
    if (!result.ended)
        ::kill(-child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return result;
}

} // namespace kastellan::sev
