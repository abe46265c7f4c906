// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/logs/line_index.h"
#include "ui/jobs/job_runner.h"

#include <QCache>
#include <QObject>
#include <QRegularExpression>

#include <filesystem>
#include <memory>
#include <optional>

namespace kastellan::ui {

/// Which lines of a log are shown.
struct LogFilter {
    quint8 streams = 0xf; ///< bit of each LogEntry::Stream
    QRegularExpression pattern; ///< empty: every line
    qint64 since = 0, until = 0; ///< Unix nanoseconds of the line's beginning; 0: no bound
    [[nodiscard]] bool all() const { return streams == 0xf && pattern.pattern().isEmpty() && since == 0 && until == 0; }
    [[nodiscard]] bool takes(const LogLineText &line, const QString &text) const;
    bool operator==(const LogFilter &) const = default;
};

/// One line of a log as it is shown: made visible, so that it can't move or hide other text.
struct LogRow {
    quint64 number = 0; ///< of the line in the log; of one without an end that of the next line
    LogEntry::Stream stream = LogEntry::Stream::Event;
    qint64 at = 0; ///< Unix nanoseconds
    QString text;
    bool open = false; ///< it has no line end yet
    bool damage = false; ///< it tells of bytes that can't be read
};

/// The lines of a keep's log for a view of any size: reads the file in a worker while it grows, holds no line but those that were looked at
/// last, and shows those alone that a filter takes.
class LogDocument : public QObject {
    Q_OBJECT

public:
    LogDocument(JobRunner &jobs, std::filesystem::path file, QObject *parent = nullptr);
    ~LogDocument() override;

    /// Reads on from where the last reading ended; also the first time. A file that is not there yet is empty.
    void readOn();
    void setFilter(const LogFilter &filter);
    [[nodiscard]] const LogFilter &filter() const { return m_filter; }

    /// How many lines are shown; with a filter, of those that were looked at so far.
    [[nodiscard]] qint64 rows() const;
    /// One of them. Reads the file where it was not looked at lately.
    [[nodiscard]] LogRow row(qint64 row) const;
    /// The first row whose line has this number or a later one; rows() when there is none.
    [[nodiscard]] qint64 rowOfLine(quint64 number) const;
    /// The first row that began at or after a time.
    [[nodiscard]] qint64 rowSince(qint64 at) const;
    /// Lines in the log, shown or not.
    [[nodiscard]] quint64 lines() const;
    /// Whether the whole file has been read and filtered.
    [[nodiscard]] bool isComplete() const;

    /// Looks for the next row after `from` (or before it) that matches; `found` or `notFound` follows. A search that runs is cancelled.
    void find(const QRegularExpression &pattern, qint64 from, bool backward);

Q_SIGNALS:
    /// There are more rows, or the unfinished lines changed.
    void grew();
    /// Other rows than before: another filter.
    void reset();
    void found(qint64 row);
    void notFound();
    void failed(const kastellan::Error &error);

private:
    struct Shared; ///< what workers and the window both use
    void filterOn();
    void took();
    [[nodiscard]] const QList<LogRow> *block(qint64 index) const;

    JobRunner &m_jobs;
    std::shared_ptr<Shared> m_shared;
    LogFilter m_filter;
    quint64 m_generation = 0; ///< of the filter: what an older one found is dropped
    bool m_reading = false, m_again = false, m_filtering = false, m_atEnd = false;
    QPointer<Job> m_search;
    mutable QCache<qint64, QList<LogRow>> m_blocks;
    QList<LogRow> m_open; ///< lines without an end, drawn last
};

} // namespace kastellan::ui
