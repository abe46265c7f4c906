// SPDX-License-Identifier: Apache-2.0
// How an entry lies in a log file (docs/records.md, "The log of a keep"). Private to core/logs.
//
//   file:  "KSTLLOG1", then frames
//   frame: u32 magic, u32 size of the data, u32 stream, u32 CRC-32 of all the rest, i64 time, u64 offset in the stream, data
//
// All numbers are little-endian. The CRC (zlib's, IEEE 802.3) covers the size, the stream, the time, the offset and the data.
#pragma once

#include "core/logs/keep_log.h"

#include <optional>

namespace kastellan::logs {

inline constexpr std::string_view fileMagic = "KSTLLOG1";
inline constexpr std::uint32_t frameMagic = 0x474c4ba5; ///< a5 'K' 'L' 'G': a5 begins no UTF-8 character, so text rarely looks like it
inline constexpr std::size_t headerSize = 32;
inline constexpr std::size_t largestData = std::size_t{1} << 20; ///< longer output is written as several entries

struct FrameHeader {
    std::uint32_t size = 0;
    std::uint32_t stream = 0;
    std::uint32_t crc = 0;
    std::int64_t at = 0;
    std::uint64_t offset = 0;
};

using RawHeader = std::array<std::uint8_t, headerSize>;

/// The header with its CRC computed over itself and `data`.
[[nodiscard]] RawHeader encodeHeader(const FrameHeader &header, ByteView data);
/// nullopt when the bytes cannot be a header: magic, stream or size are out of range. `raw` has headerSize bytes.
[[nodiscard]] std::optional<FrameHeader> decodeHeader(ByteView raw);
/// The CRC of a header's bytes and its data.
[[nodiscard]] std::uint32_t frameCrc(ByteView raw, ByteView data);

/// Reads a file through a window that slides over it: constant memory whatever the file's size, one system call for many frames.
class Window {
public:
    explicit Window(int fd)
        : m_fd(fd)
    {
    }
    /// At least `size` bytes from `offset` if the file has them, fewer at its end. At most headerSize + largestData.
    [[nodiscard]] Result<ByteView> at(std::uint64_t offset, std::size_t size);
    /// Forgets what was read: the end of a file that grows may have changed.
    void forget() { m_used = 0; }

private:
    int m_fd;
    Bytes m_buffer;
    std::uint64_t m_start = 0;
    std::size_t m_used = 0;
};

/// A whole and undamaged frame, as far as it is there.
struct Frame {
    FrameHeader header;
    ByteView data; ///< valid until the window moves
    [[nodiscard]] std::uint64_t fileSize() const { return headerSize + data.size(); }
};
/// The frame at an offset; nullopt when there is none that is whole and undamaged.
[[nodiscard]] Result<std::optional<Frame>> frameAt(Window &window, std::uint64_t offset);
/// The offset of the first whole frame at or after `offset`; nullopt when there is none to the end of the file.
[[nodiscard]] Result<std::optional<std::uint64_t>> nextFrame(Window &window, std::uint64_t offset);

} // namespace kastellan::logs
