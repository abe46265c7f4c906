// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

#include <libvirt/libvirt.h>

namespace kastellan::sev::libvirt {

/// libvirt's events on poll(2), for a thread of their own. libvirt's default ones share GLib's main context with whatever else runs in the
/// program: where Qt does, they would wait for its event loop, and be called in the thread of its windows.
class PollEvents {
public:
    PollEvents();
    PollEvents(const PollEvents &) = delete;
    PollEvents &operator=(const PollEvents &) = delete;
    [[nodiscard]] bool good() const { return bool(m_wake); }

    // What virEventRegisterImpl takes; from any thread.
    int addHandle(int fd, int events, virEventHandleCallback call, void *opaque, virFreeCallback forget);
    void updateHandle(int number, int events);
    int removeHandle(int number);
    int addTimer(int milliseconds, virEventTimeoutCallback call, void *opaque, virFreeCallback forget);
    void updateTimer(int number, int milliseconds);
    int removeTimer(int number);

    /// Waits once, and calls what is due.
    void runOnce();

private:
    using Clock = std::chrono::steady_clock;
    struct Handle {
        int fd = -1, events = 0;
        virEventHandleCallback call = nullptr;
        void *opaque = nullptr;
        virFreeCallback forget = nullptr;
    };
    struct Timer {
        int milliseconds = -1; ///< -1: rests
        Clock::time_point next;
        virEventTimeoutCallback call = nullptr;
        void *opaque = nullptr;
        virFreeCallback forget = nullptr;
    };
    struct Forgotten {
        void *opaque = nullptr;
        virFreeCallback forget = nullptr;
    };
    void wake() const;
    void forgetRemoved();
    void callHandles(const std::vector<std::pair<int, int>> &ready);
    void callTimers();
    [[nodiscard]] int untilNext() const; ///< milliseconds; with the lock held

    const Fd m_wake;
    std::mutex m_mutex;
    std::map<int, Handle> m_handles; // guarded by m_mutex, as all below
    std::map<int, Timer> m_timers;
    std::vector<Forgotten> m_removed; ///< freed by the loop, never while their callback may run
    int m_next = 1;
};

} // namespace kastellan::sev::libvirt
