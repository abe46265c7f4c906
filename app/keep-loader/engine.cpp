// SPDX-License-Identifier: Apache-2.0
#include "engine.h"

#include "core/base/digest.h"
#include "core/base/file.h"

#include <openssl/crypto.h>

#include <poll.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr auto answerTime = 30s; ///< for a report, or the start of the workload, on a busy machine
constexpr int mostReconnects = 5;
constexpr std::size_t mostHeldInput = 1 << 20;
constexpr auto manifestFile = "manifest.bin"; ///< what was delivered, for a loader that takes over; holds no secret

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
{
}

Engine::~Engine()
{
    m_cancel.request_stop();
    if (m_starter.joinable())
        m_starter.join();
    wipe(m_ownerKey);
}

void Engine::launch(std::vector<Secret> secrets)
{
    m_secrets = std::move(secrets);
    enter(KeepState::Starting);
    if (over())
        return;
    const Progress progress = [this](std::string_view doing, std::uint64_t done, std::uint64_t total) {
        m_loop.post([this, text = std::string(doing), done, total] {
            if (!over())
                m_listener.progress(text, done, total);
        });
    };
    m_starter = std::jthread([this, progress, stop = m_cancel.get_token()] {
        // The module is read and compiled while the firmware measures the image.
        auto prepared = std::make_shared<Result<Prepared>>(Prepared{});
        auto keep = std::make_shared<Result<std::unique_ptr<RunningKeep>>>(nullptr);
        {
            const std::jthread preparing([&] { *prepared = prepare(m_plan); });
            *keep = m_host->start(m_plan, m_folder.string(), progress, stop);
        }
        m_loop.post([this, keep, prepared] { started(std::move(*keep), std::move(*prepared)); });
    });
}

void Engine::started(Result<std::unique_ptr<RunningKeep>> keep, Result<Prepared> prepared)
{
    if (keep)
        m_keep = std::move(*keep);
    if (m_stopWanted)
        return end(KeepState::Stopped, "stopped before anything was sent to the keep");
    if (!keep)
        return fail(keep.error());
    if (!prepared)
        return fail(prepared.error());
    m_prepared = std::move(*prepared);
    for (const auto &text : m_prepared->notes)
        note(text);
    std::tie(m_status.edit().wardenPid, m_status.edit().wardenStart) = m_keep->process();
    m_keepWatch = m_loop.watch(m_keep->endFd(), [] { return short(POLLIN); }, [this](short) { keepEnded(); });
    enter(KeepState::Attesting);
    if (!over())
        openSession();
}

void Engine::resume()
{
    note("a new loader takes over");
    auto keep = m_host->resume(m_status.get(), m_folder.string());
    if (!keep)
        return fail(keep.error());
    m_keep = std::move(*keep);
    m_keepWatch = m_loop.watch(m_keep->endFd(), [] { return short(POLLIN); }, [this](short) { keepEnded(); });
    if (auto manifest = readFile(m_folder / manifestFile, 16 << 20))
        m_delivered = Attestor::Delivered{std::move(*manifest), m_status.get().execution};
    else if (m_status.get().state >= KeepState::Running) // the secrets died with the loader: an undelivered keep cannot go on
        return fail(manifest.error());
    if (!m_delivered || m_status.get().state < KeepState::Running)
        return fail({ErrorKind::Environment, "take over the keep", m_plan.name,
            "its loader ended before the workload was started, and the secrets were in its memory alone", "Launch it again."});
    openSession();
}

// --- the session ------------------------------------------------------------------------------------------------------------------

void Engine::openSession()
{
    auto stream = m_keep->connect();
    if (!stream)
        return sessionFailed(stream.error());
    SessionEvents events;
    events.established = [this] {
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
        if (!m_heldInput.empty())
            m_session->input(std::exchange(m_heldInput, {}));
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
    expectAnswer("the session");
    m_session->process();
}

void Engine::closeSession()
{
    m_loop.cancel("answer");
    m_loop.drop(std::exchange(m_sessionWatch, 0));
    // This may be called from one of the session's own events: it is destroyed when those have returned.
    if (m_session)
        m_loop.post([dead = std::shared_ptr<OwnerSession>(std::move(m_session))] {});
    m_nonce.reset();
}

void Engine::sessionFailed(const Error &error)
{
    if (over() || m_stopWanted)
        return;
    closeSession();
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
    auto record = m_attestor.appraise(kind, std::move(report), currentBinding(), *m_keep, m_delivered);
    if (!record)
        return fail(record.error().during("record the attestation"));
    if (kind != Attestor::Kind::Attest)
        m_nonce.reset(); // the first one also goes into the report over the delivery
    auto &status = m_status.edit();
    status.records.push_back(record->id);
    status.verdict = name(record->appraisal.verdict);
    status.emulated = record->appraisal.emulated;
    if (auto saved = m_status.save(); !saved)
        return fail(saved.error());
    note("record " + record->id + ": " + record->appraisal.sentence);
    m_listener.appraisal(*record);
    m_listener.status();
    acted(*record, kind);
}

void Engine::acted(const Record &record, Attestor::Kind kind)
{
    const bool good = record.appraisal.verdict == Verdict::Trusted || record.appraisal.verdict == Verdict::Authentic;
    switch (kind) {
    case Attestor::Kind::Attest:
        if (!good)
            return refuse(record);
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
    // What the warden sent before it ended is still in the stream.
    if (m_session)
        m_session->process();
    m_loop.post([this] {
        if (over())
            return;
        if (m_stopWanted)
            return end(KeepState::Stopped, "stopped");
        const KeepEnd how = m_keep->end();
        fail({ErrorKind::Environment, "run the keep", m_plan.name,
            how.bySignal ? "its warden was killed by signal " + std::to_string(how.code)
                         : "its warden ended with status " + std::to_string(how.code),
            "Look at the keep's log; launch it again."});
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
    if (!m_keep)
        return; // the starting thread ends as soon as it can, and `started` sees that a stop is wanted
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
    m_listener.error(error);
    end(KeepState::Failed, error.message());
}

void Engine::end(KeepState state, const std::string &reason)
{
    if (over())
        return;
    m_cancel.request_stop();
    for (const char *timer : {"answer", "reattest", "reconnect", "grace"})
        m_loop.cancel(timer);
    closeSession();
    m_loop.drop(std::exchange(m_keepWatch, 0));
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
    // That key opens this keep alone, and there is none any more.
    std::error_code code;
    std::filesystem::remove(m_folder / "owner.pem", code);
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
