// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/readiness/within_time.h"

#include <condition_variable>
#include <csignal>
#include <memory>
#include <mutex>
#include <thread>

namespace kastellan::sev {

Waited withinTime(std::function<void()> work, std::chrono::milliseconds time, const std::stop_token &stop)
{
    struct Shared {
        std::mutex mutex;
        std::condition_variable_any changed;
        bool done = false;
    };
    const auto shared = std::make_shared<Shared>();
    // Signals are for the threads that wait for them.
    sigset_t all, before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread([shared, work = std::move(work)] {
        work();
        const std::scoped_lock lock(shared->mutex);
        shared->done = true;
        shared->changed.notify_all();
    }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    std::unique_lock lock(shared->mutex);
    if (shared->changed.wait_for(lock, stop, time, [&shared] { return shared->done; }))
        return Waited::Done;
    return stop.stop_requested() ? Waited::Stopped : Waited::TooLong;
}

} // namespace kastellan::sev
