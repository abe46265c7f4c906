// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"
#include "core/base/fd.h"

#include <chrono>
#include <string>
#include <vector>

#include <poll.h>

namespace kastellan::warden {

/// Takes what a source brings. Each stream is a connected socket of its own.
class StreamTaker {
public:
    virtual ~StreamTaker() = default;
    /// A stream on which an owner may speak.
    virtual void takeSession(Fd stream) = 0;
    /// A stream behind which the emulated firmware answers.
    virtual void takeFirmware(Fd stream) = 0;
    /// Something went wrong that ends nothing.
    virtual void note(std::string words) = 0;
};

/// Where streams come from: a listening socket in a process keep, a virtio port in a virtual machine. Driven by poll, never blocks.
class StreamSource {
public:
    using Clock = std::chrono::steady_clock;
    virtual ~StreamSource() = default;
    /// What to poll for, appended.
    virtual void wants(std::vector<pollfd> &fds) const = 0;
    /// For a descriptor that is ready; false: it is none of this source's. An error: nothing will come from here any more.
    [[nodiscard]] virtual Result<bool> serve(const pollfd &ready, StreamTaker &taker) = 0;
    /// When `tick` should be called at the latest, in milliseconds; -1: no need.
    [[nodiscard]] virtual int timeout(Clock::time_point) const { return -1; }
    [[nodiscard]] virtual Status tick(Clock::time_point, StreamTaker &) { return {}; }
};

} // namespace kastellan::warden
