// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

#include <atomic>
#include <csignal>
#include <thread>

namespace kastellan::loader {
namespace {

std::atomic<int> threads{0};
std::atomic<bool> everGivenUp{false};

void inThread(std::function<void()> call)
{
    // Signals are the business of the loop.
    sigset_t all, before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_BLOCK, &all, &before);
    ++threads;
    std::thread([call = std::move(call)]() mutable {
        call();
        call = nullptr; // what it holds may wait for its host as well
        --threads;
    }).detach();
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

std::string timerOf(const std::string &name)
{
    return "call: " + name;
}

} // namespace

struct Calls::Shared {
    std::mutex mutex;
    PollLoop *loop = nullptr; ///< none: nobody waits for anything any more. Guarded by mutex, as every call's `givenUp`
};

struct Calls::Call {
    Patience patience;
    std::function<void()> work, done, tooLong, late;
    bool givenUp = false;
};

Calls::Calls(PollLoop &loop)
    : m_loop(loop)
    , m_shared(std::make_shared<Shared>())
{
    m_shared->loop = &loop;
}

Calls::~Calls()
{
    while (!m_running.empty())
        forget(std::string(m_running.begin()->first));
    const std::lock_guard lock(m_shared->mutex);
    m_shared->loop = nullptr;
}

void Calls::begin(const std::string &name, Patience patience, std::function<void()> work, std::function<void()> done,
    std::function<void()> tooLong, std::function<void()> late)
{
    forget(name);
    auto call = std::make_shared<Call>(Call{patience, std::move(work), std::move(done), std::move(tooLong), std::move(late)});
    m_running[name] = call;
    renew(name);
    inThread([this, name, call, shared = m_shared] {
        call->work();
        call->work = nullptr;
        {
            const std::lock_guard lock(shared->mutex);
            if (!call->givenUp)
                return shared->loop->post([this, name, call, shared] {
                    {
                        const std::lock_guard still(shared->mutex);
                        if (call->givenUp)
                            return inThread([call] { call->late(); });
                    }
                    static_cast<void>(take(name));
                    call->done();
                });
        }
        call->late();
    });
}

std::shared_ptr<Calls::Call> Calls::take(const std::string &name)
{
    const auto found = m_running.find(name);
    if (found == m_running.end())
        return nullptr;
    auto call = std::move(found->second);
    m_running.erase(found);
    m_loop.cancel(timerOf(name));
    return call;
}

void Calls::giveUp(const std::string &name)
{
    const auto it = m_running.find(name);
    if (it == m_running.end())
        return;
    const auto tooLong = it->second->tooLong;
    forget(name);
    if (tooLong)
        tooLong();
}

void Calls::forget(const std::string &name)
{
    if (const auto call = take(name)) {
        everGivenUp = true;
        const std::lock_guard lock(m_shared->mutex);
        call->givenUp = true;
    }
}

void Calls::renew(const std::string &name)
{
    if (const auto found = m_running.find(name); found != m_running.end() && found->second->patience)
        m_loop.after(timerOf(name), *found->second->patience, [this, name] { giveUp(name); });
}

std::function<void(std::function<void()>)> Calls::poster() const
{
    return [shared = m_shared](std::function<void()> call) {
        const std::lock_guard lock(shared->mutex);
        if (shared->loop)
            shared->loop->post(std::move(call));
    };
}

bool Calls::mayHang()
{
    return threads > 0 || everGivenUp;
}

} // namespace kastellan::loader
