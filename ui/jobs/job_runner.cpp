// SPDX-License-Identifier: Apache-2.0
#include "ui/jobs/job_runner.h"

#include "ui/text.h"

namespace kastellan::ui {

Job::Job(QString title, QObject *parent)
    : QObject(parent)
    , m_title(std::move(title))
{
}

void Job::cancel()
{
    if (!m_stop.request_stop())
        return;
    m_doing = tr("Cancelling…");
    Q_EMIT changed();
}

void Job::report(QString doing, std::uint64_t done, std::uint64_t total)
{
    const std::scoped_lock lock(m_mutex);
    m_nextDoing = std::move(doing);
    m_nextPermille = total == 0 ? -1
                                : static_cast<int>(std::min<std::uint64_t>(
                                      1000, static_cast<std::uint64_t>(1000.0 * static_cast<double>(done) / static_cast<double>(total))));
    if (m_posted) // the GUI thread has not shown the last one yet: it will find this one
        return;
    m_posted = true;
    QMetaObject::invokeMethod(this, &Job::show, Qt::QueuedConnection);
}

void Job::show()
{
    {
        const std::scoped_lock lock(m_mutex);
        m_posted = false;
        m_permille = m_nextPermille;
        if (!m_stop.stop_requested())
            m_doing = m_nextDoing;
    }
    Q_EMIT changed();
}

JobRunner::JobRunner(QObject *parent)
    : QObject(parent)
{
    m_pool.setMaxThreadCount(std::max(4, QThread::idealThreadCount())); // most of them wait, not compute
    m_store.setMaxThreadCount(1);
    m_store.setExpiryTimeout(-1);
}

JobRunner::~JobRunner()
{
    for (Job *job : std::as_const(m_all))
        job->m_stop.request_stop();
    m_pool.waitForDone();
    m_store.waitForDone();
}

QPointer<Job> JobRunner::start(Lane lane, const QString &title, Body body, std::function<void()> after)
{
    auto *job = new Job(title, this); // deleted below, or with the runner
    m_all.append(job);
    ++m_running;
    if (lane == Lane::Shown) {
        m_shown.append(job);
        Q_EMIT jobsChanged();
    }
    const std::stop_token stop = job->m_stop.get_token();
    auto work = [this, job, stop, body = std::move(body), after = std::move(after)]() mutable {
        // The job outlives this: the runner waits for its workers before it goes.
        body([job](std::string_view doing, std::uint64_t done, std::uint64_t total) { job->report(shownLine(doing), done, total); }, stop);
        body = nullptr;
        QMetaObject::invokeMethod(
            this,
            [this, job, after = std::move(after)] {
                m_all.removeOne(job);
                --m_running;
                const bool wasShown = m_shown.removeOne(job);
                after();
                Q_EMIT job->finished();
                job->deleteLater();
                if (wasShown)
                    Q_EMIT jobsChanged();
                if (m_running == 0)
                    Q_EMIT idle();
            },
            Qt::QueuedConnection);
    };
    (lane == Lane::Store ? m_store : m_pool).start(std::move(work));
    return job;
}

std::unexpected<Error> JobRunner::unexpectedFailure(std::string why)
{
    return fail(ErrorKind::Internal, "finish this", {}, std::move(why), "Please report this with what you did before it");
}

} // namespace kastellan::ui
