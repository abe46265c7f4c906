// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/poll_events.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>

namespace kastellan::sev::libvirt {
namespace {

short toPoll(int events)
{
    return static_cast<short>(((events & VIR_EVENT_HANDLE_READABLE) ? POLLIN : 0) | ((events & VIR_EVENT_HANDLE_WRITABLE) ? POLLOUT : 0));
}

int fromPoll(short events)
{
    int found = 0;
    if (events & POLLIN)
        found |= VIR_EVENT_HANDLE_READABLE;
    if (events & POLLOUT)
        found |= VIR_EVENT_HANDLE_WRITABLE;
    if (events & (POLLERR | POLLNVAL))
        found |= VIR_EVENT_HANDLE_ERROR;
    if (events & POLLHUP)
        found |= VIR_EVENT_HANDLE_HANGUP;
    return found;
}

} // namespace

PollEvents::PollEvents()
    : m_wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
{
}

void PollEvents::wake() const
{
    ::eventfd_write(m_wake.get(), 1);
}

int PollEvents::addHandle(int fd, int events, virEventHandleCallback call, void *opaque, virFreeCallback forget)
{
    const std::lock_guard lock(m_mutex);
    m_handles[m_next] = {fd, events, call, opaque, forget};
    wake();
    return m_next++;
}

void PollEvents::updateHandle(int number, int events)
{
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_handles.find(number); found != m_handles.end())
        found->second.events = events;
    wake();
}

int PollEvents::removeHandle(int number)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_handles.find(number);
    if (found == m_handles.end())
        return -1;
    m_removed.push_back({found->second.opaque, found->second.forget});
    m_handles.erase(found);
    wake();
    return 0;
}

int PollEvents::addTimer(int milliseconds, virEventTimeoutCallback call, void *opaque, virFreeCallback forget)
{
    const std::lock_guard lock(m_mutex);
    m_timers[m_next] = {milliseconds, Clock::now() + std::chrono::milliseconds(milliseconds), call, opaque, forget};
    wake();
    return m_next++;
}

void PollEvents::updateTimer(int number, int milliseconds)
{
    const std::lock_guard lock(m_mutex);
    if (const auto found = m_timers.find(number); found != m_timers.end()) {
        found->second.milliseconds = milliseconds;
        found->second.next = Clock::now() + std::chrono::milliseconds(milliseconds);
    }
    wake();
}

int PollEvents::removeTimer(int number)
{
    const std::lock_guard lock(m_mutex);
    const auto found = m_timers.find(number);
    if (found == m_timers.end())
        return -1;
    m_removed.push_back({found->second.opaque, found->second.forget});
    m_timers.erase(found);
    wake();
    return 0;
}

int PollEvents::untilNext() const
{
    if (!m_removed.empty())
        return 0;
    std::int64_t least = -1;
    const auto now = Clock::now();
    for (const auto &[number, timer] : m_timers) {
        if (timer.milliseconds < 0)
            continue;
        const auto left = std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(timer.next - now).count());
        least = least < 0 ? left : std::min(least, left);
    }
    return static_cast<int>(std::min<std::int64_t>(least, std::numeric_limits<int>::max()));
}

void PollEvents::forgetRemoved()
{
    std::vector<Forgotten> removed;
    {
        const std::lock_guard lock(m_mutex);
        removed.swap(m_removed);
    }
    for (const auto &one : removed)
        if (one.forget)
            one.forget(one.opaque);
}

void PollEvents::runOnce()
{
    forgetRemoved();
    std::vector<pollfd> waited{{m_wake.get(), POLLIN, 0}};
    std::vector<int> numbers{0};
    int timeout = -1;
    {
        const std::lock_guard lock(m_mutex);
        for (const auto &[number, handle] : m_handles)
            if (handle.events) {
                waited.push_back({handle.fd, toPoll(handle.events), 0});
                numbers.push_back(number);
            }
        timeout = untilNext();
    }
    if (::poll(waited.data(), waited.size(), timeout) < 0)
        return; // interrupted: everything is looked at again
    if (waited.front().revents) {
        eventfd_t count = 0;
        ::eventfd_read(m_wake.get(), &count);
    }
    std::vector<std::pair<int, int>> ready;
    for (std::size_t i = 1; i < waited.size(); ++i)
        if (waited[i].revents)
            ready.emplace_back(numbers[i], fromPoll(waited[i].revents));
    callHandles(ready);
    callTimers();
}

void PollEvents::callHandles(const std::vector<std::pair<int, int>> &ready)
{
    for (const auto &[number, events] : ready) {
        Handle handle;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_handles.find(number);
            if (found == m_handles.end() || !found->second.events)
                continue;
            handle = found->second;
        }
        handle.call(number, handle.fd, events, handle.opaque);
    }
}

void PollEvents::callTimers()
{
    std::vector<int> due;
    const auto now = Clock::now();
    {
        const std::lock_guard lock(m_mutex);
        for (const auto &[number, timer] : m_timers)
            if (timer.milliseconds >= 0 && timer.next <= now)
                due.push_back(number);
    }
    for (const int number : due) {
        Timer timer;
        {
            const std::lock_guard lock(m_mutex);
            const auto found = m_timers.find(number);
            if (found == m_timers.end() || found->second.milliseconds < 0)
                continue;
            found->second.next = now + std::chrono::milliseconds(found->second.milliseconds);
            timer = found->second;
        }
        timer.call(number, timer.opaque);
    }
}

} // namespace kastellan::sev::libvirt
