// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/scene/watch.h"

#include <algorithm>
#include <thread>

#include <poll.h>

namespace kastellan::test {
namespace {
using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds lookAgain{5};
} // namespace

bool eventually(const std::function<bool()> &condition, std::chrono::milliseconds most)
{
    const auto end = Clock::now() + most;
    while (!condition()) {
        if (Clock::now() > end)
            return false;
        std::this_thread::sleep_for(lookAgain);
    }
    return true;
}

bool Watch::until(const std::function<bool()> &condition, std::chrono::milliseconds most)
{
    const auto end = Clock::now() + most;
    for (;;) {
        if (!m_closed)
            m_client->poll([this](const KeepEvent &event) { handle(event); });
        if (condition())
            return true;
        if (Clock::now() > end)
            return false;
        if (m_closed) {
            std::this_thread::sleep_for(lookAgain);
            continue;
        }
        // The condition may hang on something else than events, so it is looked at now and then.
        pollfd waiting{m_client->fd(), POLLIN, 0};
        ::poll(&waiting, 1, 20);
    }
}

bool Watch::untilState(KeepState state)
{
    return until([&] { return wasIn(state) || m_closed; }) && wasIn(state);
}

bool Watch::untilClosed()
{
    return until([this] { return m_closed; }, patience * 2);
}

bool Watch::untilOutput(std::string_view text, LogEntry::Stream stream)
{
    return until([&] { return output(stream).find(text) != std::string::npos; });
}

bool Watch::reconnect()
{
    std::unique_ptr<KeepClient> fresh;
    if (!eventually([&] {
            auto client = KeepClient::connect(m_id);
            if (client)
                fresh = std::move(*client);
            return client.has_value();
        }))
        return false;
    m_client = std::move(fresh);
    m_closed = false;
    return true;
}

bool Watch::wasIn(KeepState state) const
{
    return std::ranges::any_of(m_status.timeline, [&](const auto &step) { return step.first == state; });
}

void Watch::handle(const KeepEvent &event)
{
    switch (event.kind) {
    case KeepEvent::Kind::Status:
        m_status = event.status;
        break;
    case KeepEvent::Kind::Progress:
        m_progress.push_back(event.text);
        break;
    case KeepEvent::Kind::Error:
        m_errors.push_back(event.text);
        break;
    case KeepEvent::Kind::Closed:
        m_closed = true;
        if (auto last = keeps::status(m_id))
            m_status = std::move(*last);
        break;
    case KeepEvent::Kind::Log:
    case KeepEvent::Kind::Appraisal:
    case KeepEvent::Kind::Use:
        break;
    }
}

std::string Watch::output(LogEntry::Stream stream) const
{
    std::string text;
    auto reader = KeepLogReader::open(keeps::logPath(m_id));
    while (reader) {
        const auto entry = reader->next();
        if (!entry || !*entry)
            break;
        if ((*entry)->stream == stream)
            text += asText((*entry)->data);
    }
    return text;
}

std::string Watch::story() const
{
    std::string text = "state " + std::string(name(m_status.state)) + ", verdict " + m_status.verdict + ", reason: " + m_status.reason;
    for (const auto &error : m_errors)
        text += "\nerror: " + error;
    return text + "\nlog:\n" + output(LogEntry::Stream::Event) + "\noutput:\n" + output().substr(0, 2000);
}

} // namespace kastellan::test
