// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <stop_token>

namespace kastellan::sev {

/// How long a guest waits for a hypervisor that throttles its requests: pauses that double, up to a bound, and an end.
struct GuestPatience {
    std::chrono::milliseconds first{50}, most{2'000}, whole{30'000};
};

/// The pauses of one question.
class Pauses {
public:
    explicit Pauses(const GuestPatience &patience)
        : m_patience(patience)
        , m_next(patience.first)
    {
    }
    /// Waits once more. False: the patience is at its end, or `stop` was asked.
    [[nodiscard]] bool wait(const std::stop_token &stop);
    /// How long was waited altogether.
    [[nodiscard]] std::chrono::milliseconds waited() const { return m_waited; }

private:
    GuestPatience m_patience;
    std::chrono::milliseconds m_next, m_waited{0};
};

} // namespace kastellan::sev
