// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include "core/base/digest.h"
#include "core/base/file.h"
#include "core/keeps/launch_steps.h"
#include "sev-backend/legacy/launch_owner.h"

#include <openssl/crypto.h>

#include <poll.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr auto answerTime = 30s; ///< for a report, or the start of the workload, on a busy machine
constexpr int mostReconnects = 5;
constexpr std::size_t mostHeldInput = 1 << 20;
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
    if (m_starter.joinable())
        m_starter.join();
    m_finder = {};
    wipe(m_ownerKey);
}

// --- the session ------------------------------------------------------------------------------------------------------------------

void Engine::openSession()
{
    auto stream = m_keep->connect();
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

void Engine::expectAnswer(const char *what)
{
    m_loop.after("answer", answerTime, [this, what] {
        sessionFailed({ErrorKind::Environment, std::string("wait for ") + what, m_plan.name, "the keep did not answer within 30 seconds",
            "Look at the keep's log; launch it again."});
    });
}

// --- attestation ------------------------------------------------------------------------------------------------------------------

void Engine::challenge()
{
    m_nonce = randomFixed<Nonce>();
    expectAnswer("a report");
    m_session->challenge(*m_nonce);
}

void Engine::attest()
{
    if (!over() && isWhole())
        return m_listener.error(
            {ErrorKind::Negative, "attest the keep", m_plan.name, "it is a whole virtual machine, and nobody inside can be asked",
                "Have it make a report inside, and import it: keepctl keep import-report."});
    if (over() || !m_session || m_nonce || m_status.get().state < KeepState::Running)
        return m_listener.error({ErrorKind::Negative, "attest the keep", m_plan.name,
            "it is " + std::string(name(m_status.get().state)) + (m_nonce ? " and an attestation is under way" : ""),
            "Attestation can be repeated while the workload runs."});
    challenge();
}

Binding Engine::currentBinding() const
{
    Binding binding;
    binding.keep = m_plan.id;
    binding.nonce = *m_nonce;
    binding.exporter = m_session->exporter();
    binding.wardenKey = m_session->wardenKey();
    if (m_delivered) {
        binding.first = binding.attestData();
        binding.manifest = sha256(m_delivered->manifest);
    }
    return binding;
}

void Engine::reported(Bytes report, Attestor::Kind kind)
{
    if (over() || !m_session || !m_nonce)
        return; // an answer that nobody waits for any more
    m_loop.cancel("answer");
    if (lacksEndorsements())
        complete(std::move(report), kind);
    else
        appraise(std::move(report), kind);
}

/// A real platform's certificates do not come with the report of a keep: the owner has them, or gets them from AMD.
bool Engine::lacksEndorsements() const
{
    return m_complete && m_plan.expected.root == "amd" && !launchedUnattested(m_plan) && !m_keep->sessionSecret()
        && m_keep->endorsements().empty();
}

void Engine::complete(Bytes report, Attestor::Kind kind)
{
    step(launch_step::certificates);
    if (over())
        return;
    m_finder = std::jthread([this, report = std::move(report), kind, nonce = m_nonce](const std::stop_token &stop) mutable {
        auto evidence = std::make_shared<Evidence>(Evidence{.report = std::move(report), .endorsements = {}});
        auto said = m_complete(*evidence, stop);
        m_loop.post([this, evidence, said = std::move(said), kind, nonce] {
            if (over() || !m_session || m_nonce != nonce)
                return; // another session has asked for another report
            for (const auto &text : said)
                note(text);
            m_attestor.setEndorsements(std::move(evidence->endorsements));
            appraise(std::move(evidence->report), kind);
        });
    });
}

void Engine::appraise(Bytes report, Attestor::Kind kind)
{
    const auto record = m_attestor.appraise(kind, std::move(report), currentBinding(), *m_keep, m_delivered);
    if (record && kind != Attestor::Kind::Attest)
        m_nonce.reset(); // the first one also goes into the report over the delivery
    if (recorded(record))
        acted(*record, kind);
}

/// The record is on disk: everybody may know.
bool Engine::recorded(const Result<Record> &record)
{
    if (!record) {
        fail(record.error().during("record the attestation"));
        return false;
    }
    auto &status = m_status.edit();
    status.records.push_back(record->id);
    status.verdict = name(record->appraisal.verdict);
    status.emulated = record->appraisal.emulated;
    if (auto saved = m_status.save(); !saved) {
        fail(saved.error());
        return false;
    }
    note("record " + record->id + ": " + record->appraisal.sentence);
    m_listener.appraisal(*record);
    m_listener.status();
    return !over();
}

void Engine::acted(const Record &record, Attestor::Kind kind)
{
    // Without evidence nothing can be better than undecided; its owner launched it all the same, and it gets no secret.
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic
        || (record.appraisal.verdict == Verdict::Undecided && launchedUnattested(m_plan));
    switch (kind) {
    case Attestor::Kind::Launch:
        return; // judged before the keep ran
    case Attestor::Kind::Attest:
        if (!good)
            return refuse(record);
        if (auto pinned = pinWarden(); !pinned)
            return fail(pinned.error());
        if (m_plan.attestOnly)
            return end(KeepState::Stopped, "only the attestation was asked for");
        return deliver();
    case Attestor::Kind::Deliver:
        if (!good)
            return refuse(record);
        expectAnswer("the start of the workload");
        return m_session->start();
    case Attestor::Kind::Reattest:
        if (!good) {
            suspect(record.appraisal.sentence);
            if (m_plan.stopOnFailedAttestation)
                return end(KeepState::Failed, "stopped because an attestation failed: " + record.appraisal.sentence);
            return scheduleAttestation();
        }
        if (m_status.get().state == KeepState::Suspect && m_session->wardenState().running == false
            && m_session->wardenState().exited == false)
            return fail({ErrorKind::Environment, "continue the keep", m_plan.name, "its workload does not run", "Launch it again."});
        // In a session that took over, output flows again only from here on.
        m_session->acknowledge(m_log.streamBytes(LogEntry::Stream::Out), m_log.streamBytes(LogEntry::Stream::Err));
        m_session->start();
        if (m_status.get().state == KeepState::Suspect)
            enter(KeepState::Running);
        return scheduleAttestation();
    }
}

void Engine::scheduleAttestation()
{
    if (m_plan.reattestSeconds)
        m_loop.after("reattest", std::chrono::seconds(m_plan.reattestSeconds), [this] {
            if (m_session && !m_nonce && !over())
                challenge();
            else if (!over())
                suspect("an attestation was missed: there is no session with the keep");
        });
}

void Engine::suspect(const std::string &reason)
{
    if (m_status.get().state == KeepState::Running || m_status.get().state == KeepState::Suspect)
        enter(KeepState::Suspect, reason);
}

// --- delivery and run --------------------------------------------------------------------------------------------------------------

void Engine::deliver()
{
    enter(KeepState::Delivering);
    if (over())
        return;
    const std::string execution = m_prepared->execution;
    auto parcel = pack(m_plan, *m_prepared, std::move(m_secrets));
    m_secrets.clear();
    m_prepared.reset();
    if (!parcel)
        return fail(parcel.error());
    if (auto saved = writeFileAtomically(m_folder / manifestFile, parcel->manifest); !saved)
        return fail(saved.error());
    m_delivered = Attestor::Delivered{parcel->manifest, execution};
    expectAnswer("the report over the delivery");
    m_session->deliver(std::move(parcel->blobs), m_delivered->manifest);
}

void Engine::output(unsigned stream, ByteView data)
{
    if (over())
        return;
    // Output proves that the workload runs, and may come before the warden's own word: a loader that takes over has to know it.
    if (m_status.get().state == KeepState::Delivering)
        enter(KeepState::Running);
    if (over())
        return;
    const auto kind = stream == 2 ? LogEntry::Stream::Err : LogEntry::Stream::Out;
    if (auto status = m_log.append(kind, data); !status) // held by the warden as long as it is not acknowledged
        return m_loop.post([this, error = status.error()] { fail(error.during("write the keep's log")); });
    m_session->acknowledge(m_log.streamBytes(LogEntry::Stream::Out), m_log.streamBytes(LogEntry::Stream::Err));
    m_status.edit().logBytes = m_log.size();
    m_listener.log(m_log.size());
}

bool Engine::takesInput() const
{
    if (over() || m_inputClosed)
        return false;
    return m_session && m_status.get().state >= KeepState::Running ? m_session->pendingInput() < mostHeldInput
                                                                   : m_heldInput.size() < mostHeldInput;
}

void Engine::input(ByteView data)
{
    if (over() || m_inputClosed)
        return;
    if (m_session && m_status.get().state == KeepState::Running)
        m_session->input(data);
    else
        m_heldInput.insert(m_heldInput.end(), data.begin(), data.end());
}

void Engine::closeInput()
{
    if (over() || std::exchange(m_inputClosed, true))
        return;
    if (m_session && m_status.get().state == KeepState::Running)
        m_session->closeInput();
}

void Engine::workloadEnded(int code, const std::string &trap, const std::string &reason)
{
    if (over())
        return;
    if (m_session && m_plan.machine) // its exit is in the log: the machine may power itself off
        m_session->stop(0);
    auto &status = m_status.edit();
    status.trap = trap;
    if (reason.starts_with("could not start"))
        return end(KeepState::Failed, reason);
    if (trap.empty()) // what trapped has no exit code
        status.exitCode = code;
    end(KeepState::Stopped, !trap.empty() ? "the workload trapped: " + trap : reason);
}

void Engine::keepEnded()
{
    m_loop.drop(std::exchange(m_keepWatch, 0));
    if (over())
        return;
    // What warden and console wrote before the end is still in the streams.
    m_console.drain();
    if (m_session)
        m_session->process();
    m_loop.post([this] {
        if (over())
            return;
        if (m_stopWanted)
            return end(KeepState::Stopped, "stopped");
        const KeepEnd how = m_keep->end();
        m_console.drain();
        if (isWhole() && !how.bySignal && how.code == 0) {
            m_status.edit().exitCode = 0;
            return end(KeepState::Stopped, {});
        }
        const std::string what = m_plan.machine ? "its virtual machine" : "its warden";
        std::string why = !how.known ? what + " has ended"
            : how.bySignal           ? what + " was killed by signal " + std::to_string(how.code)
                                     : what + " ended with status " + std::to_string(how.code);
        if (!how.lastWords.empty())
            why += ": " + makeVisible(how.lastWords);
        fail({ErrorKind::Environment, "run the keep", m_plan.name, why, "Look at the keep's log; launch it again."});
    });
}

// --- ends -------------------------------------------------------------------------------------------------------------------------

void Engine::stop(unsigned graceSeconds)
{
    if (over())
        return;
    const bool again = std::exchange(m_stopWanted, true);
    note(again ? "asked to stop again" : "asked to stop");
    m_cancel.request_stop();
    if (!m_keep || m_admitting)
        return; // the other thread ends as soon as it can, and who takes over from it sees that a stop is wanted
    const bool runs = m_session && (m_status.get().state == KeepState::Running || m_status.get().state == KeepState::Suspect);
    if (!runs || again || graceSeconds == 0)
        return end(KeepState::Stopped, "stopped");
    m_session->stop(graceSeconds);
    m_loop.after("grace", std::chrono::seconds(graceSeconds) + 2s, [this] {
        if (!over())
            end(KeepState::Stopped, "stopped; it did not end by itself in time");
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
    m_cancel.request_stop();
    m_finder.request_stop();
    for (const char *timer : {"answer", "reattest", "reconnect", "grace", "boot", "use"})
        m_loop.cancel(timer);
    closeSession();
    m_loop.drop(std::exchange(m_keepWatch, 0));
    m_console.close();
    m_bootUntil.reset();
    if (m_keep)
        m_keep->kill();
    m_keep.reset();
    m_secrets.clear();
    m_prepared.reset();
    OPENSSL_cleanse(m_heldInput.data(), m_heldInput.size());
    m_heldInput.clear();
    m_status.edit().logBytes = m_log.size();
    enter(state, reason);
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

void Engine::note(std::string_view text)
{
    if (m_log.append(LogEntry::Stream::Event, asBytes(text))) {
        m_status.edit().logBytes = m_log.size();
        m_listener.log(m_log.size());
    }
}

} // namespace kastellan::loader
