// SPDX-License-Identifier: Apache-2.0
#include "ui/logs/log_document.h"

#include "ui/text.h"

#include <algorithm>
#include <mutex>
#include <vector>

namespace kastellan::ui {
namespace {

constexpr std::uint64_t slice = std::uint64_t{32} << 20; ///< bytes of the file that are read at once
constexpr quint64 filterSlice = 200'000; ///< lines that are filtered before the window hears of it
constexpr qint64 blockRows = 64; ///< read together; about a page
constexpr int blocksKept = 256;

LogRow rowOf(quint64 number, const LogLineText &line, bool open = false)
{
    return {number, line.stream, line.at, shown(line.bytes), open, line.damage};
}

} // namespace

bool LogFilter::takes(const LogLineText &line, const QString &text) const
{
    if (line.damage)
        return true; // never hidden: what follows may lack something
    if (!(streams & (1u << static_cast<unsigned>(line.stream))) || (since && line.at < since) || (until && line.at > until))
        return false;
    return pattern.pattern().isEmpty() || pattern.match(text).hasMatch();
}

struct LogDocument::Shared {
    std::filesystem::path file;
    std::unique_ptr<LogLineIndex> index; ///< made once by the worker that reads; then const for all others
    mutable std::mutex mutex; ///< guards what follows, and the making of the index
    quint64 generation = 0;
    std::vector<quint32> matches; ///< lines that the filter takes
    quint64 looked = 0; ///< lines that the filter looked at

    [[nodiscard]] LogLineIndex *made() const
    {
        const std::lock_guard lock(mutex);
        return index.get();
    }
};

LogDocument::LogDocument(JobRunner &jobs, std::filesystem::path file, QObject *parent)
    : QObject(parent)
    , m_jobs(jobs)
    , m_shared(std::make_shared<Shared>())
    , m_blocks(blocksKept)
{
    m_shared->file = std::move(file);
}

LogDocument::~LogDocument()
{
    if (m_search)
        m_search->cancel();
}

void LogDocument::readOn()
{
    if (m_reading) {
        m_again = true;
        return;
    }
    m_reading = true;
    m_jobs.run<bool>(
        JobRunner::Lane::Quiet, tr("Read the log"), this,
        [shared = m_shared](const Progress &, const std::stop_token &stop) -> Result<bool> {
            if (!shared->made()) {
                std::error_code ignored;
                if (!std::filesystem::exists(shared->file, ignored))
                    return true; // the keep has not said anything yet
                KASTELLAN_ASSIGN(auto index, LogLineIndex::open(shared->file));
                const std::lock_guard lock(shared->mutex);
                shared->index = std::move(index);
            }
            LogLineIndex &index = *shared->made();
            // The first page at once, whatever the file's size.
            return index.readOn(index.lines() == 0 ? std::uint64_t{1} << 20 : slice, stop);
        },
        [this](const Result<bool> &end) {
            m_reading = false;
            if (!end) {
                Q_EMIT failed(end.error());
                return;
            }
            m_atEnd = *end;
            took();
            if (!*end || std::exchange(m_again, false))
                readOn();
        });
}

void LogDocument::took()
{
    m_blocks.clear(); // the last one grows
    m_open.clear();
    if (const LogLineIndex *index = m_shared->made())
        for (const LogLineText &line : index->unfinished())
            if (LogRow row = rowOf(index->lines(), line, true); m_filter.takes(line, row.text))
                m_open.append(std::move(row));
    if (!m_filter.all())
        filterOn();
    Q_EMIT grew();
}

void LogDocument::setFilter(const LogFilter &filter)
{
    if (filter == m_filter)
        return;
    m_filter = filter;
    ++m_generation;
    m_blocks.clear();
    {
        const std::lock_guard lock(m_shared->mutex);
        m_shared->generation = m_generation;
        m_shared->matches.clear();
        m_shared->looked = 0;
    }
    m_filtering = false; // what still runs belongs to the filter before
    Q_EMIT reset();
    took();
}

void LogDocument::filterOn()
{
    const LogLineIndex *index = m_shared->made();
    if (m_filtering || !index)
        return;
    {
        const std::lock_guard lock(m_shared->mutex);
        if (m_shared->looked >= index->lines())
            return;
    }
    m_filtering = true;
    m_jobs.run<bool>(
        JobRunner::Lane::Quiet, tr("Filter the log"), this,
        [shared = m_shared, filter = m_filter, generation = m_generation](const Progress &, const std::stop_token &stop) -> Result<bool> {
            quint64 from = 0;
            {
                const std::lock_guard lock(shared->mutex);
                if (shared->generation != generation)
                    return false;
                from = shared->looked;
            }
            std::vector<quint32> matches;
            quint64 looked = from;
            const bool needsText = !filter.pattern.pattern().isEmpty();
            KASTELLAN_TRY(shared->made()->each(
                from,
                [&](std::uint64_t number, const LogLineText &line) {
                    looked = number + 1;
                    if (filter.takes(line, needsText ? shown(line.bytes) : QString()))
                        matches.push_back(static_cast<quint32>(number));
                    return looked - from < filterSlice;
                },
                stop));
            const std::lock_guard lock(shared->mutex);
            if (shared->generation != generation)
                return false;
            shared->matches.insert(shared->matches.end(), matches.begin(), matches.end());
            shared->looked = looked;
            return true;
        },
        [this, generation = m_generation](const Result<bool> &done) {
            if (generation != m_generation)
                return;
            m_filtering = false;
            if (!done) {
                Q_EMIT failed(done.error());
                return;
            }
            m_blocks.clear();
            Q_EMIT grew();
            filterOn();
        });
}

qint64 LogDocument::rows() const
{
    const LogLineIndex *index = m_shared->made();
    if (!index)
        return 0;
    if (m_filter.all())
        return static_cast<qint64>(index->lines()) + m_open.size();
    const std::lock_guard lock(m_shared->mutex);
    return static_cast<qint64>(m_shared->matches.size()) + m_open.size();
}

quint64 LogDocument::lines() const
{
    const LogLineIndex *index = m_shared->made();
    return index ? index->lines() : 0;
}

bool LogDocument::isComplete() const
{
    if (!m_atEnd || m_reading)
        return false;
    if (m_filter.all())
        return true;
    const quint64 known = lines();
    const std::lock_guard lock(m_shared->mutex);
    return m_shared->looked >= known;
}

/// Rows that lie together are read together.
const QList<LogRow> *LogDocument::block(qint64 number) const
{
    if (const QList<LogRow> *known = m_blocks.object(number))
        return known;
    const LogLineIndex *index = m_shared->made();
    auto rows = std::make_unique<QList<LogRow>>();
    const auto first = static_cast<quint64>(number * blockRows);
    if (m_filter.all()) {
        const auto lines = index->get(first, blockRows);
        for (quint64 i = 0; lines && i < lines->size(); ++i)
            rows->append(rowOf(first + i, (*lines)[i]));
    } else {
        std::vector<quint32> numbers;
        {
            const std::lock_guard lock(m_shared->mutex);
            const auto begin = std::min<std::size_t>(first, m_shared->matches.size());
            const auto end = std::min<std::size_t>(begin + blockRows, m_shared->matches.size());
            numbers.assign(m_shared->matches.begin() + static_cast<std::ptrdiff_t>(begin),
                m_shared->matches.begin() + static_cast<std::ptrdiff_t>(end));
        }
        for (const quint32 line : numbers)
            if (const auto one = index->get(line, 1); one && !one->empty())
                rows->append(rowOf(line, one->front()));
    }
    const QList<LogRow> *kept = rows.get();
    m_blocks.insert(number, rows.release());
    return kept;
}

LogRow LogDocument::row(qint64 row) const
{
    const qint64 finished = rows() - m_open.size();
    if (row < 0 || row >= rows())
        return {};
    if (row >= finished)
        return m_open[row - finished];
    const QList<LogRow> *rows = block(row / blockRows);
    const qint64 within = row % blockRows;
    return within < rows->size() ? (*rows)[within] : LogRow{};
}

qint64 LogDocument::rowOfLine(quint64 number) const
{
    if (m_filter.all())
        return std::min(static_cast<qint64>(number), rows());
    const std::lock_guard lock(m_shared->mutex);
    return std::ranges::lower_bound(m_shared->matches, number) - m_shared->matches.begin();
}

qint64 LogDocument::rowSince(qint64 at) const
{
    const LogLineIndex *index = m_shared->made();
    const auto line = index ? index->firstSince(at) : Result<std::uint64_t>(0);
    return line ? rowOfLine(*line) : rows();
}

void LogDocument::find(const QRegularExpression &pattern, qint64 from, bool backward)
{
    if (m_search)
        m_search->cancel();
    const LogLineIndex *index = m_shared->made();
    if (!index || pattern.pattern().isEmpty() || !pattern.isValid()) {
        Q_EMIT notFound();
        return;
    }
    // By the line's number: rows may come in while it is looked for.
    const qint64 finished = rows() - m_open.size();
    const quint64 start = from >= finished ? index->lines() : from < 0 ? 0 : row(from).number;
    const quint64 generation = m_generation;
    m_search = m_jobs.run<std::optional<quint64>>(
        JobRunner::Lane::Shown, tr("Search the log"), this,
        [shared = m_shared, filter = m_filter, pattern, start, backward, from](
            const Progress &progress, const std::stop_token &stop) -> Result<std::optional<quint64>> {
            const LogLineIndex &log = *shared->made();
            const quint64 all = log.lines();
            std::optional<quint64> found;
            const auto look = [&](quint64 first, quint64 end) {
                return log.each(
                    first,
                    [&](std::uint64_t number, const LogLineText &line) {
                        if (number >= end)
                            return false;
                        if (number % 65'536 == 0)
                            progress("searching", backward ? all - number : number, all);
                        const QString text = shown(line.bytes);
                        if (!pattern.match(text).hasMatch() || !filter.takes(line, text))
                            return true;
                        found = number;
                        return backward; // backwards, the last of those before
                    },
                    stop);
            };
            if (!backward) {
                KASTELLAN_TRY(look(from < 0 ? 0 : start + 1, all));
                return found;
            }
            // In steps that grow, so that a match nearby is found at once.
            quint64 step = 4096;
            for (quint64 end = start; end > 0 && !found && !stop.stop_requested(); step = std::min<quint64>(step * 4, 1 << 20)) {
                const quint64 begin = end > step ? end - step : 0;
                KASTELLAN_TRY(look(begin, end));
                end = begin;
            }
            return found;
        },
        [this, generation](const Result<std::optional<quint64>> &line) {
            if (generation != m_generation)
                return;
            if (!line) {
                if (line.error().kind != ErrorKind::Cancelled)
                    Q_EMIT failed(line.error());
            } else if (*line) {
                Q_EMIT found(rowOfLine(**line));
            } else {
                Q_EMIT notFound();
            }
        });
}

} // namespace kastellan::ui
