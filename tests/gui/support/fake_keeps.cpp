// SPDX-License-Identifier: Apache-2.0
// The course of the fake engine's keeps: their states, events and output.
#include "core/keeps/launch_steps.h"
#include "tests/gui/support/fake_keep_client.h"

#include <utility>

namespace kastellan::test {

void FakeEngine::send(const std::string &key, const KeepEvent &event)
{
    for (const auto &[client, queue] : m_state->clients[key]) {
        queue->push_back(event);
        client->wake();
    }
}

void FakeEngine::enter(const std::string &key, KeepState state)
{
    for (KeepStatus &keep : m_state->keeps) {
        if (toHex(keep.plan.id.view()) != key)
            continue;
        writeSteps(keep, state);
        keep.state = state;
        keep.timeline.emplace_back(state, keep.timeline.back().second + 120);
        keep.since = keep.timeline.back().second / 1000;
        if (state == KeepState::Refused)
            keep.reason = "The launch digest is not the expected one.";
        if (state == KeepState::Failed)
            keep.reason = m_state->failure;
        if (state == KeepState::Running)
            keep.execution = "aot";
        if (isFinal(state))
            keep.loaderAlive = keep.wardenAlive = false;
        send(key, {.kind = KeepEvent::Kind::Status, .status = keep, .text = {}, .recordId = {}, .verdict = {}});
        if (isFinal(state))
            send(key, {.kind = KeepEvent::Kind::Closed, .status = {}, .text = {}, .recordId = {}, .verdict = {}});
    }
}

/// What the loader of a machine writes on the way to a state, from within the lock.
void FakeEngine::writeSteps(const KeepStatus &keep, KeepState next)
{
    const std::string key = toHex(keep.plan.id.view());
    const std::string technology = keep.plan.machine ? keep.plan.machine->technology : std::string();
    std::vector<std::string_view> steps;
    if (next == KeepState::Attesting && (technology == "es" || technology == "sev"))
        steps = {launch_step::chainVerified, launch_step::sessionMade, launch_step::measured};
    else if (next == KeepState::Delivering && (technology == "es" || technology == "sev"))
        steps = {launch_step::appraised, launch_step::secretInjected, launch_step::running, launch_step::answered};
    else if (next == KeepState::Delivering && technology == "snp")
        steps = {launch_step::running, launch_step::answered};
    for (const std::string_view step : steps) {
        writeLog(key, 0, "step: " + std::string(step));
        send(key, {.kind = KeepEvent::Kind::Progress, .status = {}, .text = std::string(step), .recordId = {}, .verdict = {}});
    }
    if (!steps.empty())
        send(key,
            {.kind = KeepEvent::Kind::Log,
                .status = {},
                .text = {},
                .logBytes = m_state->logs[key]->size(),
                .recordId = {},
                .verdict = {}});
}

void FakeEngine::proceed(const std::string &key)
{
    for (;;) {
        const KeepStatus status = keep(key);
        if (isFinal(status.state))
            return;
        std::unique_lock lock(m_mutex);
        const Outcome outcome = m_state->outcome;
        KeepState next = static_cast<KeepState>(static_cast<int>(status.state) + 1);
        if (status.state == KeepState::Attesting && outcome == Outcome::Refused)
            next = KeepState::Refused;
        if (status.state == KeepState::Starting && outcome == Outcome::Fails)
            next = KeepState::Failed;
        if (status.state == KeepState::Running) {
            if (outcome == Outcome::Runs)
                return;
            next = KeepState::Stopped;
        }
        if (m_state->hold == next) {
            m_state->held = key;
            return;
        }
        lock.unlock();
        if (status.state == KeepState::Attesting)
            addRecord(status, "attest", outcome == Outcome::Refused ? Verdict::Refused : Verdict::Authentic);
        if (next == KeepState::Running)
            addRecord(status, "deliver", Verdict::Trusted);
        if (next == KeepState::Stopped)
            writeOutput(key, "hello from a keep\n");
        lock.lock();
        if (next == KeepState::Stopped)
            for (KeepStatus &known : m_state->keeps)
                if (toHex(known.plan.id.view()) == key)
                    known.exitCode = 0;
        send(key,
            {.kind = KeepEvent::Kind::Progress,
                .status = {},
                .text = std::string(name(next)),
                .done = 1,
                .total = 2,
                .recordId = {},
                .verdict = {}});
        enter(key, next);
    }
}

void FakeEngine::writeLog(const std::string &key, std::uint8_t stream, std::string_view text)
{
    auto &log = m_state->logs[key];
    if (!log) {
        auto opened = KeepLogWriter::open(m_folder / (key + ".log"));
        if (!opened)
            throw std::runtime_error(opened.error().message());
        log = std::make_unique<KeepLogWriter>(std::move(*opened));
    }
    if (const Status status = log->append(static_cast<LogEntry::Stream>(stream), asBytes(text)); !status)
        throw std::runtime_error(status.error().message());
}

void FakeEngine::writeOutput(const std::string &key, const std::string &text, bool error)
{
    const std::scoped_lock lock(m_mutex);
    for (std::size_t at = 0; at < text.size(); at += 64 * 1024)
        writeLog(key, error ? 2 : 1, std::string_view(text).substr(at, 64 * 1024));
    const std::uint64_t size = m_state->logs[key]->size();
    send(key, {.kind = KeepEvent::Kind::Log, .status = {}, .text = {}, .logBytes = size, .recordId = {}, .verdict = {}});
}

void FakeEngine::writeEvent(const std::string &key, const std::string &text)
{
    const std::scoped_lock lock(m_mutex);
    writeLog(key, 0, text);
    send(key,
        {.kind = KeepEvent::Kind::Log, .status = {}, .text = {}, .logBytes = m_state->logs[key]->size(), .recordId = {}, .verdict = {}});
}

void FakeEngine::writeConsole(const std::string &key, const std::string &text)
{
    const std::scoped_lock lock(m_mutex);
    writeLog(key, 3, text);
    send(key,
        {.kind = KeepEvent::Kind::Log, .status = {}, .text = {}, .logBytes = m_state->logs[key]->size(), .recordId = {}, .verdict = {}});
}

void FakeEngine::setState(const std::string &key, KeepState state, const std::string &reason)
{
    const std::scoped_lock lock(m_mutex);
    for (KeepStatus &keep : m_state->keeps)
        if (toHex(keep.plan.id.view()) == key)
            keep.reason = reason;
    m_state->failure = reason;
    enter(key, state);
}

void FakeEngine::killLoader(const std::string &key)
{
    const std::scoped_lock lock(m_mutex);
    for (KeepStatus &keep : m_state->keeps)
        if (toHex(keep.plan.id.view()) == key)
            keep.loaderAlive = false;
    send(key, {.kind = KeepEvent::Kind::Closed, .status = {}, .text = {}, .recordId = {}, .verdict = {}});
}

KeepStatus FakeEngine::keep(const std::string &key) const
{
    const std::scoped_lock lock(m_mutex);
    for (const KeepStatus &keep : m_state->keeps)
        if (toHex(keep.plan.id.view()) == key)
            return keep;
    return {};
}

} // namespace kastellan::test
