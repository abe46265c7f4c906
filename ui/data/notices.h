// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/notices.h"
#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QObject>
#include <QStringList>
#include <QTimer>

#include <vector>

namespace kastellan::ui {

class Directory;
class Platforms;
class Records;

/// What changed about trust by itself: certificates that end, are revoked, firmware below the floor of the newest launch. Looked for when
/// what it rests on changes, and every hour.
class Notices : public QObject {
    Q_OBJECT

public:
    Notices(const Services &services, JobRunner &jobs, const Directory &directory, Records &records, Platforms &platforms,
        QObject *parent = nullptr);

    /// All, urgent ones first.
    [[nodiscard]] const std::vector<TrustNotice> &all() const { return m_all; }
    /// Those of a host, and those of the certificate store, which concern every host.
    [[nodiscard]] std::vector<TrustNotice> of(const QString &host) const;
    /// Certificates of the store as last read.
    [[nodiscard]] const std::vector<KnownCertificate> &certificates() const { return m_certificates; }
    /// The store could not be read, the last time.
    [[nodiscard]] const std::optional<Error> &problem() const { return m_problem; }
    void refresh();

Q_SIGNALS:
    void changed();

private:
    void survey();
    void judge(std::vector<Record> records);

    const Services &m_services;
    JobRunner &m_jobs;
    const Directory &m_directory;
    Records &m_records;
    Platforms &m_platforms;
    std::vector<TrustNotice> m_all;
    std::vector<KnownCertificate> m_certificates;
    std::optional<Error> m_problem;
    QStringList m_evidence; ///< states and newest records of all keeps, when they were last looked at
    QTimer m_hourly;
    bool m_wanted = false, m_running = false;
};

} // namespace kastellan::ui
