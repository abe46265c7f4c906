// SPDX-License-Identifier: Apache-2.0
#include "ui/data/inspections.h"

namespace kastellan::ui {

Inspections::Inspections(const Services &services, JobRunner &jobs, QObject *parent)
    : QObject(parent)
    , m_services(services)
    , m_jobs(jobs)
{
}

const Inspection &Inspections::of(const QString &host) const
{
    static const Inspection nothing;
    const auto found = m_all.constFind(host);
    return found == m_all.constEnd() ? nothing : *found;
}

void Inspections::open(const QString &host)
{
    const Inspection &known = of(host);
    if (!known.job && !known.result && !known.error && !known.none)
        start(host, false, false, true);
}

void Inspections::check(const QString &host)
{
    const Inspection &known = of(host);
    if (known.job && known.asked)
        return;
    cancel(host);
    start(host, true, true, false);
}

void Inspections::checkAgainQuietly(const QString &host)
{
    const Inspection &known = of(host);
    if (!known.job && known.result)
        start(host, known.probed, false, false);
}

void Inspections::cancel(const QString &host)
{
    if (Job *job = of(host).job)
        job->cancel();
}

void Inspections::start(const QString &host, bool probes, bool asked, bool thenProbes)
{
    Inspection &inspection = m_all[host];
    inspection.probing = probes;
    inspection.asked = asked;
    const auto look = [registry = m_services.hosts, id = host.toStdString(), probes](
                          const Progress &progress, const std::stop_token &stop) -> Result<ReadinessPointer> {
        KASTELLAN_ASSIGN(const auto found, registry->find(id));
        const auto inspector = found->inspector();
        if (!inspector)
            return ReadinessPointer{};
        KASTELLAN_ASSIGN(auto readiness, inspector->inspect({.probes = probes}, progress, stop));
        if (stop.stop_requested()) // what was cut short says less than what was known
            return fail(ErrorKind::Cancelled, "check the host", {}, "you asked to stop");
        return std::make_shared<const Readiness>(std::move(readiness));
    };
    // A job that was cancelled may end after the one that took its place: only the present one counts.
    auto mine = std::make_shared<QPointer<Job>>();
    *mine = m_jobs.run<ReadinessPointer>(asked ? JobRunner::Lane::Shown : JobRunner::Lane::Quiet, tr("Check the host %1").arg(host), this,
        look, [this, host, probes, thenProbes, mine](Result<ReadinessPointer> result) {
            if (m_all[host].job != *mine)
                return;
            m_all[host].job.clear();
            const bool good = result.has_value() && *result;
            take(host, probes, std::move(result));
            if (good && thenProbes)
                start(host, true, false, false);
            else
                Q_EMIT changed(host);
        });
    inspection.job = *mine;
    if (Job *job = inspection.job)
        connect(job, &Job::changed, this, [this, host] { Q_EMIT progressed(host); });
    Q_EMIT changed(host);
}

void Inspections::take(const QString &host, bool probes, Result<ReadinessPointer> result)
{
    Inspection &inspection = m_all[host];
    if (!result) {
        inspection.error = result.error();
        return;
    }
    inspection.error.reset();
    inspection.none = !*result;
    if (*result) {
        inspection.result = std::move(*result);
        inspection.probed = probes;
    }
}

} // namespace kastellan::ui
