// SPDX-License-Identifier: Apache-2.0
#include "core/base/file.h"
#include "core/logs/frame.h"

#include <cerrno>
#include <chrono>
#include <tuple>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>

namespace kastellan {
namespace {

using namespace logs;

std::int64_t now()
{
    const auto since = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(since).count();
}

/// Writes both parts as one piece where the system can, through partial writes and EINTR.
Status writeFrame(int fd, const RawHeader &header, ByteView data, const std::string &where)
{
    std::size_t written = 0;
    const std::size_t total = header.size() + data.size();
    while (written < total) {
        const std::size_t headLeft = written < header.size() ? header.size() - written : 0;
        const std::size_t dataDone = written > header.size() ? written - header.size() : 0;
        iovec parts[2] = {};
        parts[0].iov_base = const_cast<std::uint8_t *>(header.data() + header.size() - headLeft);
        parts[0].iov_len = headLeft;
        parts[1].iov_base = const_cast<std::uint8_t *>(data.data() + dataDone);
        parts[1].iov_len = data.size() - dataDone;
        const auto count = ::writev(fd, parts, 2);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError("write a keep's log", where, errno);
        written += static_cast<std::size_t>(count);
    }
    return {};
}

} // namespace

Result<KeepLogWriter> KeepLogWriter::open(const std::filesystem::path &path)
{
    constexpr auto doing = "open a keep's log for writing";
    KeepLogWriter writer;
    writer.m_path = path.string();
    writer.m_fd = Fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!writer.m_fd)
        return systemError(doing, path.string(), errno);
    if (::flock(writer.m_fd.get(), LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK)
            return environment(doing, path.string(), "another program writes to it", "A keep has one loader; stop the other one.");
        return systemError(doing, path.string(), errno);
    }
    struct stat status{};
    if (::fstat(writer.m_fd.get(), &status) != 0)
        return systemError(doing, path.string(), errno);
    if (!S_ISREG(status.st_mode))
        return environment(doing, path.string(), "it is not a plain file", "Move it away.");

    Window window(writer.m_fd.get());
    KASTELLAN_ASSIGN(const ByteView start, window.at(0, fileMagic.size()));
    const auto present = asText(start).substr(0, fileMagic.size());
    if (!fileMagic.starts_with(present))
        return badInput(doing, path.string(), "it is not a log of a keep", "Move it away.");
    const auto cut = [&](std::uint64_t size) -> Status {
        if (::ftruncate(writer.m_fd.get(), static_cast<off_t>(size)) != 0
            || ::lseek(writer.m_fd.get(), static_cast<off_t>(size), SEEK_SET) < 0)
            return systemError(doing, path.string(), errno);
        writer.m_size = size;
        return {};
    };
    if (present.size() < fileMagic.size()) { // new, or a crash came between making and writing it
        KASTELLAN_TRY(cut(0));
        if (auto written = writeAll(writer.m_fd.get(), asBytes(fileMagic), path.string()); !written) {
            std::ignore = cut(0); // the next open would do it too
            return std::unexpected(std::move(written).error());
        }
        writer.m_size = fileMagic.size();
        return writer;
    }

    std::uint64_t end = fileMagic.size();
    for (;;) {
        KASTELLAN_ASSIGN(const auto frame, frameAt(window, end));
        if (!frame)
            break;
        auto &total = writer.m_streams[frame->header.stream];
        total = std::max(total, frame->header.offset + frame->data.size());
        end += frame->fileSize();
    }
    // A crash leaves only an incomplete entry at the very end. Whole entries behind a broken one are damage, and are not thrown away.
    if (end < static_cast<std::uint64_t>(status.st_size)) {
        KASTELLAN_ASSIGN(const auto later, nextFrame(window, end + 1));
        if (later)
            return badInput(doing, path.string() + ", offset " + std::to_string(end),
                "it was damaged there, and whole entries follow at offset " + std::to_string(*later),
                "Keep a copy of the file, and move it away; the keep then begins a new log.");
    }
    KASTELLAN_TRY(cut(end));
    return writer;
}

Status KeepLogWriter::append(LogEntry::Stream stream, ByteView data)
{
    const auto index = static_cast<std::size_t>(stream);
    const std::uint64_t sizeBefore = m_size;
    const std::uint64_t streamBefore = m_streams[index];
    const std::int64_t at = now();
    do {
        const ByteView part = data.first(std::min(data.size(), largestData));
        const FrameHeader header{static_cast<std::uint32_t>(part.size()), static_cast<std::uint32_t>(stream), 0, at, m_streams[index]};
        if (auto written = writeFrame(m_fd.get(), encodeHeader(header, part), part, m_path); !written) {
            // What a reader has not seen whole it has not seen; and the next append must not come behind half an entry.
            const auto back = static_cast<off_t>(sizeBefore);
            if (::ftruncate(m_fd.get(), back) != 0 || ::lseek(m_fd.get(), back, SEEK_SET) < 0)
                written.error().why += "; and the incomplete entry could not be cut off";
            m_size = sizeBefore;
            m_streams[index] = streamBefore;
            return written;
        }
        m_size += headerSize + part.size();
        m_streams[index] += part.size();
        data = data.subspan(part.size());
    } while (!data.empty());
    return {};
}

std::uint64_t KeepLogWriter::streamBytes(LogEntry::Stream stream) const
{
    return m_streams[static_cast<std::size_t>(stream)];
}

} // namespace kastellan
