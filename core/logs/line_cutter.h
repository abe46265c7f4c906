// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/logs/keep_log.h"

#include <array>
#include <functional>

namespace kastellan {

/// Cuts the entries of a log into lines: streams apart, over-long lines broken between characters, the carriage return before a line end
/// taken away. An event is whole, line end or not.
class LineCutter {
public:
    static constexpr std::size_t longestLine = 4096; ///< bytes; more goes on in a new line
    static constexpr std::size_t streams = 4;

    /// What a stream has written since its last line end.
    struct Partial {
        std::string bytes;
        std::int64_t at = 0; ///< when its first byte came, Unix nanoseconds
    };
    /// A line without its end, valid during the call; `behind` is how many bytes of the entry's data lie before what follows it.
    using Sink = std::function<void(LogEntry::Stream stream, std::int64_t at, std::string_view bytes, std::size_t behind)>;

    void add(LogEntry::Stream stream, std::int64_t at, std::string_view data, const Sink &sink);
    [[nodiscard]] const std::array<Partial, streams> &partials() const { return m_partials; }
    void restore(std::array<Partial, streams> partials) { m_partials = std::move(partials); }

private:
    std::array<Partial, streams> m_partials; ///< by stream
};

/// The length without a UTF-8 character whose end has not arrived (at most 3 bytes).
[[nodiscard]] std::size_t wholeCharacters(std::string_view bytes);

} // namespace kastellan
