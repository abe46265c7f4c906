// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/fd.h"

#include <stop_token>
#include <thread>

namespace kastellan::keepctl {

/// Turns Ctrl-C, hang-up and termination into bytes of a pipe, while it lives. There can be one at a time. Handlers, not masks: programs
/// that are started meanwhile have the signals' defaults again.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts &) = delete;
    Interrupts &operator=(const Interrupts &) = delete;
    /// Readable when a signal has come.
    [[nodiscard]] int fd() const { return m_read.get(); }
    /// The next signal that has come, 0 when there is none. Never blocks.
    [[nodiscard]] int next();
    /// The first signal that came, 0 when none did.
    [[nodiscard]] int first() const { return m_first; }

private:
    Fd m_read;
    int m_first = 0;
};

/// While it lives, a signal asks the stop token to stop: for work that only looks at a token. Signals are left in `interrupts` for nobody.
class StopOnInterrupt {
public:
    explicit StopOnInterrupt(Interrupts &interrupts);
    ~StopOnInterrupt();
    StopOnInterrupt(const StopOnInterrupt &) = delete;
    StopOnInterrupt &operator=(const StopOnInterrupt &) = delete;
    [[nodiscard]] std::stop_token token() const { return m_stop.get_token(); }

private:
    std::stop_source m_stop;
    Fd m_end; ///< closing it ends the thread
    std::thread m_thread;
};

} // namespace kastellan::keepctl
