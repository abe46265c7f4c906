// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"
#include "core/base/fd.h"

namespace kastellan::session {

/// A stream descriptor that never blocks, with what waits to be written.
class ByteStream {
public:
    explicit ByteStream(Fd fd);
    /// Reads what is there, at most `limit` bytes; empty when nothing is. An error when the other end is gone.
    [[nodiscard]] Result<ByteView> read(std::size_t limit = 64 * 1024);
    void queue(ByteView bytes) { m_out.insert(m_out.end(), bytes.begin(), bytes.end()); }
    /// For frames to be appended to.
    [[nodiscard]] Bytes &outgoing() { return m_out; }
    [[nodiscard]] Status flush();
    [[nodiscard]] std::size_t unsent() const { return m_out.size() - m_sent; }
    [[nodiscard]] int fd() const { return m_fd.get(); }

private:
    Fd m_fd;
    Bytes m_in, m_out;
    std::size_t m_sent = 0;
};

} // namespace kastellan::session
