// SPDX-License-Identifier: Apache-2.0
#include "ui/data/keep_happenings.h"

#include "core/logs/keep_log.h"
#include "ui/text.h"

#include <QElapsedTimer>

#include <optional>

namespace kastellan::ui {

struct KeepHappenings::Reading {
    std::filesystem::path file;
    std::optional<KeepLogReader> reader;
};

KeepHappenings::KeepHappenings(JobRunner &jobs, std::filesystem::path file, QObject *parent)
    : QObject(parent)
    , m_jobs(jobs)
    , m_reading(std::make_shared<Reading>())
{
    m_reading->file = std::move(file);
}

Result<KeepHappenings::Batch> KeepHappenings::readBatch(Reading &reading, const std::stop_token &stop)
{
    Batch batch;
    if (!reading.reader) {
        std::error_code ignored;
        if (!std::filesystem::exists(reading.file, ignored))
            return batch; // the keep has not said anything yet
        KASTELLAN_ASSIGN(auto reader, KeepLogReader::open(reading.file));
        reading.reader = std::move(reader);
    }
    QElapsedTimer timer;
    timer.start();
    while (!stop.stop_requested() && timer.elapsed() < 200) { // what a launch says is seen while a long log is still being read
        const auto entry = reading.reader->next();
        if (!entry)
            continue; // the place is damaged; the reader goes on behind it
        if (!*entry)
            return batch;
        if ((*entry)->stream == LogEntry::Stream::Event)
            batch.happenings.append({(*entry)->at / 1'000'000, shown(asText((*entry)->data))});
        if (batch.happenings.size() > mostFirst + 2 * mostNewest)
            batch.happenings.remove(mostFirst, mostNewest);
    }
    batch.more = true;
    return batch;
}

void KeepHappenings::read()
{
    if (m_busy) {
        m_again = true;
        return;
    }
    m_busy = true;
    m_jobs.run<Batch>(
        JobRunner::Lane::Quiet, tr("Read what happened"), this,
        [reading = m_reading](const Progress &, const std::stop_token &stop) { return readBatch(*reading, stop); },
        [this](const Result<Batch> &batch) {
            m_busy = false;
            if (!batch) // the view of the output says what is wrong with the log
                return;
            m_all += batch->happenings;
            if (m_all.size() > mostFirst + mostNewest)
                m_all.remove(mostFirst, m_all.size() - mostFirst - mostNewest);
            if (!batch->happenings.isEmpty())
                Q_EMIT changed();
            if (batch->more || std::exchange(m_again, false))
                read();
        });
}

} // namespace kastellan::ui
