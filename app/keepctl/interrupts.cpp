// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/interrupts.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>

#include <fcntl.h>
#include <poll.h>

namespace kastellan::keepctl {

namespace {

std::atomic<int> writeEnd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void handle(int number)
{
    const int saved = errno;
    const auto byte = static_cast<unsigned char>(number);
    if (const int fd = writeEnd.load(); fd >= 0)
        static_cast<void>(!::write(fd, &byte, 1)); // full: enough signals wait already
    errno = saved;
}

constexpr std::array signals{SIGINT, SIGTERM, SIGHUP};

std::pair<Fd, Fd> makePipe()
{
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return {};
    return {Fd(ends[0]), Fd(ends[1])};
}

} // namespace

Interrupts::Interrupts()
{
    auto [read, write] = makePipe();
    m_read = std::move(read);
    writeEnd = write.release();
    struct sigaction action = {};
    action.sa_handler = handle;
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    for (const int number : signals) {
        struct sigaction before = {};
        ::sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN) // nohup stays nohup
            ::sigaction(number, &action, nullptr);
    }
}

Interrupts::~Interrupts()
{
    for (const int number : signals) {
        struct sigaction before = {};
        ::sigaction(number, nullptr, &before);
        if (before.sa_handler == handle)
            ::signal(number, SIG_DFL);
    }
    if (const int fd = writeEnd.exchange(-1); fd >= 0)
        ::close(fd);
}

int Interrupts::next()
{
    unsigned char number = 0;
    if (::read(m_read.get(), &number, 1) != 1)
        return 0;
    if (!m_first)
        m_first = number;
    return number;
}

StopOnInterrupt::StopOnInterrupt(Interrupts &interrupts)
{
    auto [read, write] = makePipe();
    m_end = std::move(write);
    m_thread = std::thread([this, &interrupts, end = std::move(read)] {
        std::array<pollfd, 2> fds{pollfd{interrupts.fd(), POLLIN, 0}, pollfd{end.get(), POLLIN, 0}};
        while (::poll(fds.data(), fds.size(), -1) < 0 && errno == EINTR) {}
        if (fds[0].revents && interrupts.next())
            m_stop.request_stop();
    });
}

StopOnInterrupt::~StopOnInterrupt()
{
    m_end.reset();
    m_thread.join();
}

} // namespace kastellan::keepctl
