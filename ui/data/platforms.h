// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"
#include "ui/jobs/job_runner.h"
#include "ui/services.h"

#include <QHash>
#include <QObject>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace kastellan::ui {

using PlatformPointer = std::shared_ptr<const PlatformView>;
using Arguments = std::map<std::string, std::string>;

/// What is known of a host's platform.
struct PlatformState {
    PlatformPointer view; ///< the last one
    std::vector<PlatformAction> actions;
    std::int64_t at = 0; ///< when it was read, Unix seconds
    std::optional<Error> error; ///< it could not be reached, the last time
    bool none = false; ///< this host has no platform that can be reached
    bool reading = false;
};

/// The platforms of all hosts: read, planned for and acted upon in workers, one call at a time.
class Platforms : public QObject {
    Q_OBJECT

public:
    Platforms(const Services &services, JobRunner &jobs, QObject *parent = nullptr);

    [[nodiscard]] const PlatformState &of(const QString &host) const;
    [[nodiscard]] QStringList known() const { return m_all.keys(); }
    /// Reads it if it was never read.
    void open(const QString &host);
    void refresh(const QString &host);
    void plan(const QString &host, const std::string &action, const Arguments &arguments, QObject *context,
        std::function<void(Result<ActionPlan>)> done);
    /// Does it, logs it, and reads the platform again.
    QPointer<Job> perform(const QString &host, const ActionPlan &plan, QObject *context, std::function<void(Result<ActionOutcome>)> done);

Q_SIGNALS:
    void changed(const QString &host);
    /// An action was done or tried; `changes` when the platform may be another one now.
    void performed(const QString &host, bool changes);

private:
    const Services &m_services;
    JobRunner &m_jobs;
    QHash<QString, PlatformState> m_all;
    std::shared_ptr<std::mutex> m_one = std::make_shared<std::mutex>();
};

} // namespace kastellan::ui
