// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/kds/clock.h"

#include "core/base/digest.h"

#include <condition_variable>
#include <mutex>

namespace kastellan::sev::kds {
namespace {

class SystemClock final : public Clock {
public:
    std::chrono::milliseconds steady() override
    {
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch());
    }
    std::int64_t unixSeconds() override
    {
        return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    }
    bool wait(std::chrono::milliseconds time, const std::stop_token &stop) override
    {
        std::mutex mutex;
        std::condition_variable_any changed;
        std::unique_lock lock(mutex);
        changed.wait_for(lock, stop, time, [] { return false; });
        return !stop.stop_requested();
    }
    double jitter() override
    {
        std::array<std::uint8_t, 4> random{};
        randomBytes(random);
        return static_cast<double>(loadLe<std::uint32_t>(random, 0)) / 4294967295.0;
    }
};

} // namespace

Clock &systemClock()
{
    static SystemClock clock;
    return clock;
}

} // namespace kastellan::sev::kds
