// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/guest/patience.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>

namespace kastellan::sev {

bool Pauses::wait(const std::stop_token &stop)
{
    const auto pause = std::min(m_next, m_patience.whole - m_waited);
    if (pause <= std::chrono::milliseconds::zero() || stop.stop_requested())
        return false;
    std::mutex mutex;
    std::condition_variable_any changed;
    std::unique_lock lock(mutex);
    static_cast<void>(changed.wait_for(lock, stop, pause, [] { return false; }));
    m_waited += pause;
    m_next = std::min(m_next * 2, m_patience.most);
    return !stop.stop_requested();
}

} // namespace kastellan::sev
