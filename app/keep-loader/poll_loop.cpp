// SPDX-License-Identifier: Apache-2.0
#include "poll_loop.h"

#include <algorithm>
#include <climits>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>

namespace kastellan::loader {

PollLoop::PollLoop()
    : m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

int PollLoop::watch(int fd, std::function<short()> wants, std::function<void(short)> ready)
{
    m_watches[m_next] = std::make_shared<Watch>(Watch{fd, std::move(wants), std::move(ready)});
    return m_next++;
}

void PollLoop::drop(int number)
{
    m_watches.erase(number);
}

void PollLoop::after(const std::string &name, Clock::duration delay, std::function<void()> call)
{
    m_timers[name] = {Clock::now() + delay, std::move(call)};
}

void PollLoop::cancel(const std::string &name)
{
    m_timers.erase(name);
}

void PollLoop::post(std::function<void()> call)
{
    {
        const std::scoped_lock lock(m_mutex);
        m_posted.push_back(std::move(call));
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(m_wake.get(), &one, sizeof one); // a full counter wakes us as well
}

void PollLoop::runPosted()
{
    std::vector<std::function<void()>> calls;
    {
        const std::scoped_lock lock(m_mutex);
        calls.swap(m_posted);
    }
    for (auto &call : calls)
        call();
}

void PollLoop::runTimers()
{
    const auto now = Clock::now();
    for (;;) {
        const auto due = std::ranges::find_if(m_timers, [&](const auto &timer) { return timer.second.at <= now; });
        if (due == m_timers.end())
            return;
        const auto call = std::move(due->second.call);
        m_timers.erase(due);
        call();
    }
}

int PollLoop::timeout() const
{
    auto next = Clock::time_point::max();
    for (const auto &[name, timer] : m_timers)
        next = std::min(next, timer.at);
    if (next == Clock::time_point::max())
        return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now()).count();
    return static_cast<int>(std::clamp<long long>(left, 0, INT_MAX));
}

void PollLoop::run()
{
    std::vector<pollfd> fds;
    std::vector<std::pair<int, std::weak_ptr<Watch>>> polled;
    while (!m_finished) {
        fds.assign(1, {m_wake.get(), POLLIN, 0});
        polled.clear();
        for (const auto &[number, watch] : m_watches) {
            const short events = watch->wants();
            // A negative descriptor is skipped by poll; its errors would otherwise be reported again and again.
            fds.push_back({events ? watch->fd : -1, events, 0});
            polled.emplace_back(number, watch);
        }
        if (::poll(fds.data(), fds.size(), timeout()) > 0) {
            if (fds[0].revents) {
                std::uint64_t count = 0;
                [[maybe_unused]] const auto got = ::read(m_wake.get(), &count, sizeof count);
            }
            for (std::size_t i = 0; i < polled.size() && !m_finished; ++i)
                if (fds[i + 1].revents)
                    if (const auto watch = polled[i].second.lock()) // may have been dropped by a call before
                        watch->ready(fds[i + 1].revents);
        }
        if (!m_finished)
            runPosted();
        if (!m_finished)
            runTimers();
    }
}

} // namespace kastellan::loader
