// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/gui/support/fake_engine_state.h"

#include <QtLogging>

#include <algorithm>

#include <sys/eventfd.h>
#include <unistd.h>

namespace kastellan::test {

/// A connection: events wait in a queue, and an event descriptor says that they do.
class FakeEngine::Client : public KeepClient {
public:
    Client(std::shared_ptr<FakeEngine> engine, std::string key)
        : m_engine(std::move(engine))
        , m_key(std::move(key))
        , m_signal(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
    {
        m_engine->m_state->clients[m_key].emplace_back(this, &m_events);
    }
    ~Client() override
    {
        if (m_polling)
            qFatal("the connection was let go of while it was being read");
        const std::scoped_lock lock(m_engine->m_mutex);
        std::erase_if(m_engine->m_state->clients[m_key], [&](const auto &entry) { return entry.first == this; });
    }
    int fd() const override { return m_signal.get(); }
    void poll(const std::function<void(const KeepEvent &)> &call) override
    {
        std::deque<KeepEvent> events;
        {
            const std::scoped_lock lock(m_engine->m_mutex);
            std::uint64_t count = 0;
            (void)!::read(m_signal.get(), &count, sizeof count);
            events.swap(m_events);
        }
        m_polling = true;
        for (const KeepEvent &event : events)
            call(event);
        m_polling = false;
    }
    Status sendInput(ByteView data) override
    {
        {
            const std::scoped_lock lock(m_engine->m_mutex);
            m_engine->m_state->input += asText(data);
        }
        m_engine->writeOutput(m_key, "echo: " + std::string(asText(data)));
        return {};
    }
    Status closeInput() override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("closeInput");
        return {};
    }
    Status stop(unsigned graceSeconds) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("stop");
        if (graceSeconds > 0 && m_engine->m_state->stubborn)
            return {};
        m_engine->m_state->hold.reset();
        m_engine->m_state->held.clear();
        m_engine->enter(m_key, KeepState::Stopped);
        return {};
    }
    Status attest() override
    {
        const Verdict verdict = m_engine->attested();
        const std::string record = m_engine->addRecord(m_engine->keep(m_key), "reattest", verdict);
        const bool good = verdict == Verdict::Trusted || verdict == Verdict::Authentic;
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back("attest");
        m_engine->send(m_key,
            {.kind = KeepEvent::Kind::Appraisal, .status = {}, .text = {}, .recordId = record, .verdict = std::string(name(verdict))});
        for (KeepStatus &keep : m_engine->m_state->keeps)
            if (toHex(keep.plan.id.view()) == m_key) {
                keep.reason = good ? std::string() : "an attestation was refused: the launch digest is not the expected one";
                const KeepState next = good ? KeepState::Running : KeepState::Suspect;
                if (keep.state != next && (keep.state == KeepState::Suspect || !good))
                    m_engine->enter(m_key, next);
                m_engine->send(m_key, {.kind = KeepEvent::Kind::Status, .status = keep, .text = {}, .recordId = {}, .verdict = {}});
            }
        return {};
    }
    Status watchUse(bool on) override
    {
        const std::scoped_lock lock(m_engine->m_mutex);
        m_engine->m_state->calls.push_back(on ? "watchUse" : "watchNoUse");
        for (int second = 0; on && second < 30; ++second)
            m_engine->send(m_key,
                {.kind = KeepEvent::Kind::Use,
                    .status = {},
                    .text = {},
                    .recordId = {},
                    .verdict = {},
                    .at = (second + 1) * 1000,
                    .cpuSeconds = second * 0.4 + (second % 7) * 0.2,
                    .memory = (150 + static_cast<std::uint64_t>(second) * 2) << 20});
        return {};
    }
    void wake() { (void)::eventfd_write(m_signal.get(), 1); }

private:
    std::shared_ptr<FakeEngine> m_engine;
    std::string m_key;
    Fd m_signal;
    std::deque<KeepEvent> m_events;
    bool m_polling = false;
};

} // namespace kastellan::test
