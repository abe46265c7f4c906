// SPDX-License-Identifier: Apache-2.0
#include "core/logs/line_cutter.h"

#include <algorithm>

namespace kastellan {
namespace {

std::string_view withoutReturn(std::string_view line)
{
    return line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
}

} // namespace

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

void LineCutter::add(LogEntry::Stream stream, std::int64_t at, std::string_view data, const Sink &sink)
{
    Partial &partial = m_partials[static_cast<std::size_t>(stream)];
    std::string_view rest = data;
    const auto behind = [&] { return data.size() - rest.size(); };
    while (!rest.empty()) {
        if (partial.bytes.empty())
            partial.at = at;
        const std::size_t end = rest.find('\n');
        const std::size_t room = longestLine - partial.bytes.size();
        if (end != std::string_view::npos && end <= room) {
            const std::string_view piece = rest.substr(0, end);
            rest.remove_prefix(end + 1);
            if (partial.bytes.empty()) { // the usual case: nothing is copied
                sink(stream, at, withoutReturn(piece), behind());
                continue;
            }
            partial.bytes += piece;
            const std::string line = std::exchange(partial.bytes, {});
            sink(stream, partial.at, withoutReturn(line), behind());
            continue;
        }
        const std::size_t part = std::min(rest.size(), room);
        partial.bytes += rest.substr(0, part);
        rest.remove_prefix(part);
        if (partial.bytes.size() < longestLine)
            continue;
        const std::size_t whole = wholeCharacters(partial.bytes); // break it, but no character
        std::string line = std::exchange(partial.bytes, partial.bytes.substr(whole));
        line.resize(whole);
        const std::int64_t began = std::exchange(partial.at, at);
        sink(stream, began, line, behind());
    }
    if (stream == LogEntry::Stream::Event && !partial.bytes.empty()) {
        const std::string line = std::exchange(partial.bytes, {});
        sink(stream, partial.at, withoutReturn(line), behind());
    }
}

} // namespace kastellan
