// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace kastellan {

namespace logs {
class Window;
}

/// One piece of a keep's log: output of the workload, an event, or what a virtual machine's console wrote, which the host can write as
/// well.
struct LogEntry {
    enum class Stream : std::uint8_t { Event = 0, Out = 1, Err = 2, Console = 3 } stream = Stream::Event;
    std::int64_t at = 0; ///< Unix nanoseconds, when the loader received it
    std::uint64_t offset = 0; ///< of its first byte within its stream
    Bytes data; ///< raw; the shower makes control characters visible
};

/// Appends to a keep's log. A crash leaves at most one incomplete entry at the end, which the next open cuts off. One writer at a time:
/// a second one is refused.
class KeepLogWriter {
public:
    [[nodiscard]] static Result<KeepLogWriter> open(const std::filesystem::path &path);
    /// Fails (and writes nothing of the entry that a reader would see) when the disk is full.
    [[nodiscard]] Status append(LogEntry::Stream stream, ByteView data);
    [[nodiscard]] std::uint64_t size() const { return m_size; } ///< of the file
    [[nodiscard]] std::uint64_t streamBytes(LogEntry::Stream stream) const; ///< so far in that stream, across restarts
private:
    Fd m_fd;
    std::string m_path;
    std::uint64_t m_size = 0;
    std::uint64_t m_streams[4] = {};
};

/// Reads a log while it grows, in constant memory.
class KeepLogReader {
public:
    [[nodiscard]] static Result<KeepLogReader> open(const std::filesystem::path &path);
    ~KeepLogReader();
    KeepLogReader(KeepLogReader &&) noexcept;
    KeepLogReader &operator=(KeepLogReader &&) noexcept;
    /// The next whole entry; nullopt at the present end. Where the file is damaged, an Error that names the place, once; the call after
    /// it goes on behind the damage.
    [[nodiscard]] Result<std::optional<LogEntry>> next();
    /// To the beginning of an entry, as offset() gave it; 0 for the first.
    void seek(std::uint64_t fileOffset);
    /// Where the next entry begins in the file.
    [[nodiscard]] std::uint64_t offset() const { return m_offset; }

private:
    KeepLogReader();
    Fd m_fd;
    std::string m_path;
    std::unique_ptr<logs::Window> m_window;
    std::uint64_t m_offset = 0;
    std::uint64_t m_searched = 0; ///< size of the file when it was last searched for entries behind an incomplete one
};

/// Control characters other than newline and tab as visible pictures (U+2400 block), what is not UTF-8, C1 controls
/// and characters that change the direction of writing as U+FFFD: safe for terminals and labels.
[[nodiscard]] std::string makeVisible(std::string_view text);

} // namespace kastellan
