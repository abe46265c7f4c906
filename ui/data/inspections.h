// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"
#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QHash>
#include <QObject>

#include <memory>
#include <optional>

namespace kastellan::ui {

using ReadinessPointer = std::shared_ptr<const Readiness>;

/// What is known of a host's readiness, and what is being done to know more.
struct Inspection {
    ReadinessPointer result; ///< the last one; stays while a newer one is made, and when that fails
    bool probed = false; ///< the result's: also what takes time was tried
    bool none = false; ///< nothing can look at this host
    std::optional<Error> error; ///< of the last try
    QPointer<Job> job; ///< while it is being looked at
    bool probing = false; ///< the job's: with probes
    bool asked = false; ///< the job's: a person asked for it
};

/// The readiness of every host as last found out, kept while the program runs. Hosts are looked at in workers only.
class Inspections : public QObject {
    Q_OBJECT

public:
    Inspections(const Services &services, JobRunner &jobs, QObject *parent = nullptr);

    [[nodiscard]] const Inspection &of(const QString &host) const;
    /// A person looks at the host: a quick look if there was none yet, and then a full one in the background.
    void open(const QString &host);
    /// A full look now, shown with cancel.
    void check(const QString &host);
    /// Something about the host was changed: a quick look in the background, a full one where the last one was.
    void checkAgainQuietly(const QString &host);
    void cancel(const QString &host);

Q_SIGNALS:
    void changed(const QString &host);
    /// What the job does changed, and nothing else.
    void progressed(const QString &host);

private:
    void start(const QString &host, bool probes, bool asked, bool thenProbes);
    void take(const QString &host, bool probes, Result<ReadinessPointer> result);

    const Services &m_services;
    JobRunner &m_jobs;
    QHash<QString, Inspection> m_all;
};

} // namespace kastellan::ui
