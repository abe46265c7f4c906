// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

namespace kastellan::keepctl {

/// Passes a workload's output on to one of our own descriptors: byte for byte, but on a terminal with control characters made visible
/// (a character that is split between two pieces stays whole). Never blocks longer than one write of at most 4096 bytes.
class PassingStream {
public:
    explicit PassingStream(int fd);
    void add(ByteView data);
    /// Bytes wait to be written: poll for POLLOUT, then call write.
    [[nodiscard]] bool waiting() const { return m_written < m_bytes.size(); }
    [[nodiscard]] std::size_t size() const { return m_bytes.size() - m_written; }
    /// Writes some of what waits. An error once the reader is gone or the disk is full; all further bytes are dropped then.
    [[nodiscard]] Status write();
    /// No more data comes: what is left of a split character is shown.
    void finish();
    [[nodiscard]] int fd() const { return m_fd; }

private:
    int m_fd;
    bool m_visible, m_broken = false;
    Bytes m_bytes;
    std::size_t m_written = 0;
    std::string m_split; ///< the beginning of a character whose end has not come yet
};

/// How many bytes at the end are the beginning of a UTF-8 character that is not complete: 0 to 3.
[[nodiscard]] std::size_t splitAtEnd(std::string_view text);

} // namespace kastellan::keepctl
