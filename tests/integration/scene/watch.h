// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/keep_client.h"
#include "core/logs/keep_log.h"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace kastellan::test {

/// One client of one keep, for tests: collects what the loader tells, and waits for conditions.
class Watch {
public:
    static constexpr std::chrono::milliseconds patience{30000};

    Watch(KeepId id, std::unique_ptr<KeepClient> client)
        : m_id(id)
        , m_client(std::move(client))
    {
    }

    [[nodiscard]] const KeepId &id() const { return m_id; }
    [[nodiscard]] std::string hex() const { return toHex(m_id.view()); }
    [[nodiscard]] KeepClient &client() { return *m_client; }

    /// Handles events until the condition holds; false when patience is over.
    bool until(const std::function<bool()> &condition, std::chrono::milliseconds most = patience);
    /// Until this state was reached or passed.
    bool untilState(KeepState state);
    /// Until the loader has said that all is over.
    bool untilClosed();
    /// Until the output holds this text.
    bool untilOutput(std::string_view text, LogEntry::Stream stream = LogEntry::Stream::Out);
    /// Connects again after the loader was replaced.
    bool reconnect();

    /// The newest that the loader told; after its end, what lies on the disk.
    [[nodiscard]] const KeepStatus &status() const { return m_status; }
    [[nodiscard]] bool wasIn(KeepState state) const;
    [[nodiscard]] bool closed() const { return m_closed; }
    [[nodiscard]] const std::vector<std::string> &errors() const { return m_errors; }
    [[nodiscard]] const std::vector<std::string> &progress() const { return m_progress; }
    /// All of one stream that is in the keep's log.
    [[nodiscard]] std::string output(LogEntry::Stream stream = LogEntry::Stream::Out) const;
    /// State, reason, errors and events, for a test that failed.
    [[nodiscard]] std::string story() const;

private:
    void handle(const KeepEvent &event);
    KeepId m_id;
    std::unique_ptr<KeepClient> m_client;
    KeepStatus m_status;
    bool m_closed = false;
    std::vector<std::string> m_errors, m_progress;
};

/// Waits for something that is not told on a socket, looking often; false when patience is over.
bool eventually(const std::function<bool()> &condition, std::chrono::milliseconds most = Watch::patience);

} // namespace kastellan::test
