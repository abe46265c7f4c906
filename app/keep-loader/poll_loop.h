// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace kastellan::loader {

/// A single-threaded poll(2) loop: descriptors, timers, and calls posted from other threads.
class PollLoop {
public:
    using Clock = std::chrono::steady_clock;

    PollLoop();
    PollLoop(const PollLoop &) = delete;
    PollLoop &operator=(const PollLoop &) = delete;

    /// Calls `ready(revents)` while `wants()` says events to wait for; 0 waits for none. Returns a number for `drop`.
    int watch(int fd, std::function<short()> wants, std::function<void(short)> ready);
    void drop(int number);
    /// Calls once after `delay`; a second timer of the same name replaces the first.
    void after(const std::string &name, Clock::duration delay, std::function<void()> call);
    void cancel(const std::string &name);
    /// From any thread: runs `call` in the loop.
    void post(std::function<void()> call);
    /// Runs until `finish`.
    void run();
    void finish() { m_finished = true; }

private:
    struct Watch {
        int fd = -1;
        std::function<short()> wants;
        std::function<void(short)> ready;
    };
    struct Timer {
        Clock::time_point at;
        std::function<void()> call;
    };
    void runPosted();
    void runTimers();
    [[nodiscard]] int timeout() const;

    std::map<int, std::shared_ptr<Watch>> m_watches;
    std::map<std::string, Timer> m_timers;
    int m_next = 1;
    bool m_finished = false;
    Fd m_wake;
    std::mutex m_mutex;
    std::vector<std::function<void()>> m_posted; // guarded by m_mutex
};

} // namespace kastellan::loader
