// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/process/run_program.h"

#include "core/base/fd.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

using Clock = std::chrono::steady_clock;

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
        for (const int signal : {SIGPIPE, SIGINT, SIGTERM, SIGHUP})
            ::sigaddset(&ours, signal);
        ::posix_spawnattr_setsigmask(&attributes, &none);
        ::posix_spawnattr_setsigdefault(&attributes, &ours);
        ::posix_spawnattr_setpgroup(&attributes, 0); // what it starts ends with it; Ctrl-C is ours to pass on
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

/// Hands whole lines on, and keeps the rest.
void handOn(std::string &text, const std::function<void(const std::string &)> &line)
{
    std::size_t begin = 0;
    for (std::size_t end; (end = text.find('\n', begin)) != text.npos; begin = end + 1)
        line(text.substr(begin, end - begin));
    text.erase(0, begin);
}

std::vector<char *> pointers(const std::vector<std::string> &texts)
{
    std::vector<char *> list;
    for (const auto &text : texts)
        list.push_back(const_cast<char *>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

/// Ours, with what is given in its place.
std::vector<std::string> environmentWith(std::vector<std::string> given)
{
    given.emplace_back("LC_ALL=C");
    const auto replaced = [&given](std::string_view variable) {
        const std::string_view name = variable.substr(0, variable.find('=') + 1);
        return std::ranges::any_of(given, [name](const std::string &entry) { return entry.starts_with(name); });
    };
    std::vector<std::string> kept;
    for (char **variable = ::environ; *variable; ++variable)
        if (!replaced(*variable))
            kept.emplace_back(*variable);
    kept.insert(kept.end(), given.begin(), given.end());
    return kept;
}

/// A program that was started, until it has ended.
class Running {
public:
    Running(const ProgramLimits &limits, Fd out, Fd err)
        : m_limits(limits)
        , m_out(std::move(out))
        , m_err(std::move(err))
        , m_unwanted(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
        , m_wake(limits.stop, [this] { (void)::eventfd_write(m_unwanted.get(), 1); })
    {
        if (limits.time != ProgramLimits::anyTime)
            m_deadline = Clock::now() + limits.time;
    }

    ProgramOutput finish(pid_t child)
    {
        m_child = child;
        listen();
        if (!m_out && !m_err) // it may have closed them and go on
            awaitEnd();
        m_result.cancelled = !m_result.ended && m_limits.stop.stop_requested();
        if (!m_result.ended)
            ::kill(-m_child, SIGKILL);
        int status = 0;
        while (::waitpid(m_child, &status, 0) < 0 && errno == EINTR) {}
        m_result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        return std::move(m_result);
    }

private:
    /// Milliseconds for poll(2); 0 when the time is over.
    [[nodiscard]] int left() const
    {
        if (!m_deadline)
            return -1;
        const auto time = std::chrono::ceil<std::chrono::milliseconds>(*m_deadline - Clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(time, 0, 1 << 30));
    }

    /// False when it is to be killed now.
    bool goesOn()
    {
        if (m_limits.stop.stop_requested() && !m_told) {
            if (m_limits.stopSignal == SIGKILL)
                return false;
            ::kill(-m_child, m_limits.stopSignal);
            m_told = true;
        }
        return left() != 0;
    }

    [[nodiscard]] pollfd unwanted() const { return {m_told ? -1 : m_unwanted.get(), POLLIN, 0}; }

    void listen()
    {
        while ((m_out || m_err) && goesOn()) {
            std::array waiting{pollfd{m_out.get(), POLLIN, 0}, pollfd{m_err.get(), POLLIN, 0}, unwanted()};
            if (::poll(waiting.data(), waiting.size(), left()) < 0) {
                if (errno != EINTR)
                    return;
                continue;
            }
            if (waiting[0].revents && !take(m_out, m_result.output))
                m_out.reset();
            if (waiting[1].revents && !take(m_err, m_result.errors))
                m_err.reset();
            if (m_limits.line)
                handOn(m_result.output, m_limits.line);
            if (m_result.errors.size() > mostErrors)
                m_result.errors.erase(0, m_result.errors.size() - mostErrors);
            if (m_result.output.size() > m_limits.size)
                return;
        }
    }

    void awaitEnd()
    {
        const Fd process(static_cast<int>(::syscall(SYS_pidfd_open, m_child, 0)));
        while (process && goesOn()) {
            std::array waiting{pollfd{process.get(), POLLIN, 0}, unwanted()};
            if (::poll(waiting.data(), waiting.size(), left()) < 0 && errno != EINTR)
                return;
            m_result.ended = waiting[0].revents != 0;
            if (m_result.ended)
                return;
        }
        m_result.ended = !process;
    }

    const ProgramLimits &m_limits;
    Fd m_out, m_err;
    const Fd m_unwanted;
    std::stop_callback<std::function<void()>> m_wake;
    std::optional<Clock::time_point> m_deadline;
    ProgramOutput m_result;
    pid_t m_child = -1;
    bool m_told = false;
};

} // namespace

ProgramOutput runProgram(const std::vector<std::string> &words, const ProgramLimits &limits)
{
    ProgramOutput failed;
    int out[2], err[2];
    if (words.empty() || ::pipe2(out, O_CLOEXEC) != 0) {
        failed.error = words.empty() ? EINVAL : errno;
        return failed;
    }
    Fd outRead(out[0]), outWrite(out[1]);
    if (::pipe2(err, O_CLOEXEC) != 0) {
        failed.error = errno;
        return failed;
    }
    Fd errRead(err[0]), errWrite(err[1]);
    Actions actions;
    ::posix_spawn_file_actions_addopen(&actions.actions, 0, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions.actions, outWrite.get(), 1);
    ::posix_spawn_file_actions_adddup2(&actions.actions, errWrite.get(), 2);
    const auto variables = environmentWith(limits.environment);
    const auto arguments = pointers(words), environment = pointers(variables);
    const Attributes attributes;
    pid_t child = -1;
    failed.error = ::posix_spawnp(&child, words[0].c_str(), &actions.actions, &attributes.attributes, arguments.data(), environment.data());
    if (failed.error)
        return failed;
    outWrite.reset();
    errWrite.reset();
    return Running(limits, std::move(outRead), std::move(errRead)).finish(child);
}

} // namespace kastellan::sev
