// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/firmware_connection.h"
#include "app/keep-warden/keep_store.h"
#include "app/keep-warden/runner_process.h"
#include "core/session/warden_session.h"

#include <chrono>
#include <memory>
#include <vector>

namespace kastellan::warden {

/// The first program in a keep: holds session, store and runner together in one loop that waits for all of them at once.
class Warden final : private WardenDelegate {
public:
    using Clock = std::chrono::steady_clock;

    /// `listener`: a listening socket; the first byte of a connection says what it is: 'S' a session, 'F' the firmware.
    /// `folder`: where the delivery is put. `reports`: a source of reports of its own; without one, a connection brings it.
    [[nodiscard]] static Result<std::unique_ptr<Warden>> make(
        Fd listener, std::string folder, RunnerProcess runner, std::unique_ptr<ReportSource> reports = {});
    /// Works until the listening socket fails.
    [[nodiscard]] Status run();

private:
    struct Knock ///< a connection whose first byte has not come yet
    {
        Fd stream;
        Clock::time_point until;
    };

    Warden(Fd listener, std::string folder, RunnerProcess runner, std::unique_ptr<ReportSource> reports);
    [[nodiscard]] ReportSource &reports() { return m_reports ? *m_reports : m_firmware; }
    void collect(std::vector<pollfd> &fds) const;
    [[nodiscard]] int timeout(Clock::time_point now) const;
    void serve(const pollfd &ready);
    void tick(Clock::time_point now);
    [[nodiscard]] Status accept();
    void answer(std::size_t knock);
    void readRunner();
    void readOutput(unsigned stream);
    [[nodiscard]] std::size_t outputRoom(unsigned stream) const;
    [[nodiscard]] bool isNull(unsigned stream) const;
    void finishIfDone();

    // WardenDelegate
    [[nodiscard]] Result<Sha256> ownerKey() override;
    [[nodiscard]] Result<Bytes> report(const ReportData &data) override { return reports().report(data); }
    [[nodiscard]] Status beginItem(const DeliveryItem &item) override { return m_store.begin(item); }
    [[nodiscard]] Status itemData(ByteView data) override { return m_store.add(data); }
    [[nodiscard]] Status endItem() override { return m_store.end(); }
    [[nodiscard]] Status delivered(const std::vector<DeliveryItem> &items) override { return m_store.check(items); }
    void discard() override { m_store.clear(); }
    [[nodiscard]] Status start() override;
    [[nodiscard]] std::size_t input(ByteView data) override { return m_runner.input(data); }
    void closeInput() override { m_runner.closeInput(); }
    void stop(unsigned graceSeconds) override;

    Fd m_listener;
    KeepStore m_store;
    RunnerProcess m_runner;
    FirmwareConnection m_firmware;
    std::unique_ptr<ReportSource> m_reports; ///< in place of m_firmware
    std::unique_ptr<WardenSession> m_session;
    std::vector<Knock> m_knocks;
    std::optional<Sha256> m_ownerKey;

    bool m_started = false, m_stopping = false;
    std::optional<Clock::time_point> m_killAt;
    std::uint64_t m_outputBytes = 0; ///< of both streams, for the limit
    std::string m_limit; ///< the limit that ended it
    std::optional<session::RunEvent> m_end;
    bool m_finished = false;
};

} // namespace kastellan::warden
