// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/kds/clock.h"

#include <vector>

namespace kastellan::test {

/// Time that passes by waiting alone.
class FakeClock final : public sev::kds::Clock {
public:
    std::chrono::milliseconds steady() override { return now; }
    std::int64_t unixSeconds() override { return unixStart + now.count() / 1000; }
    bool wait(std::chrono::milliseconds time, const std::stop_token &stop) override
    {
        waits.push_back(time.count());
        now += time;
        return !stop.stop_requested();
    }
    double jitter() override { return chance; }

    std::chrono::milliseconds now{1'000'000};
    std::int64_t unixStart = 1'800'000'000;
    double chance = 0;
    std::vector<std::int64_t> waits; ///< milliseconds
};

} // namespace kastellan::test
