// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <stop_token>

namespace kastellan::sev::kds {

/// Time and waiting, so that tests need not wait.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual std::chrono::milliseconds steady() = 0; ///< since some start; never goes back
    [[nodiscard]] virtual std::int64_t unixSeconds() = 0;
    /// Waits so long, or until `stop` is asked for; false then.
    [[nodiscard]] virtual bool wait(std::chrono::milliseconds time, const std::stop_token &stop) = 0;
    /// From 0 to 1: what is added to waiting times, so that many clients do not come again at once.
    [[nodiscard]] virtual double jitter() = 0;
};
/// The machine's.
[[nodiscard]] Clock &systemClock();

} // namespace kastellan::sev::kds
