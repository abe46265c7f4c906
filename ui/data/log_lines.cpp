// SPDX-License-Identifier: Apache-2.0
#include "ui/data/log_lines.h"

#include "ui/text.h"

namespace kastellan::ui {

namespace {

/// The length without a UTF-8 character whose end has not arrived (at most 3 bytes).
std::size_t wholeCharacters(std::string_view bytes)
{
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, bytes.size()); ++back) {
        const auto byte = static_cast<unsigned char>(bytes[bytes.size() - back]);
        if ((byte & 0xC0) == 0x80)
            continue;
        const std::size_t length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
        return length > back ? bytes.size() - back : bytes.size();
    }
    return bytes.size();
}

} // namespace

void LogLines::add(const LogEntry &entry)
{
    Partial &partial = m_partial[static_cast<std::size_t>(entry.stream)];
    std::string_view rest = asText(entry.data);
    while (!rest.empty()) {
        if (partial.bytes.empty())
            partial.at = entry.at;
        const std::size_t end = rest.find('\n');
        const std::size_t room = static_cast<std::size_t>(longestLine) - partial.bytes.size();
        if (end != std::string_view::npos && end <= room) {
            partial.bytes += rest.substr(0, end);
            rest.remove_prefix(end + 1);
            finish(entry.stream, partial);
            continue;
        }
        const std::size_t part = std::min(rest.size(), room);
        partial.bytes += rest.substr(0, part);
        partial.changed = true;
        rest.remove_prefix(part);
        if (static_cast<qsizetype>(partial.bytes.size()) < longestLine)
            continue;
        const std::size_t whole = wholeCharacters(partial.bytes); // break it, but no character
        std::string tail = partial.bytes.substr(whole);
        partial.bytes.resize(whole);
        finish(entry.stream, partial);
        partial.bytes = std::move(tail);
        partial.at = entry.at;
    }
    if (entry.stream == LogEntry::Stream::Event && !partial.bytes.empty()) // an event is whole, line end or not
        finish(entry.stream, partial);
}

void LogLines::finish(LogEntry::Stream stream, Partial &partial)
{
    if (!partial.bytes.empty() && partial.bytes.back() == '\r')
        partial.bytes.pop_back();
    m_lines.push_back({stream, partial.at, shown(partial.bytes), false});
    partial.bytes.clear();
    partial.changed = false;
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
    for (std::size_t i = 0; i < m_partial.size(); ++i) {
        Partial &partial = m_partial[i];
        if (!partial.changed)
            continue;
        partial.changed = false;
        const std::string_view whole = std::string_view(partial.bytes).substr(0, wholeCharacters(partial.bytes));
        if (!whole.empty())
            lines.append({static_cast<LogEntry::Stream>(i), partial.at, shown(whole), true});
    }
    if (dropped)
        *dropped = std::exchange(m_dropped, 0);
    return lines;
}

} // namespace kastellan::ui
