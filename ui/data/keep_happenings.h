// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/jobs/job_runner.h"

#include <QObject>

#include <filesystem>
#include <memory>

namespace kastellan::ui {

/// Something that a keep's loader wrote into its log: a step of the launch, a state, a record.
struct Happening {
    std::int64_t at = 0; ///< Unix milliseconds
    QString text; ///< safe to show
    bool operator==(const Happening &) const = default;
};

/// Follows the events in a keep's log, whatever the workload writes between them. Holds the first and the newest ones.
class KeepHappenings : public QObject {
    Q_OBJECT

public:
    static constexpr qsizetype mostFirst = 200, mostNewest = 400;

    KeepHappenings(JobRunner &jobs, std::filesystem::path file, QObject *parent = nullptr);
    /// Reads on from where the last reading ended.
    void read();
    [[nodiscard]] const QList<Happening> &all() const { return m_all; }

Q_SIGNALS:
    void changed();

private:
    struct Reading; ///< touched by one worker at a time
    struct Batch {
        QList<Happening> happenings;
        bool more = false;
    };
    static Result<Batch> readBatch(Reading &reading, const std::stop_token &stop);

    JobRunner &m_jobs;
    std::shared_ptr<Reading> m_reading;
    QList<Happening> m_all;
    bool m_busy = false, m_again = false;
};

} // namespace kastellan::ui
