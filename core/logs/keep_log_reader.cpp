// SPDX-License-Identifier: Apache-2.0
#include "core/logs/frame.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>

namespace kastellan {

using namespace logs;

KeepLogReader::KeepLogReader() = default;
KeepLogReader::~KeepLogReader() = default;
KeepLogReader::KeepLogReader(KeepLogReader &&) noexcept = default;
KeepLogReader &KeepLogReader::operator=(KeepLogReader &&) noexcept = default;

Result<KeepLogReader> KeepLogReader::open(const std::filesystem::path &path)
{
    constexpr auto doing = "read a keep's log";
    KeepLogReader reader;
    reader.m_path = path.string();
    reader.m_fd = Fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!reader.m_fd)
        return systemError(doing, path.string(), errno);
    struct stat status{};
    if (::fstat(reader.m_fd.get(), &status) != 0)
        return systemError(doing, path.string(), errno);
    if (!S_ISREG(status.st_mode))
        return badInput(doing, path.string(), "it is not a plain file", "Name the log of a keep.");
    reader.m_window = std::make_unique<Window>(reader.m_fd.get());
    KASTELLAN_ASSIGN(const ByteView start, reader.m_window->at(0, fileMagic.size()));
    // A shorter one was begun just now; a later look sees the rest.
    if (!fileMagic.starts_with(asText(start).substr(0, fileMagic.size())))
        return badInput(doing, path.string(), "it is not a log of a keep", "Name the log of a keep.");
    reader.m_offset = fileMagic.size();
    return reader;
}

void KeepLogReader::seek(std::uint64_t fileOffset)
{
    m_offset = std::max<std::uint64_t>(fileOffset, fileMagic.size());
    m_searched = 0;
}

Result<std::optional<LogEntry>> KeepLogReader::next()
{
    KASTELLAN_ASSIGN(auto frame, frameAt(*m_window, m_offset));
    if (!frame) { // what was read may be old: the file grows, and a failed append is taken back
        m_window->forget();
        KASTELLAN_ASSIGN(frame, frameAt(*m_window, m_offset));
    }
    if (frame) {
        LogEntry entry;
        entry.stream = static_cast<LogEntry::Stream>(frame->header.stream);
        entry.at = frame->header.at;
        entry.offset = frame->header.offset;
        entry.data = toBytes(frame->data);
        m_offset += frame->fileSize();
        return entry;
    }
    struct stat status{};
    if (::fstat(m_fd.get(), &status) != 0)
        return systemError("read a keep's log", m_path, errno);
    const auto size = static_cast<std::uint64_t>(status.st_size);
    // The end, or an entry that is being written. Only when whole entries follow a broken one is the log damaged; what was
    // searched for them once is not searched again.
    if (size <= m_offset || size == m_searched)
        return std::nullopt;
    KASTELLAN_ASSIGN(const auto later, nextFrame(*m_window, m_offset + 1));
    if (!later) {
        m_searched = size;
        return std::nullopt;
    }
    // An append that was taken back and written anew while we looked would seem to be damage: look once more.
    m_window->forget();
    KASTELLAN_ASSIGN(const auto again, frameAt(*m_window, m_offset));
    if (again)
        return next();
    const std::uint64_t damaged = m_offset;
    m_offset = *later;
    return badInput("read a keep's log", m_path + ", offset " + std::to_string(damaged),
        std::to_string(*later - damaged) + " bytes are damaged; reading goes on behind them",
        "The entries there are lost; the others are not.");
}

} // namespace kastellan
