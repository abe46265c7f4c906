// SPDX-License-Identifier: Apache-2.0
// The engine takes over a keep whose loader died.
#include "engine.h"

#include "core/base/file.h"

#include <algorithm>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr auto takeOverPatience = 60s;
constexpr auto seekTime = 10min;
constexpr PollLoop::Clock::duration firstSeekPause = 250ms, longestSeekPause = 5s;

} // namespace

void Engine::resume()
{
    note("a new loader takes over");
    m_seekUntil = PollLoop::Clock::now() + seekTime;
    m_seekPause = firstSeekPause;
    takeOver();
}

void Engine::takeOver()
{
    m_calls.start<Result<std::shared_ptr<RunningKeep>>>(
        call::takeOver, takeOverPatience,
        [host = m_host, status = m_status.get(), folder = m_folder.string()]() -> Result<std::shared_ptr<RunningKeep>> {
            return host->resume(status, folder);
        },
        [this](Result<std::shared_ptr<RunningKeep>> keep) { tookOver(std::move(keep)); },
        [this] { tookOver(environment("find the keep again", m_plan.host, "its host did not answer")); });
}

/// A keep that runs is not given up because its host can't be reached just now: it is sought again for a while.
void Engine::tookOver(Result<std::shared_ptr<RunningKeep>> keep)
{
    m_loop.cancel("stop");
    m_loop.cancel("waiting");
    if (keep)
        takeKeep(std::move(*keep));
    if (m_stopWanted)
        return end(KeepState::Stopped, "stopped");
    if (!keep && keep.error().kind == ErrorKind::Environment && m_plan.machine && m_status.get().state >= KeepState::Running
        && PollLoop::Clock::now() < *m_seekUntil) {
        suspect("its host can't be reached, and is sought again: " + keep.error().message());
        m_loop.after("take over", m_seekPause, [this] { takeOver(); });
        m_seekPause = std::min(m_seekPause * 2, longestSeekPause);
        return;
    }
    if (!keep)
        return fail(keep.error());
    tookOverKeep();
}

void Engine::tookOverKeep()
{
    if (isWhole()) {
        if (m_status.get().state < KeepState::Running)
            return fail(
                {ErrorKind::Environment, "take over the keep", m_plan.name, "its loader ended before it was judged", "Launch it again."});
        return;
    }
    if (auto manifest = readFile(m_folder / manifestFile, 16 << 20))
        m_delivered = Attestor::Delivered{std::move(*manifest), m_status.get().execution};
    else if (m_status.get().state >= KeepState::Running) // the secrets died with the loader: an undelivered keep cannot go on
        return fail(manifest.error());
    if (!m_delivered || m_status.get().state < KeepState::Running)
        return fail({ErrorKind::Environment, "take over the keep", m_plan.name,
            "its loader ended before the workload was started, and the secrets were in its memory alone", "Launch it again."});
    m_everAnswered = true;
    recallWarden();
    if (measuredBeforeItRuns(m_plan)) {
        // The secret could have become known since; the warden's own key, which never left the keep, could not.
        if (!m_wardenKey || !m_keep->sessionSecret() || m_status.get().records.empty())
            return fail({ErrorKind::Environment, "take over the keep", m_plan.name,
                "what authenticates its warden is no longer in the keep's folder", "Launch it again."});
        if (auto recalled = m_attestor.recallLaunch(m_status.get().records.front()); !recalled)
            return fail(recalled.error());
    }
    openSession();
}

Status Engine::pinWarden() const
{
    return writeFileAtomically(m_folder / wardenKeyFile, m_wardenKey->view());
}

void Engine::recallWarden()
{
    if (const auto bytes = readFile(m_folder / wardenKeyFile, 64))
        if (const auto key = Sha256::from(*bytes, "the warden's key"))
            m_wardenKey = *key;
}

} // namespace kastellan::loader
