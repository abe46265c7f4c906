// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include "core/keeps/leftovers.h"
#include "sev-backend/legacy/launch_owner.h"

#include <openssl/crypto.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr auto stopPatience = 5s; ///< with a thread that starts the keep, once it was told to stop
constexpr auto killPatience = 45s; ///< with a host that takes a keep away
constexpr auto hurriedPatience = 2s; ///< the same, for a person who asked twice
constexpr auto quiet = 2s; ///< after that it is told what is waited for

void wipe(std::string &text)
{
    OPENSSL_cleanse(text.data(), text.size());
    text.clear();
}

} // namespace

Engine::Engine(PollLoop &loop, Parts parts, Listener listener)
    : m_loop(loop)
    , m_plan(std::move(parts.plan))
    , m_folder(std::move(parts.folder))
    , m_host(std::move(parts.host))
    , m_log(std::move(parts.log))
    , m_status(std::move(parts.status))
    , m_ownerKey(std::move(parts.ownerKey))
    , m_attestor(m_plan, std::move(parts.backend), std::move(parts.store))
    , m_listener(std::move(listener))
    , m_complete(std::move(parts.complete))
    , m_calls(m_loop)
    , m_console(
          m_loop, m_log, [this](std::string_view text) { note(text); },
          [this] {
              m_status.edit().logBytes = m_log.size();
              m_listener.log(m_log.size());
          })
{
}

Engine::~Engine()
{
    m_cancel.request_stop();
    m_finder = {};
    wipe(m_ownerKey);
}

/// What a thread does just now that has the keep, or the making of one, to itself; empty: nothing.
std::string Engine::waitedFor() const
{
    for (const char *call : {call::start, call::takeOver, call::admit, call::remove})
        if (m_calls.running(call))
            return call;
    return {};
}

void Engine::stop(unsigned graceSeconds)
{
    if (isFinal(m_status.get().state))
        return;
    const bool again = std::exchange(m_stopWanted, true);
    m_hurried = m_hurried || again;
    note(again ? "asked to stop again" : "asked to stop");
    m_cancel.request_stop();
    if (const std::string call = waitedFor(); !call.empty()) {
        // It ends as soon as it can, and who takes over from it sees that a stop is wanted.
        if (again)
            return m_calls.giveUp(call);
        if (call != call::remove)
            m_loop.after("stop", stopPatience, [this, call] { m_calls.giveUp(call); });
        return tellWaiting();
    }
    if (over())
        return;
    const bool runs = m_status.get().state == KeepState::Running || m_status.get().state == KeepState::Suspect;
    if (!m_keep || !runs || again || graceSeconds == 0 || (!m_session && !isWhole()))
        return end(KeepState::Stopped, "stopped");
    if (isWhole())
        pressPowerButton();
    else
        m_session->stop(graceSeconds);
    m_loop.after("grace", std::chrono::seconds(graceSeconds) + (isWhole() ? 0s : 2s), [this] {
        if (!over())
            end(KeepState::Stopped, "stopped; it did not end by itself in time");
    });
}

/// Nobody inside a whole machine speaks with us: its operating system is asked as a person would at its power button.
void Engine::pressPowerButton()
{
    m_calls.start<Status>(
        call::powerButton, {}, [keep = m_keep] { return keep->pressPowerButton(); },
        [this](const Status &pressed) {
            if (over())
                return;
            note(pressed ? "its power button was pressed" : pressed.error().message());
            if (!pressed)
                end(KeepState::Stopped, "stopped");
        },
        {});
}

/// A person who asked for an end hears what holds it up.
void Engine::tellWaiting()
{
    m_loop.after("waiting", quiet, [this] {
        if (!isFinal(m_status.get().state))
            enter(m_status.get().state, "it is to end, and waits for its host, which does not answer: stop it again to end without");
    });
}

void Engine::enter(KeepState state, std::string reason)
{
    const bool changed = m_status.get().state != state;
    if (changed)
        note("state: " + std::string(name(state)) + (reason.empty() ? "" : ": " + reason));
    if (auto status = m_status.enter(state, std::move(reason)); !status && !isFinal(state))
        return fail(status.error());
    if (changed)
        if (auto logged = m_attestor.log("keep " + std::string(name(state)), m_status.get().reason); !logged)
            note(logged.error().message());
    m_listener.status();
}

void Engine::refuse(const Record &record)
{
    std::string reason = record.appraisal.sentence;
    for (const auto &finding : record.appraisal.findings)
        if (finding.required && (finding.outcome == Outcome::Fail || finding.outcome == Outcome::Unknown))
            reason += "\n" + finding.id + ": expected " + finding.expected + ", found " + finding.actual;
    end(KeepState::Refused, reason);
}

void Engine::fail(const Error &error)
{
    if (over())
        return;
    m_console.drain();
    m_listener.error(error);
    end(KeepState::Failed, error.message() + lastConsole());
}

void Engine::end(KeepState state, const std::string &reason)
{
    if (over())
        return;
    m_ending.emplace(state, reason);
    m_cancel.request_stop();
    m_finder.request_stop();
    for (const char *timer : {"answer", "reattest", "reconnect", "grace", "boot", "use", "stop", "take over"})
        m_loop.cancel(timer);
    // What a start brings now is taken away again by the thread that brings it.
    for (const char *call : {call::connect, call::use, call::powerButton, call::admit, call::start, call::takeOver})
        m_calls.forget(call);
    closeSession();
    m_loop.drop(std::exchange(m_keepWatch, 0));
    m_console.close();
    m_bootUntil.reset();
    m_secrets.clear();
    m_prepared.reset();
    OPENSSL_cleanse(m_heldInput.data(), m_heldInput.size());
    m_heldInput.clear();
    const auto keep = std::move(m_keep);
    if (!keep && m_host->left(m_status.get(), m_folder.string()).empty())
        return removed({});
    // Only now is it gone, or known to be left: until then the keep has not ended.
    if (m_stopWanted)
        tellWaiting();
    const auto patience = m_hurried ? hurriedPatience : killPatience;
    m_calls.start<Status>(
        call::remove, patience,
        [keep, host = m_host, status = m_status.get(), folder = m_folder.string()] {
            return keep ? keep->kill() : host->clear(status, folder);
        },
        [this](const Status &done) { removed(done); },
        [this] {
            removed(
                environment("end the keep", m_plan.host, "its host did not answer", "Make it answer: what is left is taken away then."));
        });
}

/// The keep is gone from its host, or what is left of it can't be taken away now.
void Engine::removed(const Status &done)
{
    m_loop.cancel("waiting");
    const auto [state, reason] = *m_ending;
    const std::string left = m_host->left(m_status.get(), m_folder.string());
    m_status.edit().logBytes = m_log.size();
    enter(state, endReason(reason, left, done));
    wipe(m_ownerKey);
    // What opens this keep alone, and there is none any more.
    std::error_code code;
    for (const char *file : {"owner.pem", sev::legacy::sessionSecretFile, wardenKeyFile})
        std::filesystem::remove(m_folder / file, code);
    // The status names the log's final size, the entry about this state included.
    m_status.edit().logBytes = m_log.size();
    (void)m_status.save();
    m_listener.log(m_log.size());
    m_listener.status();
    m_listener.ended();
}

std::string Engine::endReason(const std::string &reason, const std::string &left, const Status &done) const
{
    if (done)
        return reason;
    KeepStatus told;
    told.reason = reason;
    if (left.empty())
        told.reason += "\n" + done.error().message();
    else
        keeps::tellLeft(told, left, done.error());
    return told.reason;
}

void Engine::note(std::string_view text)
{
    if (m_log.append(LogEntry::Stream::Event, asBytes(text))) {
        m_status.edit().logBytes = m_log.size();
        m_listener.log(m_log.size());
    }
}

} // namespace kastellan::loader
