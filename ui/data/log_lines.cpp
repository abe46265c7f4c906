// SPDX-License-Identifier: Apache-2.0
#include "ui/data/log_lines.h"

#include "ui/text.h"

namespace kastellan::ui {

void LogLines::add(const LogEntry &entry)
{
    m_cutter.add(
        entry.stream, entry.at, asText(entry.data), [this](LogEntry::Stream stream, std::int64_t at, std::string_view bytes, std::size_t) {
            m_lines.push_back({stream, at, shown(bytes), false});
            m_yielded[static_cast<std::size_t>(stream)] = 0;
        });
}

void LogLines::trim(std::size_t limit)
{
    while (m_lines.size() > limit) {
        m_lines.pop_front();
        ++m_dropped;
    }
}

QList<LogLine> LogLines::take(std::size_t limit, std::uint64_t *dropped)
{
    trim(limit);
    QList<LogLine> lines(std::make_move_iterator(m_lines.begin()), std::make_move_iterator(m_lines.end()));
    m_lines.clear();
    for (std::size_t i = 0; i < LineCutter::streams; ++i) {
        const LineCutter::Partial &partial = m_cutter.partials()[i];
        if (partial.bytes.size() == std::exchange(m_yielded[i], partial.bytes.size()))
            continue;
        const std::string_view whole = std::string_view(partial.bytes).substr(0, wholeCharacters(partial.bytes));
        if (!whole.empty())
            lines.append({static_cast<LogEntry::Stream>(i), partial.at, shown(whole), true});
    }
    if (dropped)
        *dropped = std::exchange(m_dropped, 0);
    return lines;
}

} // namespace kastellan::ui
