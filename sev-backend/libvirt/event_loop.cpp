// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/event_loop.h"

#include "sev-backend/libvirt/handles.h"
#include "sev-backend/libvirt/poll_events.h"

#include <cerrno>
#include <csignal>
#include <thread>

namespace kastellan::sev::libvirt {
namespace {

/// Never destroyed: libvirt may call to the very end.
PollEvents &events()
{
    static auto *const all = new PollEvents;
    return *all;
}

Status start()
{
    const char *what = "start libvirt";
    // libvirt writes to its daemon without asking whether that is still there.
    struct sigaction pipe{};
    if (::sigaction(SIGPIPE, nullptr, &pipe) == 0 && pipe.sa_handler == SIG_DFL)
        ::signal(SIGPIPE, SIG_IGN);
    if (::virInitialize() != 0)
        return failure(what, {});
    ::virSetErrorFunc(nullptr, [](void *, virErrorPtr) {}); // it would write to standard error
    if (!events().good())
        return systemError(what, "its event loop", errno);
    ::virEventRegisterImpl([](int fd, int wanted, virEventHandleCallback call, void *opaque,
                               virFreeCallback forget) { return events().addHandle(fd, wanted, call, opaque, forget); },
        [](int number, int wanted) { events().updateHandle(number, wanted); }, [](int number) { return events().removeHandle(number); },
        [](int milliseconds, virEventTimeoutCallback call, void *opaque, virFreeCallback forget) {
            return events().addTimer(milliseconds, call, opaque, forget);
        },
        [](int number, int milliseconds) { events().updateTimer(number, milliseconds); },
        [](int number) { return events().removeTimer(number); });
    // Signals are the business of the program's own threads.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    std::thread([] {
        for (;;)
            events().runOnce();
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
