// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QObject>
#include <QSocketNotifier>

#include <memory>

namespace kastellan::ui {

/// The window's line to one keep's loader, driven by the event loop. Events arrive as signals; requests answer at once whether they
/// could be sent.
class KeepSession : public QObject {
    Q_OBJECT

public:
    KeepSession(const Services &services, JobRunner &jobs, QObject *parent = nullptr);
    ~KeepSession() override;

    /// Connects in the background; `closed` when no loader answers.
    void open(const KeepId &id);
    /// Takes over a connection that stands.
    void adopt(std::unique_ptr<KeepClient> client);
    /// Lets go of the connection; the keep goes on. No `closed` follows.
    void close();
    [[nodiscard]] bool isOpen() const { return m_client != nullptr; }

    [[nodiscard]] Status sendInput(ByteView data);
    [[nodiscard]] Status closeInput();
    [[nodiscard]] Status stop(unsigned graceSeconds);
    [[nodiscard]] Status attest();
    /// Whether `used` is wanted each second; asked again of each loader.
    void watchUse(bool on);

Q_SIGNALS:
    void opened();
    void statusChanged(const kastellan::KeepStatus &status);
    void progress(const QString &doing, quint64 done, quint64 total);
    void logGrown(quint64 bytes);
    void appraised(const QString &record, const QString &verdict);
    void failed(const QString &message);
    /// Unix milliseconds, processor time since the start, bytes of memory.
    void used(qint64 at, double cpuSeconds, quint64 memory);
    /// The loader is gone; nothing more comes.
    void closed();

private:
    void poll();
    [[nodiscard]] Status gone(std::string_view what) const;

    const Services &m_services;
    JobRunner &m_jobs;
    std::unique_ptr<KeepClient> m_client;
    bool m_watchesUse = false;
    unsigned m_attempt = 0; ///< an answer to an older attempt to connect is dropped
    std::unique_ptr<QSocketNotifier> m_notifier;
};

} // namespace kastellan::ui
