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

void Supervisor::work(const std::shared_ptr<State> &state)
{
    for (;;) {
        std::optional<Listener::Received> received;
        {
            const std::scoped_lock receiving(state->receiving);
            pollfd ready[] = {{state->listener.fd(), POLLIN, 0}, {state->end.get(), POLLIN, 0}};
            ::poll(ready, 2, -1);
            if (ready[1].revents || (ready[0].revents & POLLHUP))
                break;
            if (ready[0].revents & POLLIN)
                received = state->listener.receive();
        }
        if (!received)
            continue;
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
