// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/event_loop.h"

#include "sev-backend/libvirt/handles.h"

#include <csignal>
#include <thread>

namespace kastellan::sev::libvirt {
namespace {

Status start()
{
    const char *what = "start libvirt";
    if (::virInitialize() != 0)
        return failure(what, {});
    ::virSetErrorFunc(nullptr, [](void *, virErrorPtr) {}); // it would write to standard error
    if (::virEventRegisterDefaultImpl() != 0)
        return failure(what, "its event loop");
    // Signals are the business of the program's own threads.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread([] {
        while (::virEventRunDefaultImpl() == 0) {}
    }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return {};
}

struct Posted {
    std::function<void()> call;
};

} // namespace

Status startEventLoop()
{
    static const Status started = start();
    return started;
}

void inEventLoop(std::function<void()> call)
{
    auto *posted = new Posted{std::move(call)}; // libvirt frees it with the timer
    const auto run = [](int timer, void *opaque) {
        // A timer repeats until it is removed.
        ::virEventUpdateTimeout(timer, -1);
        if (const auto work = std::move(static_cast<Posted *>(opaque)->call))
            work();
        ::virEventRemoveTimeout(timer);
    };
    if (::virEventAddTimeout(0, run, posted, [](void *opaque) { delete static_cast<Posted *>(opaque); }) < 0)
        delete posted;
}

} // namespace kastellan::sev::libvirt
