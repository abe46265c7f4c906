// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attestor.h"
#include "calls.h"
#include "console.h"
#include "delivery.h"
#include "poll_loop.h"
#include "status_file.h"

#include "core/logs/keep_log.h"
#include "core/session/session.h"

#include <functional>
#include <memory>
#include <stop_token>
#include <thread>
#include <utility>

namespace kastellan::loader {

/// In a keep's folder, for a loader that takes over: what was delivered (it holds no secret), and the digest of the warden's key.
inline constexpr const char *manifestFile = "manifest.bin";
inline constexpr const char *wardenKeyFile = "warden.sha256";

/// What the engine tells whoever listens (the clients' socket).
struct Listener {
    std::function<void()> status; ///< a new state or fact: read it from the status file
    std::function<void(std::string_view doing, std::uint64_t done, std::uint64_t total)> progress;
    std::function<void(std::uint64_t size)> log; ///< the log has grown to this size
    std::function<void(const Record &)> appraisal;
    std::function<void(const Error &)> error;
    std::function<void()> inputTaken; ///< there is room for input again
    std::function<void(const RunningKeep::Use &)> use; ///< while somebody watches
    std::function<void()> ended; ///< the state is final; nothing more will come
};

/// Adds to evidence what backs it and did not come with it: the platform's certificates, from a store or a server. Called in a thread of
/// its own; what it has to say goes into the keep's log.
using CompleteEvidence = std::function<std::vector<std::string>(Evidence &, const std::stop_token &)>;

/// Whether the firmware measures the keep while it waits for its owner, and never again (SEV, SEV-ES).
[[nodiscard]] bool measuredBeforeItRuns(const LaunchPlan &plan);

/// Names of the calls that may wait for the keep's host.
namespace call {
inline constexpr const char *start = "start", *takeOver = "take over", *admit = "admit", *connect = "connect", *use = "use",
                            *powerButton = "power button", *remove = "remove";
}

/// One keep from its plan to its end (docs/architecture.md). Single-threaded: what may wait for a host goes on
/// elsewhere (Calls), and is given up when it takes too long.
class Engine {
public:
    struct Parts {
        LaunchPlan plan;
        std::filesystem::path folder;
        std::shared_ptr<Host> host;
        std::shared_ptr<EvidenceBackend> backend;
        std::unique_ptr<RecordStore> store;
        KeepLogWriter log;
        StatusFile status;
        std::string ownerKey; ///< private, PEM; wiped at the end
        CompleteEvidence complete = {}; ///< none: evidence is appraised with what the host has given
    };
    Engine(PollLoop &loop, Parts parts, Listener listener);
    ~Engine();
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    void launch(std::vector<Secret> secrets);
    /// Takes over a keep whose loader died.
    void resume();

    [[nodiscard]] const KeepStatus &status() const { return m_status.get(); }
    void input(ByteView data);
    void closeInput();
    /// Whether more input should be read from clients.
    [[nodiscard]] bool takesInput() const;
    [[nodiscard]] bool inputIsClosed() const { return m_inputClosed; }
    /// In any state. Asked for a second time, the keep ends without waiting for anything: what its host did not take away is said, and
    /// taken away later.
    void stop(unsigned graceSeconds);
    void attest();
    /// A record of this keep was stored elsewhere (an imported report): its verdict is the keep's from now on.
    void noteRecord(const std::string &id);
    /// Whether anybody wants to hear what the keep uses.
    void watchUse(bool on);

private:
    struct Started {
        Result<std::shared_ptr<RunningKeep>> keep;
        Result<Prepared> prepared;
    };
    void started(Started made);
    [[nodiscard]] Status mayLaunch() const;
    [[nodiscard]] Status isAsPlanned(const std::optional<Evidence> &launch) const;
    void takeKeep(std::shared_ptr<RunningKeep> keep);
    void takeOver();
    void tookOver(Result<std::shared_ptr<RunningKeep>> keep);
    void tookOverKeep();
    void judgeLaunch(Evidence evidence);
    void admitted(const Status &status);
    void boot();
    [[nodiscard]] bool isWhole() const;
    void runWhole();
    void waitForBoot();
    [[nodiscard]] bool booting() const { return m_bootUntil.has_value(); }
    void step(std::string_view text);
    [[nodiscard]] bool recorded(const Result<Record> &record);
    [[nodiscard]] std::string lastConsole() const;
    [[nodiscard]] Status pinWarden() const;
    void recallWarden();
    void sampleUse();
    void openSession();
    void connected(Result<Fd> stream);
    void closeSession();
    void sendHeldInput();
    void sessionFailed(const Error &error);
    void challenge();
    void reported(Bytes report, Attestor::Kind kind);
    [[nodiscard]] bool lacksEndorsements() const;
    void complete(Bytes report, Attestor::Kind kind);
    void appraise(Bytes report, Attestor::Kind kind);
    void acted(const Record &record, Attestor::Kind kind);
    void deliver();
    void output(unsigned stream, ByteView data);
    void workloadEnded(int code, const std::string &trap, const std::string &reason);
    void keepEnded();

    void enter(KeepState state, std::string reason = {});
    void refuse(const Record &record);
    void fail(const Error &error);
    void suspect(const std::string &reason);
    void end(KeepState state, const std::string &reason);
    void removed(const Status &done);
    [[nodiscard]] std::string endReason(const std::string &reason, const std::string &left, const Status &done) const;
    [[nodiscard]] std::string waitedFor() const;
    void tellWaiting();
    void pressPowerButton();
    void note(std::string_view text);
    void scheduleAttestation();
    [[nodiscard]] bool passesInput() const;
    /// `sent`: bytes on their way before the answer, which a slow line takes its time for.
    void expectAnswer(const char *what, std::size_t sent = 0);
    [[nodiscard]] bool over() const { return m_ending || isFinal(m_status.get().state); }
    [[nodiscard]] Binding currentBinding() const;

    PollLoop &m_loop;
    LaunchPlan m_plan;
    std::filesystem::path m_folder;
    std::shared_ptr<Host> m_host;
    KeepLogWriter m_log;
    StatusFile m_status;
    std::string m_ownerKey;
    Attestor m_attestor;
    Listener m_listener;

    CompleteEvidence m_complete;
    std::jthread m_finder; ///< of certificates that no host gave
    std::stop_source m_cancel;
    bool m_stopWanted = false, m_hurried = false; ///< once, and again
    std::optional<std::pair<KeepState, std::string>> m_ending; ///< what it will be, and why, once it is gone from its host
    std::shared_ptr<RunningKeep> m_keep; ///< threads that wait for its host hold it too
    Calls m_calls;
    std::optional<PollLoop::Clock::time_point> m_seekUntil; ///< the host of a keep that is to be taken over
    PollLoop::Clock::duration m_seekPause{};
    Console m_console;
    std::optional<PollLoop::Clock::time_point> m_bootUntil; ///< a machine boots, and nobody has answered yet
    bool m_everAnswered = false;
    bool m_useWatched = false;
    int m_keepWatch = 0;
    std::unique_ptr<OwnerSession> m_session;
    int m_sessionWatch = 0;
    int m_reconnects = 0;

    std::optional<Prepared> m_prepared;
    std::vector<Secret> m_secrets;
    std::optional<Attestor::Delivered> m_delivered;
    std::optional<Nonce> m_nonce; ///< of the challenge that waits for its answer
    bool m_completing = false; ///< it has come, and its certificates are looked for
    std::optional<Sha256> m_wardenKey; ///< that the keep showed first: it must stay the same
    Bytes m_heldInput; ///< arrived before the workload started, or while there was no session
    std::optional<std::uint64_t> m_heldFrom; ///< offset of its first byte in all input, where a session broke over it
    bool m_inputClosed = false;
};

} // namespace kastellan::loader
