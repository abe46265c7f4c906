// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QHash>
#include <QObject>
#include <QTimer>

#include <memory>
#include <vector>

namespace kastellan::ui {

using KeepPointer = std::shared_ptr<const KeepStatus>;

/// Hex of a keep's id: its key in models and links.
[[nodiscard]] QString keyOf(const KeepId &id);
[[nodiscard]] std::optional<KeepId> keepIdFromKey(const QString &key);

/// The hosts and keeps as last read, refreshed in the background. Everything that lists them listens here.
class Directory : public QObject {
    Q_OBJECT

public:
    Directory(const Services &services, JobRunner &jobs, QObject *parent = nullptr);

    [[nodiscard]] const std::vector<HostInfo> &hosts() const { return m_hosts; }
    [[nodiscard]] const std::vector<KeepPointer> &keeps() const { return m_keeps; } ///< newest first
    [[nodiscard]] KeepPointer keep(const QString &key) const;
    [[nodiscard]] const HostInfo *host(const QString &id) const;
    [[nodiscard]] const std::vector<Error> &problems() const { return m_problems; }
    /// Whether the first reading is done.
    [[nodiscard]] bool isLoaded() const { return m_keepsLoaded && m_hostsLoaded; }

    void refreshHosts();
    void refreshKeeps();
    /// A newer status than the last reading, from the keep's loader.
    void update(const KeepStatus &status);
    /// Forget a removed keep at once.
    void forget(const QString &key);
    /// Reads keeps again every `milliseconds`; 0 stops.
    void follow(int milliseconds);

Q_SIGNALS:
    void hostsChanged();
    void keepsChanged();
    void keepChanged(const QString &key);
    void problemsChanged();

private:
    void take(std::vector<KeepStatus> keeps, std::vector<Error> problems);

    const Services &m_services;
    JobRunner &m_jobs;
    std::vector<HostInfo> m_hosts;
    std::vector<KeepPointer> m_keeps;
    QHash<QString, KeepPointer> m_byKey;
    QHash<QString, qint64> m_updated; ///< by a loader, at this generation
    std::vector<Error> m_problems, m_lastProblems;
    QTimer m_timer;
    qint64 m_generation = 0;
    bool m_reading = false, m_readAgain = false, m_keepsLoaded = false, m_hostsLoaded = false;
};

/// Whether two statuses look the same wherever a keep is shown.
[[nodiscard]] bool sameStatus(const KeepStatus &a, const KeepStatus &b);

} // namespace kastellan::ui
