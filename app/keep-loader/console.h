// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "poll_loop.h"

#include "core/base/fd.h"
#include "core/logs/keep_log.h"

#include <functional>

namespace kastellan::loader {

/// Puts what a virtual machine's console writes into the keep's log, as a stream of its own. The host can write there what it likes, and as
/// much: beyond a limit it is read and thrown away, and the log says so once.
class Console {
public:
    static constexpr std::uint64_t defaultLimit = std::uint64_t{4} << 20;

    /// `note` writes an event into the log; `grown` is called when the log has grown.
    Console(PollLoop &loop, KeepLogWriter &log, std::function<void(std::string_view)> note, std::function<void()> grown,
        std::uint64_t limit = defaultLimit);
    ~Console();
    Console(const Console &) = delete;
    Console &operator=(const Console &) = delete;

    /// Takes over a stream; an invalid one is none.
    void open(Fd stream);
    /// Reads what is there now, for a machine that has ended.
    void drain();
    void close();
    /// The last lines, safe to show, each behind two blanks; empty when it wrote nothing.
    [[nodiscard]] std::string lastLines(std::size_t most = 8) const;

private:
    [[nodiscard]] bool read(); ///< false: nothing is there, or no more will come
    void keep(ByteView data);

    PollLoop &m_loop;
    KeepLogWriter &m_log;
    std::function<void(std::string_view)> m_note;
    std::function<void()> m_grown;
    std::uint64_t m_limit;
    Fd m_stream;
    int m_watch = 0;
    std::string m_tail; ///< the end of what it wrote, whether or not it is in the log
    bool m_full = false;
};

} // namespace kastellan::loader
