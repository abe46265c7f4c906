// SPDX-License-Identifier: Apache-2.0
// The engine's session with its keep: opened, lost, opened again.
#include "engine.h"

#include "core/keeps/launch_steps.h"

#include <openssl/crypto.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr auto answerTime = 30s; ///< for a report, or the start of the workload, on a busy machine
constexpr std::size_t slowestLine = 100 << 10; ///< bytes a second that a delivery is given time for
constexpr auto connectPatience = 20s; ///< with a host that opens the stream
constexpr int mostReconnects = 5;

} // namespace

void Engine::openSession()
{
    if (m_calls.running(call::connect))
        return;
    m_calls.start<Result<Fd>>(
        call::connect, connectPatience, [keep = m_keep] { return keep->connect(); },
        [this](Result<Fd> stream) { connected(std::move(stream)); },
        [this] {
            sessionFailed({ErrorKind::Environment, "open the session's channel", m_plan.host, "its host did not answer",
                "Check that it is reached: keepctl host check " + m_plan.host});
        });
}

void Engine::connected(Result<Fd> stream)
{
    if (over() || !m_keep)
        return;
    if (!stream)
        return sessionFailed(stream.error());
    SessionEvents events;
    events.established = [this] {
        m_everAnswered = true;
        if (std::exchange(m_bootUntil, std::nullopt)) {
            m_loop.cancel("boot");
            step(launch_step::answered);
            if (over())
                return;
        }
        if (m_wardenKey && *m_wardenKey != m_session->wardenKey())
            return m_loop.post([this] {
                fail({ErrorKind::Negative, "continue the session", m_plan.name,
                    "another warden answers: its key is not the one that was attested", "Do not trust this keep; launch it again."});
            });
        m_wardenKey = m_session->wardenKey();
        challenge();
    };
    events.report = [this](Bytes report) {
        const auto kind = m_delivered ? Attestor::Kind::Reattest : Attestor::Kind::Attest;
        m_loop.post([this, report = std::move(report), kind] { reported(report, kind); });
    };
    events.deliveryReport = [this](Bytes report) {
        m_loop.post([this, report = std::move(report)] { reported(report, Attestor::Kind::Deliver); });
    };
    events.started = [this](std::string execution) {
        m_loop.cancel("answer");
        if (over())
            return;
        m_status.edit().execution = std::move(execution);
        m_reconnects = 0;
        enter(KeepState::Running);
        if (over())
            return;
        scheduleAttestation();
        sendHeldInput();
        if (m_inputClosed)
            m_session->closeInput();
        m_listener.inputTaken();
    };
    events.output = [this](unsigned number, std::uint64_t, ByteView data) { output(number, data); };
    events.exited = [this](int code, std::string trap, std::string reason) {
        m_loop.post([this, code, trap, reason] { workloadEnded(code, trap, reason); });
    };
    events.log = [this](std::string message) { note("warden: " + message); };
    events.failed = [this](Error error) { m_loop.post([this, error = std::move(error)] { sessionFailed(error); }); };
    auto opened = OwnerSession::open(std::move(*stream), m_ownerKey, m_plan.id, std::move(events));
    if (!opened)
        return fail(opened.error());
    m_session = std::move(*opened);
    m_sessionWatch = m_loop.watch(
        m_session->fd(), [this] { return m_session->wants(); },
        [this](short) {
            const auto current = m_session.get();
            current->process();
            m_listener.inputTaken();
        });
    if (!booting()) // a machine that boots has a patience of its own
        expectAnswer("the session");
    m_session->process();
}

void Engine::closeSession()
{
    m_loop.cancel("answer");
    m_calls.forget(call::connect);
    m_loop.drop(std::exchange(m_sessionWatch, 0));
    // This may be called from one of the session's own events: it is destroyed when those have returned.
    if (m_session) {
        auto untaken = m_session->untakenInput();
        if (!untaken.bytes.empty() && !over()) {
            m_heldFrom = untaken.offset;
            m_heldInput.insert(m_heldInput.begin(), untaken.bytes.begin(), untaken.bytes.end());
        }
        OPENSSL_cleanse(untaken.bytes.data(), untaken.bytes.size());
        m_loop.post([dead = std::shared_ptr<OwnerSession>(std::move(m_session))] {});
    }
    m_nonce.reset();
}

/// What waited for the workload's start, or for another session after one that broke: of that, what has not arrived.
void Engine::sendHeldInput()
{
    Bytes held = std::exchange(m_heldInput, {});
    const std::uint64_t received = m_session->wardenState().inputReceived;
    const auto from = std::exchange(m_heldFrom, std::nullopt);
    const auto arrived = from && received > *from ? std::min<std::uint64_t>(received - *from, held.size()) : 0;
    if (arrived < held.size())
        m_session->input(ByteView(held).subspan(static_cast<std::size_t>(arrived)));
    OPENSSL_cleanse(held.data(), held.size());
}

void Engine::sessionFailed(const Error &error)
{
    if (over() || m_stopWanted)
        return;
    closeSession();
    if (booting()) { // nobody listens in a machine that still boots
        m_loop.after("reconnect", 500ms, [this] {
            if (!over() && booting())
                openSession();
        });
        return;
    }
    note(error.message());
    const auto state = m_status.get().state;
    // Before the workload runs there is nothing to save: the keep is given up, and what was sent so far dies with it.
    if ((state != KeepState::Running && state != KeepState::Suspect) || ++m_reconnects > mostReconnects)
        return fail(error);
    suspect("the session broke: " + error.message());
    m_loop.after("reconnect", 200ms * (1 << m_reconnects), [this] {
        if (!over())
            openSession();
    });
}

void Engine::expectAnswer(const char *what, std::size_t sent)
{
    const auto time = answerTime + std::chrono::seconds(sent / slowestLine);
    m_loop.after("answer", time, [this, what, time] {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
        sessionFailed({ErrorKind::Environment, std::string("wait for ") + what, m_plan.name,
            "the keep did not answer within " + std::to_string(seconds) + " seconds", "Look at the keep's log; launch it again."});
    });
}

} // namespace kastellan::loader
