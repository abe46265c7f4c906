// SPDX-License-Identifier: Apache-2.0
#include "ui/data/log_tail.h"

#include <QElapsedTimer>

#include <optional>

namespace kastellan::ui {

struct LogTail::Reading {
    std::filesystem::path file;
    std::optional<KeepLogReader> reader;
    LogLines lines;
};

LogTail::LogTail(JobRunner &jobs, std::filesystem::path file, QObject *parent)
    : QObject(parent)
    , m_jobs(jobs)
    , m_reading(std::make_shared<Reading>())
{
    m_reading->file = std::move(file);
}

Result<LogTail::Batch> LogTail::readBatch(Reading &reading, const std::stop_token &stop)
{
    Batch batch;
    if (!reading.reader) {
        std::error_code ignored;
        if (!std::filesystem::exists(reading.file, ignored))
            return batch; // the keep has not said anything yet
        KASTELLAN_ASSIGN(auto reader, KeepLogReader::open(reading.file));
        reading.reader = std::move(reader);
    }
    // As long as there is more, lines that the view would drop again are dropped here. A batch ends in time to be seen.
    QElapsedTimer timer;
    timer.start();
    bool end = false;
    while (!end && !stop.stop_requested() && (timer.elapsed() < 100 || reading.lines.waiting() == 0)) {
        KASTELLAN_ASSIGN(const auto entry, reading.reader->next());
        if (entry)
            reading.lines.add(*entry);
        else
            end = true;
        if (reading.lines.waiting() > 2 * most)
            reading.lines.trim(most);
    }
    batch.lines = reading.lines.take(most, &batch.dropped);
    batch.more = !end;
    return batch;
}

void LogTail::read()
{
    if (m_busy) {
        m_again = true;
        return;
    }
    m_busy = true;
    m_jobs.run<Batch>(
        JobRunner::Lane::Quiet, tr("Read the output"), this,
        [reading = m_reading](const Progress &, const std::stop_token &stop) { return readBatch(*reading, stop); },
        [this](const Result<Batch> &batch) {
            m_busy = false;
            if (!batch) {
                Q_EMIT failed(batch.error());
                return;
            }
            if (!batch->lines.isEmpty() || batch->dropped > 0)
                Q_EMIT lines(batch->lines, batch->dropped);
            if (batch->more || std::exchange(m_again, false))
                read();
            else
                Q_EMIT atEnd();
        });
}

} // namespace kastellan::ui
