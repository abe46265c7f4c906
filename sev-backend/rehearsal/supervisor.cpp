// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/supervisor.h"

#include <algorithm>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

void signalProcess(int pidfd, int number)
{
    if (pidfd >= 0)
        ::syscall(SYS_pidfd_send_signal, pidfd, number, nullptr, 0);
}

/// Closes every descriptor that is not kept.
void closeOthers(std::vector<int> kept)
{
    std::ranges::sort(kept);
    unsigned from = 3;
    for (const int fd : kept) {
        if (fd < 3)
            continue;
        if (static_cast<unsigned>(fd) > from)
            ::close_range(from, static_cast<unsigned>(fd) - 1, 0);
        from = static_cast<unsigned>(fd) + 1;
    }
    ::close_range(from, ~0u, 0);
}

bool readable(int fd)
{
    pollfd entry{fd, POLLIN, 0};
    return ::poll(&entry, 1, 0) > 0;
}

} // namespace

void Supervisor::isolate()
{
    ::setsid();
    (void)!::chdir("/");
    ::prctl(PR_SET_NAME, "keep-qemu", 0, 0, 0);
    const Fd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
    for (const int stream : {0, 1, 2})
        if (nowhere && (stream < 2 || m_parts.detached))
            ::dup2(nowhere.get(), stream);
    for (const int ignored : {SIGPIPE, SIGINT, SIGHUP, SIGQUIT, SIGCHLD})
        std::signal(ignored, SIG_IGN);
    std::vector<int> kept{m_parts.qemu.get()};
    for (const auto &monitor : m_parts.monitors)
        std::ranges::copy(monitor->descriptors(), std::back_inserter(kept));
    if (m_parts.port)
        kept.push_back(m_parts.port->fd());
    // The firmware's own files (the lock that says how many guests there are) are found by what they are: open files of a folder of ours.
    for (int fd = 3; fd < 1024; ++fd)
        if (const int flags = ::fcntl(fd, F_GETFD); flags >= 0 && (flags & FD_CLOEXEC))
            kept.push_back(fd); // ours: what was inherited for QEMU has no such flag
    closeOthers(std::move(kept));
}

void Supervisor::startGuardian()
{
    if (!m_parts.qemu)
        return;
    const Fd own(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0)));
    if (!own || ::fork() != 0)
        return;
    // The guardian: nothing but two processes to watch.
    std::signal(SIGTERM, SIG_IGN);
    const int qemu = m_parts.qemu.get();
    for (const int stream : {1, 2})
        ::dup2(0, stream);
    closeOthers({own.get(), qemu});
    pollfd entries[2] = {{own.get(), POLLIN, 0}, {qemu, POLLIN, 0}};
    while (::poll(entries, 2, -1) < 0 && errno == EINTR)
        continue;
    if (!entries[1].revents)
        signalProcess(qemu, SIGKILL);
    ::_exit(0);
}

void Supervisor::end(const Refusal &refusal)
{
    say(refusal, m_parts.timestamps);
    if (m_parts.qemu)
        signalProcess(m_parts.qemu.get(), refusal.aborts ? SIGABRT : SIGKILL);
}

bool Supervisor::round(int signals)
{
    std::vector<pollfd> entries{{signals, POLLIN, 0}};
    if (m_parts.qemu)
        entries.push_back({m_parts.qemu.get(), POLLIN, 0});
    if (m_parts.port)
        entries.push_back({m_parts.port->fd(), m_parts.port->wanted(), 0});
    for (const auto &monitor : m_parts.monitors)
        monitor->wants(entries);
    if (::poll(entries.data(), entries.size(), -1) < 0)
        return errno == EINTR;
    bool goesOn = true;
    for (const pollfd &entry : entries) {
        if (entry.revents == 0)
            continue;
        if (entry.fd == signals) {
            signalfd_siginfo info{};
            if (::read(signals, &info, sizeof info) == sizeof info)
                signalProcess(m_parts.qemu.get(), SIGTERM); // QEMU ends in its own way, and we with it
        } else if (entry.fd == m_parts.qemu.get()) {
            goesOn = false;
        } else if (m_parts.port && entry.fd == m_parts.port->fd()) {
            m_parts.port->handle();
        } else {
            for (const auto &monitor : m_parts.monitors)
                monitor->handle(entry);
        }
    }
    for (const auto &monitor : m_parts.monitors)
        if (monitor->refusal()) {
            end(*monitor->refusal());
            return false;
        }
    if (!m_parts.qemu && std::ranges::all_of(m_parts.monitors, [](const auto &monitor) { return monitor->qemuGone(); }))
        return false;
    return goesOn;
}

void Supervisor::run()
{
    isolate();
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);
    const Fd signals(::signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
    startGuardian();
    while (round(signals.get()))
        continue;
    // A QEMU that was killed is waited for: its client sees the end of the monitor when the process is gone.
    while (m_parts.qemu && !readable(m_parts.qemu.get())) {
        pollfd entry{m_parts.qemu.get(), POLLIN, 0};
        ::poll(&entry, 1, -1);
    }
    for (const auto &monitor : m_parts.monitors)
        monitor->farewell();
    for (const std::string &socket : m_parts.sockets)
        ::unlink(socket.c_str());
}

} // namespace kastellan::sev
