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

constexpr auto admitPatience = 60s;

/// With a host that starts a keep and shows no progress: a large machine's memory is made ready, a cluster fetches an image.
PollLoop::Clock::duration startPatience(const LaunchPlan &plan)
{
    return 15min + std::chrono::seconds(plan.machine ? plan.machine->request.bootSeconds : 0);
}

} // namespace

bool measuredBeforeItRuns(const LaunchPlan &plan)
{
    return plan.machine && (plan.machine->technology == "es" || plan.machine->technology == "sev");
}

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
    const Progress progress = [this, post = m_calls.poster()](std::string_view doing, std::uint64_t done, std::uint64_t total) {
        post([this, text = std::string(doing), done, total] {
            if (over())
                return;
            m_calls.renew(call::start);
            if (isLaunchStep(text))
                return step(text);
            m_listener.progress(text, done, total);
        });
    };
    m_calls.start<Started>(
        call::start, startPatience(m_plan),
        [host = m_host, plan = m_plan, folder = m_folder.string(), progress, stop = m_cancel.get_token()] {
            // The module is read and compiled while the firmware measures the image.
            Started made{nullptr, Prepared{}};
            {
                const std::jthread preparing([&] { made.prepared = prepare(plan); });
                made.keep = host->start(plan, folder, progress, stop);
            }
            return made;
        },
        [this](Started made) { started(std::move(made)); },
        [this] {
            if (m_stopWanted)
                return end(KeepState::Stopped, "stopped before anything was sent to the keep");
            fail({ErrorKind::Environment, "start the keep", m_plan.host, "its host did not answer",
                "Check that it is reached: keepctl host check " + m_plan.host});
        },
        [](const Started &late) { // nobody wants it any more
            if (late.keep && *late.keep)
                static_cast<void>((*late.keep)->kill());
        });
}

void Engine::takeKeep(std::shared_ptr<RunningKeep> keep)
{
    m_keep = std::move(keep);
    m_keepWatch = m_loop.watch(
        m_keep->endFd(), [this] { return m_calls.running(call::admit) ? short(0) : short(POLLIN); }, [this](short) { keepEnded(); });
    m_console.open(m_keep->takeConsole());
}

void Engine::started(Started made)
{
    auto &[keep, prepared] = made;
    m_loop.cancel("stop");
    m_loop.cancel("waiting");
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
    m_calls.start<Status>(
        call::admit, admitPatience, [keep = m_keep] { return keep->admit(); }, [this](const Status &status) { admitted(status); },
        [this] {
            if (m_stopWanted)
                return end(KeepState::Stopped, "stopped before anything was sent to the keep");
            fail({ErrorKind::Environment, "let the measured keep run", m_plan.host, "its host did not answer",
                "Check that it is reached: keepctl host check " + m_plan.host});
        });
}

void Engine::admitted(const Status &status)
{
    m_loop.cancel("stop");
    m_loop.cancel("waiting");
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

// --- what it uses --------------------------------------------------------------------------------------------------------------

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
    if (m_keep && !m_calls.running(call::admit) && !m_calls.running(call::use))
        m_calls.start<std::optional<RunningKeep::Use>>(
            call::use, {}, [keep = m_keep] { return keep->use(); },
            [this](const std::optional<RunningKeep::Use> &use) {
                if (use && !over() && m_useWatched)
                    m_listener.use(*use);
            },
            {});
    m_loop.after("use", 1s, [this] { sampleUse(); });
}

} // namespace kastellan::loader
