// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/log_lines.h"
#include "ui/jobs/job_runner.h"

#include <QObject>

#include <filesystem>
#include <memory>

namespace kastellan::ui {

/// Follows a keep's log file in a worker and hands its newest lines to the window: never more than a view keeps.
class LogTail : public QObject {
    Q_OBJECT

public:
    static constexpr std::size_t most = 5000; ///< lines handed over at once, as many as the view keeps

    LogTail(JobRunner &jobs, std::filesystem::path file, QObject *parent = nullptr);
    /// Reads on from where the last reading ended.
    void read();

Q_SIGNALS:
    void lines(const QList<kastellan::ui::LogLine> &lines, quint64 dropped);
    void failed(const kastellan::Error &error);
    /// Everything that the file held has been handed over.
    void atEnd();

private:
    struct Reading; ///< touched by one worker at a time
    struct Batch {
        QList<LogLine> lines;
        std::uint64_t dropped = 0;
        bool more = false;
    };
    static Result<Batch> readBatch(Reading &reading, const std::stop_token &stop);

    JobRunner &m_jobs;
    std::shared_ptr<Reading> m_reading;
    bool m_busy = false, m_again = false;
};

} // namespace kastellan::ui
