// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/directory.h"
#include "ui/data/inspections.h"
#include "ui/data/link.h"
#include "ui/data/notices.h"
#include "ui/data/platforms.h"
#include "ui/data/records.h"
#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QObject>
#include <QStringList>

namespace kastellan::ui {

/// What every page works with: the engine, what is known of it, the jobs, and ways to ask the window for something.
class Workspace : public QObject {
    Q_OBJECT

public:
    explicit Workspace(Services engine, QObject *parent = nullptr)
        : QObject(parent)
        , services(std::move(engine))
        , jobs(this)
        , directory(services, jobs, this)
        , records(services, jobs, this)
        , inspections(services, jobs, this)
        , platforms(services, jobs, this)
        , notices(services, jobs, directory, records, platforms, this)
    {
    }

    const Services services;
    JobRunner jobs;
    Directory directory;
    Records records;
    Inspections inspections;
    Platforms platforms;
    Notices notices;

    void go(const Link &link) { Q_EMIT linkWanted(link); }
    void launch(const QString &workload = {}) { Q_EMIT launchWanted(workload); }
    void say(const QString &text) { Q_EMIT said(text); }

Q_SIGNALS:
    void linkWanted(const kastellan::ui::Link &link);
    void launchWanted(const QString &workload);
    /// One line for the status bar.
    void said(const QString &text);
};

} // namespace kastellan::ui
