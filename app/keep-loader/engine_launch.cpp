// SPDX-License-Identifier: Apache-2.0
// The engine from the plan to the first session: starting, taking over, judging what is measured before it runs, waiting for it to boot.
#include "engine.h"

#include "core/base/file.h"
#include "core/keeps/launch_steps.h"

#include <algorithm>

#include <poll.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

bool measuredBeforeItRuns(const LaunchPlan &plan)
{
    return plan.machine && (plan.machine->technology == "es" || plan.machine->technology == "sev");
}

} // namespace

Status Engine::mayLaunch() const
{
    if (!m_plan.machine)
        return {};
    const auto &machine = *m_plan.machine;
    if (machine.technology == "none" && !machine.request.unattested)
        return kastellan::fail(ErrorKind::Negative, "launch the keep", m_plan.name, "nothing would measure it, and that was not asked for",
            "Launch it on a host with SEV, as a rehearsal (--rehearse), or without evidence (--unattested).");
    if (launchedUnattested(m_plan) && !(m_secrets.empty() && m_plan.secretNames.empty()))
        return kastellan::fail(ErrorKind::Negative, "launch the keep", m_plan.name, "a keep without evidence is never given a secret",
            "Launch it where it is measured, or without secrets.");
    return {};
}

void Engine::launch(std::vector<Secret> secrets)
{
    m_secrets = std::move(secrets);
    if (auto allowed = mayLaunch(); !allowed)
        return fail(allowed.error());
    enter(KeepState::Starting);
    if (over())
        return;
    const Progress progress = [this](std::string_view doing, std::uint64_t done, std::uint64_t total) {
        m_loop.post([this, text = std::string(doing), done, total] {
            if (over())
                return;
            if (isLaunchStep(text))
                return step(text);
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

void Engine::takeKeep(std::unique_ptr<RunningKeep> keep)
{
    m_keep = std::move(keep);
    m_keepWatch = m_loop.watch(m_keep->endFd(), [this] { return m_admitting ? short(0) : short(POLLIN); }, [this](short) { keepEnded(); });
    m_console.open(m_keep->takeConsole());
}

void Engine::started(Result<std::unique_ptr<RunningKeep>> keep, Result<Prepared> prepared)
{
    if (keep)
        takeKeep(std::move(*keep));
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
    enter(KeepState::Attesting);
    if (over())
        return;
    auto launch = m_keep->launchEvidence();
    if (auto planned = isAsPlanned(launch); !planned)
        return fail(planned.error());
    if (launch)
        return judgeLaunch(std::move(*launch));
    if (isWhole()) {
        // It runs already; what it is stays undecided until a report of it is imported.
        if (recorded(m_attestor.appraiseWhole(*m_keep)))
            runWhole();
        return;
    }
    boot();
}

/// Never less protection than the plan says: a keep that has to be measured before it runs has to wait, and no other may.
Status Engine::isAsPlanned(const std::optional<Evidence> &launch) const
{
    // A host without any evidence says so (a cluster): what is appraised then is undecided, and nothing is given to the keep.
    if (measuredBeforeItRuns(m_plan) == launch.has_value() || (launch && launch->kind == "none"))
        return {};
    return kastellan::fail(ErrorKind::Negative, "launch the keep", m_plan.name,
        launch ? "the host measured it as SEV and SEV-ES do, and the plan says otherwise" : "the host did not measure it before it runs",
        "Plan the launch again; if it happens again, do not use this host.");
}

/// SEV and SEV-ES: nothing runs yet, and nothing will unless its measurement is the expected one and written down.
void Engine::judgeLaunch(Evidence evidence)
{
    const auto record = m_attestor.appraiseLaunch(std::move(evidence), *m_keep);
    if (!recorded(record))
        return;
    const Verdict verdict = record->appraisal.verdict;
    if (verdict != Verdict::Trusted && verdict != Verdict::Authentic)
        return refuse(*record);
    step(launch_step::appraised);
    if (over())
        return;
    // It may take a while to reach the host: clients are heard meanwhile.
    m_admitting = true;
    m_starter = std::jthread([this] {
        auto status = std::make_shared<Status>(m_keep->admit());
        m_loop.post([this, status] { admitted(*status); });
    });
}

void Engine::admitted(const Status &status)
{
    m_admitting = false;
    if (over())
        return;
    if (m_stopWanted)
        return end(KeepState::Stopped, "stopped before anything was sent to the keep");
    if (!status)
        return fail(status.error());
    if (!m_keep->sessionSecret())
        return fail({ErrorKind::Internal, "launch the keep", m_plan.name, "its host gave it no session secret", "Report this."});
    if (isWhole())
        return runWhole();
    step(launch_step::secretInjected);
    boot();
}

bool Engine::isWhole() const
{
    return m_plan.machine && m_plan.machine->request.whole;
}

/// A whole virtual machine runs by itself: there is nobody inside to talk to, and nothing to deliver.
void Engine::runWhole()
{
    enter(KeepState::Delivering);
    if (over())
        return;
    note("a whole virtual machine: nothing is delivered, and nothing inside is asked");
    enter(KeepState::Running);
    step(launch_step::running);
}

void Engine::boot()
{
    if (over())
        return;
    if (m_plan.machine) {
        step(launch_step::running);
        m_bootUntil = PollLoop::Clock::now() + std::chrono::seconds(m_plan.machine->request.bootSeconds);
        waitForBoot();
    }
    if (!over())
        openSession();
}

void Engine::waitForBoot()
{
    const auto left = std::chrono::ceil<std::chrono::seconds>(*m_bootUntil - PollLoop::Clock::now()).count();
    const std::uint64_t patience = m_plan.machine->request.bootSeconds;
    if (left > 0) {
        m_listener.progress(launch_step::booting, patience - std::min<std::uint64_t>(patience, static_cast<std::uint64_t>(left)), patience);
        return m_loop.after("boot", 1s, [this] {
            if (!over() && booting())
                waitForBoot();
        });
    }
    m_bootUntil.reset();
    fail({ErrorKind::Environment, "wait for the keep", m_plan.name,
        "its warden did not answer within " + std::to_string(patience) + " seconds of its machine's start",
        "Look at the console in its log. A slow host needs more patience (--boot-timeout); a machine whose kernel, initrd or command line "
        "is "
        "not what was measured does not boot."});
}

void Engine::step(std::string_view text)
{
    note("step: " + std::string(text));
    m_listener.progress(text, 0, 0);
}

std::string Engine::lastConsole() const
{
    if (m_everAnswered)
        return {};
    const std::string lines = m_console.lastLines();
    return lines.empty() ? std::string() : std::string(lastConsoleLines) + lines;
}

// --- taking over --------------------------------------------------------------------------------------------------------------------

void Engine::resume()
{
    note("a new loader takes over");
    auto keep = m_host->resume(m_status.get(), m_folder.string());
    if (!keep)
        return fail(keep.error());
    takeKeep(std::move(*keep));
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

// --- what it uses -------------------------------------------------------------------------------------------------------------------

void Engine::watchUse(bool on)
{
    if (std::exchange(m_useWatched, on) == on)
        return;
    m_loop.cancel("use");
    if (on)
        sampleUse();
}

void Engine::sampleUse()
{
    if (over() || !m_useWatched)
        return;
    if (m_keep && !m_admitting)
        if (const auto use = m_keep->use())
            m_listener.use(*use);
    m_loop.after("use", 1s, [this] { sampleUse(); });
}

} // namespace kastellan::loader
