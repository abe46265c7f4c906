// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/runner_process.h"

#include "app/keep-warden/privileges.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "start the runner";

struct Pipe {
    Fd read, write;
    [[nodiscard]] static Result<Pipe> make()
    {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0)
            return systemError(what, "pipe", errno);
        return Pipe{Fd(ends[0]), Fd(ends[1])};
    }
};

// Only what may be called between fork and exec. Ends in exec or not at all.
[[noreturn]] void becomeProgram(const std::string &program, std::array<int, 4> fds)
{
    becomeRunner();
    // Above 9 first: a descriptor that is already at another's place must not be lost.
    for (int &fd : fds)
        fd = ::fcntl(fd, F_DUPFD, 10);
    for (int i = 0; i < 4; ++i)
        if (::dup2(fds[static_cast<std::size_t>(i)], i) < 0)
            ::_exit(127);
    ::syscall(SYS_close_range, 4U, ~0U, 0U);
    ::signal(SIGPIPE, SIG_DFL);
    ::signal(SIGCHLD, SIG_DFL);
    const char *arguments[] = {"keep-runner", nullptr};
    const char *environment[] = {nullptr};
    ::execve(program.c_str(), const_cast<char *const *>(arguments), const_cast<char *const *>(environment));
    ::_exit(127);
}

} // namespace

Result<RunnerProcess> RunnerProcess::spawn(const std::string &program)
{
    KASTELLAN_ASSIGN(Pipe input, Pipe::make());
    KASTELLAN_ASSIGN(Pipe out, Pipe::make());
    KASTELLAN_ASSIGN(Pipe err, Pipe::make());
    int control[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0)
        return systemError(what, "control socket", errno);
    RunnerProcess runner;
    runner.m_control = Fd(control[0]);
    const Fd theirs(control[1]);
    const pid_t child = ::fork();
    if (child < 0)
        return systemError(what, program, errno);
    if (child == 0)
        becomeProgram(program, {input.read.get(), out.write.get(), err.write.get(), theirs.get()});
    runner.m_input = std::move(input.write);
    runner.m_output = {std::move(out.read), std::move(err.read)};
    for (const int fd : {runner.m_input.get(), runner.m_output[0].get(), runner.m_output[1].get()})
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    const timeval patience{5, 0};
    ::setsockopt(runner.m_control.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    return runner;
}

Status RunnerProcess::run(const session::RunRequest &request)
{
    if (!m_control)
        return environment(what, {}, "the runner has ended");
    const Bytes order = session::encode(request);
    ByteView rest = order;
    while (!rest.empty()) {
        const ssize_t count = ::send(m_control.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(what, "control socket", errno);
        rest = rest.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

void RunnerProcess::kill()
{
    const Bytes order = session::killOrder();
    static_cast<void>(::send(m_control.get(), order.data(), order.size(), MSG_NOSIGNAL));
}

Result<std::optional<session::RunEvent>> RunnerProcess::next()
{
    for (;;) {
        KASTELLAN_ASSIGN(const auto message, session::takeRunMessage(m_messages));
        if (message) {
            KASTELLAN_ASSIGN(auto event, session::decodeRunEvent(*message));
            return event;
        }
        std::array<std::uint8_t, 4096> buffer{};
        const ssize_t count = ::recv(m_control.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (count > 0) {
            m_messages.insert(m_messages.end(), buffer.begin(), buffer.begin() + count);
            continue;
        }
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return std::nullopt;
        m_control.reset();
        return environment("run the workload", {}, "the runner has ended unexpectedly");
    }
}

std::size_t RunnerProcess::input(ByteView data)
{
    while (m_input && !data.empty()) {
        const ssize_t count = ::write(m_input.get(), data.data(), data.size());
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return 0;
        if (errno != EINTR)
            m_input.reset();
    }
    return data.size();
}

std::optional<ByteView> RunnerProcess::output(unsigned stream, std::size_t limit)
{
    Fd &fd = m_output[stream == 2];
    m_buffer.resize(std::min<std::size_t>(limit, 64 * 1024));
    while (fd) {
        const ssize_t count = ::read(fd.get(), m_buffer.data(), m_buffer.size());
        if (count > 0)
            return ByteView(m_buffer).first(static_cast<std::size_t>(count));
        if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return ByteView();
        if (count == 0 || errno != EINTR)
            fd.reset();
    }
    return std::nullopt;
}

} // namespace kastellan::warden
