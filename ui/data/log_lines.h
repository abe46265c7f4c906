// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/logs/line_cutter.h"

#include <QList>
#include <QString>

#include <array>
#include <deque>

namespace kastellan::ui {

/// One line of a keep's output, safe to show.
struct LogLine {
    LogEntry::Stream stream = LogEntry::Stream::Event;
    std::int64_t at = 0; ///< Unix nanoseconds
    QString text;
    bool open = false; ///< it has no line end yet: the next line of this stream goes on with it
};

/// Cuts a log's entries into lines: streams apart, characters whole even where entries divide them, over-long lines broken.
class LogLines {
public:
    static constexpr qsizetype longestLine = LineCutter::longestLine; ///< bytes; more goes on in a new line

    void add(const LogEntry &entry);
    /// Lines since the last call, at most the newest `limit`; `dropped` counts what was left out. An unfinished last line of a stream is
    /// yielded as open, and again whole when it has grown.
    [[nodiscard]] QList<LogLine> take(std::size_t limit, std::uint64_t *dropped);
    [[nodiscard]] std::size_t waiting() const { return m_lines.size(); }
    /// Leaves only the newest `limit` lines waiting.
    void trim(std::size_t limit);

private:
    LineCutter m_cutter;
    std::array<std::size_t, LineCutter::streams> m_yielded{}; ///< bytes of a stream's open line that were yielded last
    std::deque<LogLine> m_lines;
    std::uint64_t m_dropped = 0;
};

} // namespace kastellan::ui
