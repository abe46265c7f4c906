// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/session/messages.h"

namespace kastellan::session {

/// The unacknowledged output of one stream: a window of at most `windowSize` bytes, addressed by their offset in the stream.
class OutputBuffer {
public:
    [[nodiscard]] std::size_t room() const { return windowSize - static_cast<std::size_t>(m_end - m_begin); }
    [[nodiscard]] std::uint64_t begin() const { return m_begin; } ///< of what is not acknowledged
    [[nodiscard]] std::uint64_t end() const { return m_end; } ///< of what was produced
    /// Appends; the caller has asked for room.
    void append(ByteView data);
    /// Gives up everything before the offset. False if that much was never produced.
    [[nodiscard]] bool acknowledge(std::uint64_t offset);
    /// Consecutive bytes from an offset within the window, at most `limit`.
    [[nodiscard]] ByteView from(std::uint64_t offset, std::size_t limit) const;

private:
    Bytes m_ring;
    std::uint64_t m_begin = 0, m_end = 0;
};

} // namespace kastellan::session
