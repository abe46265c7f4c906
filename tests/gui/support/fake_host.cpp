// SPDX-License-Identifier: Apache-2.0
#include "tests/gui/support/fake_host.h"

#include "tests/gui/support/host_samples.h"

#include <algorithm>

namespace kastellan::test {

void Gate::close()
{
    const std::scoped_lock lock(m_mutex);
    m_closed = true;
}

void Gate::open()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_closed = false;
    }
    m_opened.notify_all();
}

bool Gate::isWaitedAt() const
{
    const std::scoped_lock lock(m_mutex);
    return m_waiting > 0;
}

void Gate::pass(std::stop_token stop)
{
    std::unique_lock lock(m_mutex);
    ++m_waiting;
    m_opened.wait(lock, std::move(stop), [this] { return !m_closed; });
    --m_waiting;
}

Result<Readiness> FakeInspector::inspect(const InspectOptions &options, const Progress &progress, std::stop_token stop)
{
    {
        const std::scoped_lock lock(m_mutex);
        ++(options.probes ? m_asked.second : m_asked.first);
    }
    progress(options.probes ? "running a guest on /dev/kvm" : "reading the registers of 64 processors", 3, 8);
    gate.pass(stop);
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, "check the host", {}, "you asked to stop");
    const std::scoped_lock lock(m_mutex);
    if (std::exchange(m_fails, false))
        return environment("check the host", "/sys", "it cannot be read", "Mount it.");
    return m_answer;
}

Result<std::string> FakeInspector::record(const InspectOptions &, const Progress &, std::stop_token)
{
    return std::string("{}");
}

void FakeInspector::setAnswer(Readiness answer)
{
    const std::scoped_lock lock(m_mutex);
    m_answer = std::move(answer);
}

void FakeInspector::failNext()
{
    const std::scoped_lock lock(m_mutex);
    m_fails = true;
}

std::pair<int, int> FakeInspector::asked() const
{
    const std::scoped_lock lock(m_mutex);
    return m_asked;
}

Result<PlatformView> FakePlatform::view()
{
    const std::scoped_lock lock(m_mutex);
    ++m_viewed;
    if (m_unreachable)
        return environment("open the SEV device", "/dev/sev", "permission denied",
            "Join the group sev and sign in again, or let the desktop ask for an administrator's password");
    return m_view;
}

Result<ActionPlan> FakePlatform::plan(const std::string &action, const std::map<std::string, std::string> &arguments)
{
    const std::scoped_lock lock(m_mutex);
    if (std::exchange(m_refuses, false))
        return fail(ErrorKind::Negative, "plan this", {}, "2 guests run", "Stop them first");
    const auto known = std::ranges::find(m_actions, action, &PlatformAction::id);
    if (known == m_actions.end())
        return badInput("plan this", action, "there is no such action");
    return samplePlanOf(*known, arguments);
}

Result<ActionOutcome> FakePlatform::perform(const ActionPlan &plan, const Progress &progress, std::stop_token stop)
{
    progress("talking to the firmware", 1, 2);
    gate.pass(stop);
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, "do this", {}, "you asked to stop; nothing was changed");
    const std::scoped_lock lock(m_mutex);
    if (std::exchange(m_fails, false))
        return environment("reset the platform", "/dev/sev", "the firmware answers HWERROR_PLATFORM (0x15)", "Restart the computer");
    std::string line = plan.action;
    for (const auto &[name, value] : plan.arguments)
        line += " " + name + (value.empty() ? "" : "=" + value);
    m_performed.push_back(line);
    ActionOutcome outcome;
    outcome.summary = plan.title + ": done.";
    outcome.facts = {{"sev.state", "State", "INIT", ""}};
    if (const auto file = plan.arguments.find("output"); file != plan.arguments.end())
        outcome.files = {file->second};
    return outcome;
}

void FakePlatform::setView(PlatformView view)
{
    const std::scoped_lock lock(m_mutex);
    m_view = std::move(view);
}

void FakePlatform::setUnreachable(bool unreachable)
{
    const std::scoped_lock lock(m_mutex);
    m_unreachable = unreachable;
}

void FakePlatform::refuseNextPlan()
{
    const std::scoped_lock lock(m_mutex);
    m_refuses = true;
}

void FakePlatform::failNextPerform()
{
    const std::scoped_lock lock(m_mutex);
    m_fails = true;
}

std::vector<std::string> FakePlatform::performed() const
{
    const std::scoped_lock lock(m_mutex);
    return m_performed;
}

int FakePlatform::viewed() const
{
    const std::scoped_lock lock(m_mutex);
    return m_viewed;
}

} // namespace kastellan::test
