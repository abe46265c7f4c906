// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/firmware_connection.h"
#include "app/keep-warden/keep_store.h"
#include "app/keep-warden/runner_process.h"
#include "app/keep-warden/stream_source.h"
#include "core/session/warden_session.h"

#include <chrono>
#include <memory>
#include <vector>

namespace kastellan::warden {

/// Holds session, store and runner together in one loop that waits for all of them at once. The first program of a process keep; in a
/// virtual machine the child of the first one.
class Warden final : private WardenDelegate, private StreamTaker {
public:
    using Clock = std::chrono::steady_clock;

    struct Parts {
        std::unique_ptr<StreamSource> streams; ///< where owners speak
        std::string folder; ///< where the delivery is put
        RunnerProcess runner;
        std::unique_ptr<ReportSource> reports; ///< without one, a stream brings the emulated firmware
        bool ends = false; ///< it ends when its owner is done with it: a machine then powers off. Otherwise the launcher ends it
    };
    [[nodiscard]] static Result<std::unique_ptr<Warden>> make(Parts parts);
    /// Works until the owner is done with this keep; an error when the streams fail.
    [[nodiscard]] Status run();

private:
    explicit Warden(Parts parts);
    [[nodiscard]] ReportSource &reports() { return m_reports ? *m_reports : m_firmware; }
    void collect(std::vector<pollfd> &fds) const;
    [[nodiscard]] int timeout(Clock::time_point now) const;
    [[nodiscard]] Status serve(const pollfd &ready);
    [[nodiscard]] Status tick(Clock::time_point now);
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
    void finished() override { m_done = m_ends; }

    // StreamTaker
    void takeSession(Fd stream) override { m_session->add(std::move(stream)); }
    void takeFirmware(Fd stream) override { m_firmware.attach(std::move(stream)); }
    void note(std::string words) override { m_session->log(std::move(words)); }

    std::unique_ptr<StreamSource> m_streams;
    KeepStore m_store;
    RunnerProcess m_runner;
    FirmwareConnection m_firmware;
    std::unique_ptr<ReportSource> m_reports; ///< in place of m_firmware
    std::unique_ptr<WardenSession> m_session;
    std::optional<Sha256> m_ownerKey;

    bool m_started = false, m_stopping = false;
    std::optional<Clock::time_point> m_killAt;
    std::uint64_t m_outputBytes = 0; ///< of both streams, for the limit
    std::string m_limit; ///< the limit that ended it
    std::optional<session::RunEvent> m_end;
    bool m_finished = false;
    bool m_ends, m_done = false;
};

} // namespace kastellan::warden
