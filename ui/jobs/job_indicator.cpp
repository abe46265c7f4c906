// SPDX-License-Identifier: Apache-2.0
#include "ui/jobs/job_indicator.h"

#include "ui/jobs/job_runner.h"
#include "ui/theme/icons.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

JobIndicator::JobIndicator(JobRunner &runner, QWidget *parent)
    : QWidget(parent)
    , m_runner(runner)
    , m_text(new QLabel(this))
    , m_bar(new QProgressBar(this))
    , m_cancel(new QToolButton(this))
{
    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(8, 0, 8, 0);
    layout->addWidget(m_text);
    layout->addWidget(m_bar);
    layout->addWidget(m_cancel);
    m_text->setTextFormat(Qt::PlainText);
    m_bar->setFixedWidth(140);
    m_bar->setTextVisible(false);
    m_bar->setAccessibleName(tr("Progress of the running job"));
    m_cancel->setIcon(icon(u"cross"_s));
    m_cancel->setAutoRaise(true);
    m_cancel->setIconSize({14, 14});
    m_cancel->setFixedSize(24, 24);
    m_cancel->setAccessibleName(tr("Cancel the running job"));
    m_cancel->setToolTip(m_cancel->accessibleName());
    connect(m_cancel, &QToolButton::clicked, this, [this] {
        if (const auto jobs = m_runner.shownJobs(); !jobs.isEmpty())
            jobs.last()->cancel();
    });
    connect(&runner, &JobRunner::jobsChanged, this, [this] {
        for (Job *job : m_runner.shownJobs())
            connect(job, &Job::changed, this, &JobIndicator::refresh, Qt::UniqueConnection);
        refresh();
    });
    refresh();
}

void JobIndicator::refresh()
{
    const auto jobs = m_runner.shownJobs();
    setVisible(!jobs.isEmpty());
    if (jobs.isEmpty())
        return;
    const Job *job = jobs.last();
    QString text = job->doing().isEmpty() ? job->title() : job->title() + u": "_s + job->doing();
    text = m_text->fontMetrics().elidedText(text, Qt::ElideRight, 420);
    if (jobs.size() > 1)
        text += tr("  (and %1 more)").arg(jobs.size() - 1);
    m_text->setText(text);
    m_bar->setRange(0, job->permille() < 0 ? 0 : 1000);
    m_bar->setValue(std::max(0, job->permille()));
    m_cancel->setEnabled(!job->isCancelled());
}

} // namespace kastellan::ui
