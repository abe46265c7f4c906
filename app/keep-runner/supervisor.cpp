// SPDX-License-Identifier: Apache-2.0
#include "app/keep-runner/supervisor.h"

#include "app/keep-runner/confinement.h"
#include "app/keep-runner/module_run.h"
#include "core/base/fd.h"
#include "core/base/file.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <optional>
#include <string>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>

namespace kastellan::runner {
namespace {

using session::RunEvent;
using session::RunRequest;
using Clock = std::chrono::steady_clock;

/// The child that runs the module, known by a descriptor: its number could be someone else's one day.
struct Child {
    Fd handle, events;
};

void tell(int control, const RunEvent &event)
{
    const Bytes bytes = session::encode(event);
    static_cast<void>(::send(control, bytes.data(), bytes.size(), MSG_NOSIGNAL));
}

/// Reads more from a descriptor; false when it has ended.
bool readMore(int fd, Bytes &buffer)
{
    std::array<std::uint8_t, 16 * 1024> part{};
    for (;;) {
        const ssize_t count = ::read(fd, part.data(), part.size());
        if (count > 0) {
            buffer.insert(buffer.end(), part.begin(), part.begin() + count);
            return true;
        }
        if (count == 0 || errno != EINTR)
            return false;
    }
}

/// Waits for the order. nullopt: told to end before there was one, or the warden is gone.
std::optional<Bytes> awaitOrder(int control, Bytes &buffer)
{
    for (;;) {
        auto message = session::takeRunMessage(buffer);
        if (!message || (*message && (*message)->empty()))
            return std::nullopt;
        if (*message)
            return std::move(**message);
        if (!readMore(control, buffer))
            return std::nullopt;
    }
}

[[noreturn]] void beChild(const RunRequest &request, const Fd &events)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::prctl(PR_SET_DUMPABLE, 0);
    ::syscall(SYS_close_range, 3U, static_cast<unsigned>(events.get() - 1), 0U);
    ::syscall(SYS_close_range, static_cast<unsigned>(events.get() + 1), ~0U, 0U);
    const auto say = [&events](const RunEvent &event) { static_cast<void>(writeAll(events.get(), session::encode(event), "events")); };
    say(runModule(request, [&say] { say({RunEvent::Kind::Started, 0, {}}); }));
    ::_exit(0);
}

Result<Child> startChild(const RunRequest &request)
{
    constexpr const char *what = "start the module's process";
    int ends[2];
    if (::pipe2(ends, 0) != 0)
        return systemError(what, "pipe", errno);
    Child child{Fd(), Fd(ends[0])};
    const Fd writing(ends[1]);
    const pid_t pid = ::fork();
    if (pid < 0)
        return systemError(what, "fork", errno);
    if (pid == 0)
        beChild(request, writing);
    child.handle = Fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
    if (!child.handle) {
        const int number = errno;
        ::kill(pid, SIGKILL);
        return systemError(what, "pidfd_open", number);
    }
    return child;
}

std::string signalName(int number)
{
    const char *name = ::sigabbrev_np(number);
    const std::string text = name ? std::string("SIG") + name : "signal " + std::to_string(number);
    switch (number) {
    case SIGSEGV:
    case SIGBUS:
        return "stack overflow or invalid access (" + text + ")";
    case SIGABRT:
        return "out of memory, or the runtime gave up (" + text + ")";
    case SIGSYS:
        return "a system call that is not allowed (" + text + ")";
    default:
        return "ended by " + text;
    }
}

/// Holds the child until it has ended, and tells the warden all it says.
class Supervision {
public:
    Supervision(int control, Bytes buffered, Child child, std::uint64_t seconds)
        : m_control(control)
        , m_orders(std::move(buffered))
        , m_child(std::move(child))
        , m_seconds(seconds)
    {
    }

    void run()
    {
        while (m_child.events) {
            pollfd fds[2] = {{m_child.events.get(), POLLIN, 0}, {m_wardenGone ? -1 : m_control, POLLIN, 0}};
            const int ready = ::poll(fds, 2, timeout());
            if (ready < 0 && errno != EINTR)
                break;
            if (ready > 0 && fds[0].revents)
                readEvents();
            if (ready > 0 && fds[1].revents)
                readOrders();
            if (m_until && Clock::now() >= *m_until) {
                m_until.reset();
                kill("limit: time of " + std::to_string(m_seconds) + " s");
            }
        }
        siginfo_t info{};
        while (::waitid(P_PIDFD, static_cast<id_t>(m_child.handle.get()), &info, WEXITED) != 0 && errno == EINTR) {}
        if (!m_killed.empty())
            tell(m_control, {RunEvent::Kind::Stopped, 0, m_killed});
        else if (m_end)
            tell(m_control, *m_end);
        else
            tell(m_control,
                {m_until || m_started ? RunEvent::Kind::Trapped : RunEvent::Kind::Failed, 0,
                    info.si_code == CLD_EXITED ? "the runner ended early" : signalName(info.si_status)});
    }

private:
    [[nodiscard]] int timeout() const
    {
        if (!m_until)
            return -1;
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(*m_until - Clock::now()).count();
        return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1 << 30));
    }

    void readEvents()
    {
        if (!readMore(m_child.events.get(), m_events))
            m_child.events.reset();
        for (;;) {
            const auto message = session::takeRunMessage(m_events);
            if (!message || !*message)
                break;
            auto event = session::decodeRunEvent(**message);
            if (!event)
                break;
            if (event->kind == RunEvent::Kind::Started) {
                m_started = true;
                if (m_seconds > 0)
                    m_until = Clock::now() + std::chrono::seconds(m_seconds);
                tell(m_control, *event);
            } else {
                m_end = std::move(*event);
            }
        }
    }

    void readOrders()
    {
        const bool open = readMore(m_control, m_orders);
        const auto message = session::takeRunMessage(m_orders);
        if (!open)
            m_wardenGone = true;
        if (!open || !message || *message) // after the first, the only order is to end it
            kill("stop");
    }

    void kill(std::string reason)
    {
        if (!m_killed.empty())
            return;
        m_killed = std::move(reason);
        ::syscall(SYS_pidfd_send_signal, m_child.handle.get(), SIGKILL, nullptr, 0);
    }

    int m_control;
    Bytes m_orders, m_events;
    Child m_child;
    std::uint64_t m_seconds;
    std::optional<Clock::time_point> m_until;
    std::optional<RunEvent> m_end;
    std::string m_killed;
    bool m_started = false, m_wardenGone = false;
};

} // namespace

int supervise(int control)
{
    const rlimit none{0, 0};
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::setrlimit(RLIMIT_CORE, &none) != 0 || ::prctl(PR_SET_DUMPABLE, 0) != 0)
        return 1;
    std::signal(SIGPIPE, SIG_IGN);
    tell(control, {RunEvent::Kind::Ready, ::getuid(), {}});
    Bytes buffer;
    const auto order = awaitOrder(control, buffer);
    if (!order)
        return 0;
    const auto failed = [control](const Error &error) {
        tell(control, {RunEvent::Kind::Failed, 0, error.message()});
        return 1;
    };
    const auto request = session::decodeRunRequest(*order);
    if (!request)
        return failed(request.error());
    // Before they part: a signal may go only to who is within one's own Landlock domain, and the child has to be within ours.
    if (auto status = confineFiles(std::filesystem::path(request->module).parent_path().string()); !status)
        return failed(status.error());
    auto child = startChild(*request);
    if (!child)
        return failed(child.error());
    for (int stream : {0, 1, 2}) // they are the module's: while we hold them nobody sees their end
        ::close(stream);
    if (auto status = confineSupervisor(); !status)
        return failed(status.error()); // the child dies with us
    Supervision(control, std::move(buffer), std::move(*child), request->timeLimit).run();
    return 0;
}

} // namespace kastellan::runner
