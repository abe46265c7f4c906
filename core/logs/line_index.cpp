// SPDX-License-Identifier: Apache-2.0
#include "core/logs/line_index.h"

#include <algorithm>

namespace kastellan {
namespace {

using Partials = std::array<LineCutter::Partial, LineCutter::streams>;

/// The line that stands where bytes of the file can't be read.
LogLineText damageLine(const Error &error)
{
    return {LogEntry::Stream::Event, 0, error.message(), true};
}

/// Damage is told once and read over; whatever else fails ends the reading.
bool isDamage(const Error &error)
{
    return error.kind == ErrorKind::Input;
}

} // namespace

std::size_t LogLineIndex::Place::memory() const
{
    std::size_t bytes = sizeof(Place);
    if (partials) {
        bytes += sizeof(Partials);
        for (const auto &partial : *partials)
            bytes += partial.bytes.capacity();
    }
    return bytes;
}

LogLineIndex::LogLineIndex(KeepLogReader reader, std::filesystem::path path)
    : m_path(std::move(path))
    , m_reader(std::move(reader))
{
    m_places.push_back({.line = 0, .entry = m_reader.offset(), .within = 0, .at = 0, .partials = nullptr});
    m_readTo = m_reader.offset();
    m_memory = m_places.front().memory();
}

Result<std::unique_ptr<LogLineIndex>> LogLineIndex::open(const std::filesystem::path &path)
{
    KASTELLAN_ASSIGN(KeepLogReader reader, KeepLogReader::open(path));
    return std::unique_ptr<LogLineIndex>(new LogLineIndex(std::move(reader), path));
}

Result<bool> LogLineIndex::readOn(std::uint64_t bytes, const std::stop_token &stop)
{
    const std::uint64_t until = m_reader.offset() + bytes;
    bool atEnd = false;
    std::vector<Place> found;
    std::uint64_t lines = 0, spacing = 0;
    {
        const std::lock_guard lock(m_mutex);
        lines = m_lines;
        spacing = m_spacing;
    }
    std::size_t memory = 0; // of what was found: a slice may hold more places than the whole index may
    std::shared_ptr<const Partials> same; // those of the place before, while nothing changed
    const auto isSame = [&] {
        return same && std::ranges::equal(*same, m_cutter.partials(), {}, &LineCutter::Partial::bytes, &LineCutter::Partial::bytes);
    };
    const auto place = [&](std::uint64_t entry, std::size_t within) {
        const bool empty = std::ranges::all_of(m_cutter.partials(), [](const auto &partial) { return partial.bytes.empty(); });
        if (!empty && !isSame())
            same = std::make_shared<const Partials>(m_cutter.partials());
        found.push_back({lines, entry, static_cast<std::uint32_t>(within), m_latest, empty ? nullptr : same});
        memory += found.back().memory();
        while (memory > memoryLimit && found.size() > 1) {
            spacing *= 2;
            std::erase_if(found, [&](const Place &one) { return one.line % spacing != 0; });
            memory = 0;
            for (const auto &one : found)
                memory += one.memory();
        }
    };
    std::optional<Error> failure;
    while (m_reader.offset() < until && !stop.stop_requested()) {
        const std::uint64_t at = m_reader.offset();
        const auto entry = m_reader.next();
        if (!entry && isDamage(entry.error())) {
            if (++lines % spacing == 0)
                place(m_reader.offset(), 0);
            continue;
        }
        if (!entry) {
            failure = entry.error();
            break;
        }
        if (!*entry) {
            atEnd = true;
            break;
        }
        m_cutter.add((*entry)->stream, (*entry)->at, asText((*entry)->data),
            [&](LogEntry::Stream, std::int64_t began, std::string_view, std::size_t behind) {
                m_latest = std::max(m_latest, began);
                if (++lines % spacing == 0)
                    place(at, behind);
            });
    }
    const std::lock_guard lock(m_mutex);
    if (spacing > m_spacing) {
        m_spacing = spacing;
        thinOut();
    }
    for (auto &one : found) {
        if (one.line % m_spacing != 0) // it became sparser while these were found
            continue;
        m_memory += one.memory();
        m_places.push_back(std::move(one));
        if (m_memory > memoryLimit)
            thinOut();
    }
    m_lines = lines;
    m_readTo = m_reader.offset();
    m_unfinished.clear();
    for (std::size_t i = 0; i < LineCutter::streams; ++i) {
        const auto &partial = m_cutter.partials()[i];
        if (const std::size_t whole = wholeCharacters(partial.bytes); whole > 0)
            m_unfinished.push_back({static_cast<LogEntry::Stream>(i), partial.at, partial.bytes.substr(0, whole), false});
    }
    if (failure)
        return std::unexpected(*failure);
    return atEnd;
}

/// To the spacing that there is now, and further where that needs too much.
void LogLineIndex::thinOut()
{
    for (bool more = true; more; m_spacing *= more ? 2 : 1) {
        std::erase_if(m_places, [&](const Place &place) { return place.line % m_spacing != 0; });
        m_memory = 0;
        for (const auto &place : m_places)
            m_memory += place.memory();
        more = m_memory > memoryLimit / 2 && m_places.size() > 1;
    }
}

std::uint64_t LogLineIndex::lines() const
{
    const std::lock_guard lock(m_mutex);
    return m_lines;
}

std::uint64_t LogLineIndex::readTo() const
{
    const std::lock_guard lock(m_mutex);
    return m_readTo;
}

std::size_t LogLineIndex::memory() const
{
    const std::lock_guard lock(m_mutex);
    return m_memory;
}

std::vector<LogLineText> LogLineIndex::unfinished() const
{
    const std::lock_guard lock(m_mutex);
    return m_unfinished;
}

LogLineIndex::Place LogLineIndex::placeBefore(std::uint64_t line) const
{
    const std::lock_guard lock(m_mutex);
    const auto after = std::ranges::upper_bound(m_places, line, {}, &Place::line);
    return *std::prev(after);
}

Result<std::vector<LogLineText>> LogLineIndex::get(std::uint64_t first, std::uint64_t count) const
{
    std::vector<LogLineText> found;
    if (count == 0)
        return found;
    KASTELLAN_TRY(each(first, [&](std::uint64_t, const LogLineText &line) {
        found.push_back(line);
        return found.size() < count;
    }));
    return found;
}

Status LogLineIndex::each(
    std::uint64_t first, const std::function<bool(std::uint64_t number, const LogLineText &line)> &look, const std::stop_token &stop) const
{
    const std::uint64_t known = lines();
    if (first >= known)
        return {};
    const Place place = placeBefore(first);
    KASTELLAN_ASSIGN(KeepLogReader reader, KeepLogReader::open(m_path));
    reader.seek(place.entry);
    LineCutter cutter;
    if (place.partials)
        cutter.restore(*place.partials);
    std::uint64_t number = place.line;
    std::size_t skip = place.within;
    bool more = true;
    LogLineText line;
    const auto tell = [&] {
        if (number >= first && number < known && more)
            more = look(number, line);
        ++number;
    };
    while (more && number < known && !stop.stop_requested()) {
        const auto entry = reader.next();
        if (!entry && isDamage(entry.error())) {
            line = damageLine(entry.error());
            tell();
            continue;
        }
        if (!entry)
            return std::unexpected(entry.error());
        if (!*entry) // it was longer when the index read it
            return environment("read a keep's log", m_path.string(), "the file became shorter", "Open it again.");
        const std::string_view data = asText((*entry)->data).substr(std::min(skip, (*entry)->data.size()));
        skip = 0;
        line.damage = false;
        cutter.add(
            (*entry)->stream, (*entry)->at, data, [&](LogEntry::Stream stream, std::int64_t at, std::string_view bytes, std::size_t) {
                if (!more || number >= known)
                    return;
                if (number >= first) {
                    line.stream = stream;
                    line.at = at;
                    line.bytes.assign(bytes);
                }
                tell();
            });
    }
    return {};
}

Result<std::uint64_t> LogLineIndex::firstSince(std::int64_t at) const
{
    std::uint64_t from = 0;
    {
        const std::lock_guard lock(m_mutex);
        // The last place whose line before it began earlier.
        const auto after = std::ranges::partition_point(m_places, [&](const Place &place) { return place.at < at; });
        from = after == m_places.begin() ? 0 : std::prev(after)->line;
    }
    std::uint64_t found = lines();
    KASTELLAN_TRY(each(from, [&](std::uint64_t number, const LogLineText &line) {
        if (line.damage || line.at < at)
            return true;
        found = number;
        return false;
    }));
    return found;
}

} // namespace kastellan
