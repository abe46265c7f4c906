// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/supervisor.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>

namespace kastellan::sev {
namespace {

constexpr unsigned mostThreads = 64;
constexpr auto moment = std::chrono::milliseconds(500);

} // namespace

struct Supervisor::State {
    State(std::shared_ptr<CallAnswers> givenAnswers, Fd descriptor)
        : answers(std::move(givenAnswers))
        , listener(std::move(descriptor))
        , end(::eventfd(0, EFD_CLOEXEC))
    {
    }
    const std::shared_ptr<CallAnswers> answers;
    const Listener listener;
    const Fd end; ///< readable for ever once answering ends
    std::mutex receiving; ///< who holds it waits for the next call

    std::mutex mutex;
    std::condition_variable changed;
    unsigned threads = 0, waiting = 0;
    bool ended = false;
};

Supervisor::Supervisor(std::shared_ptr<CallAnswers> answers, Fd listener)
    : m_state(std::make_shared<State>(std::move(answers), std::move(listener)))
{
    const std::scoped_lock lock(m_state->mutex);
    start(m_state);
}

Supervisor::~Supervisor()
{
    stop();
}

int Supervisor::fd() const
{
    return m_state->listener.fd();
}

void Supervisor::start(const std::shared_ptr<State> &state)
{
    try {
        std::thread([state] { work(state); }).detach();
        ++state->threads;
        ++state->waiting;
    } catch (const std::system_error &) { // those that are there go on
    }
}

/// The next call that takes more than a look; nothing at the end. One thread at a time.
std::optional<Listener::Received> Supervisor::next(State &state)
{
    const std::scoped_lock receiving(state.receiving);
    for (;;) {
        pollfd ready[] = {{state.listener.fd(), POLLIN, 0}, {state.end.get(), POLLIN, 0}};
        ::poll(ready, 2, -1);
        if (ready[1].revents || (ready[0].revents & POLLHUP))
            return std::nullopt;
        auto received = ready[0].revents & POLLIN ? state.listener.receive() : std::nullopt;
        if (!received)
            continue;
        const Caller caller(received->call.thread, [&] { return state.listener.waiting(received->id); });
        if (!state.answers->passes(received->call, caller))
            return received;
        state.listener.send(received->id, {});
    }
}

void Supervisor::work(const std::shared_ptr<State> &state)
{
    while (auto received = next(*state)) {
        {
            const std::scoped_lock lock(state->mutex);
            if (--state->waiting == 0 && state->threads < mostThreads && !state->ended)
                start(state);
        }
        Caller caller(received->call.thread, [&] { return state->listener.waiting(received->id); });
        state->listener.send(received->id, state->answers->answer(received->call, caller));
        const std::scoped_lock lock(state->mutex);
        ++state->waiting;
    }
    const std::scoped_lock lock(state->mutex);
    --state->waiting;
    --state->threads;
    state->changed.notify_all();
}

bool Supervisor::stop()
{
    std::unique_lock lock(m_state->mutex);
    if (!m_state->ended) {
        m_state->ended = true;
        ::eventfd_write(m_state->end.get(), 1);
    }
    return m_state->changed.wait_for(lock, moment, [&] { return m_state->threads == 0; });
}

} // namespace kastellan::sev
