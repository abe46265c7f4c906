// SPDX-License-Identifier: Apache-2.0
#include "core/logs/frame.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>
#include <zlib.h>

namespace kastellan::logs {
namespace {

constexpr std::size_t crcOffset = 12;
constexpr std::size_t readAhead = 262144;
constexpr std::uint32_t streams = 4;

} // namespace

std::uint32_t frameCrc(ByteView raw, ByteView data)
{
    auto crc = ::crc32(0, raw.data() + 4, crcOffset - 4);
    crc = ::crc32(crc, raw.data() + crcOffset + 4, headerSize - crcOffset - 4);
    if (!data.empty()) // zlib takes a null pointer as a question for the initial value
        crc = ::crc32(crc, data.data(), static_cast<uInt>(data.size()));
    return static_cast<std::uint32_t>(crc);
}

RawHeader encodeHeader(const FrameHeader &header, ByteView data)
{
    RawHeader raw{};
    storeLe<std::uint32_t>(raw, 0, frameMagic);
    storeLe<std::uint32_t>(raw, 4, header.size);
    storeLe<std::uint32_t>(raw, 8, header.stream);
    storeLe<std::int64_t>(raw, 16, header.at);
    storeLe<std::uint64_t>(raw, 24, header.offset);
    storeLe<std::uint32_t>(raw, crcOffset, frameCrc(raw, data));
    return raw;
}

std::optional<FrameHeader> decodeHeader(ByteView raw)
{
    FrameHeader header;
    header.size = loadLe<std::uint32_t>(raw, 4);
    header.stream = loadLe<std::uint32_t>(raw, 8);
    header.crc = loadLe<std::uint32_t>(raw, crcOffset);
    header.at = static_cast<std::int64_t>(loadLe<std::uint64_t>(raw, 16));
    header.offset = loadLe<std::uint64_t>(raw, 24);
    if (loadLe<std::uint32_t>(raw, 0) != frameMagic || header.size > largestData || header.stream >= streams)
        return std::nullopt;
    return header;
}

Result<ByteView> Window::at(std::uint64_t offset, std::size_t size)
{
    const bool inside = offset >= m_start && offset - m_start <= m_used;
    const std::size_t skip = inside ? static_cast<std::size_t>(offset - m_start) : 0;
    if (!inside || m_used - skip < size) {
        const std::size_t kept = inside ? m_used - skip : 0;
        m_buffer.resize(std::max({m_buffer.size(), size + readAhead}));
        if (kept)
            std::memmove(m_buffer.data(), m_buffer.data() + skip, kept);
        m_start = offset;
        m_used = kept;
        while (m_used < size) {
            const auto count = ::pread(m_fd, m_buffer.data() + m_used, m_buffer.size() - m_used, static_cast<off_t>(m_start + m_used));
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0)
                return systemError("read a keep's log", "offset " + std::to_string(offset), errno);
            if (count == 0)
                break;
            m_used += static_cast<std::size_t>(count);
        }
        return ByteView(m_buffer).first(m_used);
    }
    return ByteView(m_buffer).subspan(skip, m_used - skip);
}

Result<std::optional<Frame>> frameAt(Window &window, std::uint64_t offset)
{
    KASTELLAN_ASSIGN(const ByteView start, window.at(offset, headerSize));
    if (start.size() < headerSize)
        return std::nullopt;
    const auto header = decodeHeader(start.first(headerSize));
    if (!header)
        return std::nullopt;
    KASTELLAN_ASSIGN(const ByteView whole, window.at(offset, headerSize + header->size));
    if (whole.size() < headerSize + header->size)
        return std::nullopt;
    const ByteView data = whole.subspan(headerSize, header->size);
    if (frameCrc(whole.first(headerSize), data) != header->crc)
        return std::nullopt;
    return Frame{*header, data};
}

Result<std::optional<std::uint64_t>> nextFrame(Window &window, std::uint64_t offset)
{
    for (;;) {
        KASTELLAN_ASSIGN(const ByteView view, window.at(offset, headerSize));
        if (view.size() < headerSize)
            return std::nullopt;
        const auto *first = static_cast<const std::uint8_t *>(std::memchr(view.data(), frameMagic & 0xff, view.size() - headerSize + 1));
        if (!first) {
            offset += view.size() - headerSize + 1;
            continue;
        }
        offset += static_cast<std::uint64_t>(first - view.data());
        KASTELLAN_ASSIGN(const auto frame, frameAt(window, offset));
        if (frame)
            return offset;
        ++offset;
    }
}

} // namespace kastellan::logs
