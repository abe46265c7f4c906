// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <optional>

namespace kastellan::session {

/// Names one connection on a stream that knows no connections (a virtio port has no end and may hold stale bytes).
using ConnectionId = FixedBytes<struct ConnectionIdTag, 16>;

/// A frame is: 8 bytes magic, 16 bytes connection id, u32 length (little-endian), payload (docs/session.md, Frames).
inline constexpr std::size_t frameHeader = 28;
/// A TLS record (16 KiB and its overhead) always fits.
inline constexpr std::size_t framePayload = 17 * 1024;
inline constexpr std::array<std::uint8_t, 8> frameMagic{'K', 'S', 'T', 'L', '\r', '\n', 0x1a, 1};

struct Frame {
    ConnectionId connection;
    Bytes payload;
};

/// Appends payload as frames, cut where one would be too long.
void appendFrames(Bytes &target, const ConnectionId &connection, ByteView payload);

/// Finds the frames in a stream. Bytes that belong to none are skipped, and so is a frame that was cut off: the magic never occurs inside
/// one (payload is ciphertext), so another magic before its end means that its sender is gone. Holds at most one frame and what `feed` got.
class FrameReader {
public:
    void feed(ByteView bytes) { m_buffer.insert(m_buffer.end(), bytes.begin(), bytes.end()); }
    /// The next whole frame, if there is one.
    [[nodiscard]] std::optional<Frame> next();
    /// How many bytes belonged to no whole frame, so far.
    [[nodiscard]] std::uint64_t skipped() const { return m_skipped; }
    [[nodiscard]] std::size_t buffered() const { return m_buffer.size() - m_offset; }

private:
    void skip(std::size_t count);
    void consume(std::size_t count);
    [[nodiscard]] ByteView view() const { return ByteView(m_buffer).subspan(m_offset); }

    Bytes m_buffer;
    std::size_t m_offset = 0; ///< of the first byte not yet consumed
    std::size_t m_searched = 0; ///< bytes of the present frame known to hold no other magic
    std::size_t m_echo = 0; ///< bytes at the front that were already given out with a frame
    std::uint64_t m_skipped = 0;
};

} // namespace kastellan::session
