// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/logs/line_cutter.h"

#include <mutex>
#include <stop_token>
#include <vector>

namespace kastellan {

/// One line of a log, raw; the shower makes control characters visible (makeVisible).
struct LogLineText {
    LogEntry::Stream stream = LogEntry::Stream::Event;
    std::int64_t at = 0; ///< when its first byte came, Unix nanoseconds
    std::string bytes;
    bool damage = false; ///< no line of the keep's: it tells of bytes in the file that can't be read
};

/// Finds the lines of a log of any size by their number, while the log grows. Lines are counted in the order in which they ended. The index
/// holds places in the file alone, each some lines behind the last, and makes them sparser when they would need more than `memoryLimit`.
/// One thread reads on (readOn); any thread may ask for lines.
class LogLineIndex {
public:
    static constexpr std::size_t memoryLimit = std::size_t{16} << 20; ///< bytes

    [[nodiscard]] static Result<std::unique_ptr<LogLineIndex>> open(const std::filesystem::path &path);

    /// Reads on for about `bytes` of the file; true when it came to the present end. Ends early when it is stopped.
    [[nodiscard]] Result<bool> readOn(std::uint64_t bytes, const std::stop_token &stop = {});
    /// Lines that have ended so far.
    [[nodiscard]] std::uint64_t lines() const;
    /// How far the file was read, bytes.
    [[nodiscard]] std::uint64_t readTo() const;
    /// What streams have written since their last line end, as far as read: at most one line of each.
    [[nodiscard]] std::vector<LogLineText> unfinished() const;

    /// `count` lines from `first` on; fewer at the end of what is known.
    [[nodiscard]] Result<std::vector<LogLineText>> get(std::uint64_t first, std::uint64_t count) const;
    /// Calls `look` with every line from `first` on, up to those that are known when it begins, until it says false. The line is valid
    /// during the call.
    [[nodiscard]] Status each(std::uint64_t first, const std::function<bool(std::uint64_t number, const LogLineText &line)> &look,
        const std::stop_token &stop = {}) const;
    /// The first line that began at or after a time; lines() when there is none. Lines of different streams may overlap in time: it is
    /// exact where they do not.
    [[nodiscard]] Result<std::uint64_t> firstSince(std::int64_t at) const;
    /// What the index itself holds, bytes.
    [[nodiscard]] std::size_t memory() const;

private:
    /// Where a line ended: reading goes on from here.
    struct Place {
        std::uint64_t line = 0; ///< number of the next line
        std::uint64_t entry = 0; ///< where the entry begins in the file
        std::uint32_t within = 0; ///< bytes of the entry's data that lie before
        std::int64_t at = 0; ///< when the latest of the lines before began
        std::shared_ptr<const std::array<LineCutter::Partial, LineCutter::streams>> partials; ///< null: all are empty
        [[nodiscard]] std::size_t memory() const;
    };
    explicit LogLineIndex(KeepLogReader reader, std::filesystem::path path);
    void thinOut();
    [[nodiscard]] Place placeBefore(std::uint64_t line) const;

    std::filesystem::path m_path;
    KeepLogReader m_reader; ///< of the thread that reads on
    LineCutter m_cutter; ///< the same
    std::int64_t m_latest = 0; ///< the same
    mutable std::mutex m_mutex; ///< guards what follows
    std::vector<Place> m_places;
    std::uint64_t m_spacing = 64; ///< lines between two places
    std::uint64_t m_lines = 0, m_readTo = 0;
    std::size_t m_memory = 0;
    std::vector<LogLineText> m_unfinished;
};

} // namespace kastellan
