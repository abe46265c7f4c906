// SPDX-License-Identifier: Apache-2.0
#include "core/session/frames.h"

#include <algorithm>
#include <cstring>

namespace kastellan::session {

void appendFrames(Bytes &target, const ConnectionId &connection, ByteView payload)
{
    while (!payload.empty()) {
        const ByteView part = payload.first(std::min(payload.size(), framePayload));
        payload = payload.subspan(part.size());
        const std::size_t at = target.size();
        target.resize(at + frameHeader);
        std::ranges::copy(frameMagic, target.begin() + static_cast<std::ptrdiff_t>(at));
        std::ranges::copy(connection.bytes, target.begin() + static_cast<std::ptrdiff_t>(at + frameMagic.size()));
        storeLe<std::uint32_t>(target, at + 24, static_cast<std::uint32_t>(part.size()));
        target.insert(target.end(), part.begin(), part.end());
    }
}

namespace {

std::optional<std::size_t> findMagic(ByteView bytes)
{
    if (bytes.empty())
        return std::nullopt;
    const void *found = ::memmem(bytes.data(), bytes.size(), frameMagic.data(), frameMagic.size());
    if (!found)
        return std::nullopt;
    return static_cast<std::size_t>(static_cast<const std::uint8_t *>(found) - bytes.data());
}

// How many bytes at the end of `bytes` may be the beginning of a magic.
std::size_t magicBegun(ByteView bytes)
{
    for (std::size_t size = std::min(frameMagic.size() - 1, bytes.size()); size > 0; --size)
        if (std::ranges::equal(bytes.last(size), ByteView(frameMagic).first(size)))
            return size;
    return 0;
}

} // namespace

void FrameReader::consume(std::size_t count)
{
    m_offset += count;
    m_searched = 0;
    if (m_offset == m_buffer.size()) {
        m_buffer.clear();
        m_offset = 0;
    } else if (m_offset > 4 * framePayload) {
        m_buffer.erase(m_buffer.begin(), m_buffer.begin() + static_cast<std::ptrdiff_t>(m_offset));
        m_offset = 0;
    }
}

void FrameReader::skip(std::size_t count)
{
    const std::size_t echo = std::min(count, m_echo);
    m_skipped += count - echo;
    m_echo -= echo;
    consume(count);
}

std::optional<Frame> FrameReader::next()
{
    for (;;) {
        const auto start = findMagic(view());
        if (!start) {
            const std::size_t keep = magicBegun(view());
            skip(view().size() - keep);
            return std::nullopt;
        }
        skip(*start);
        const ByteView bytes = view();
        const bool whole = bytes.size() >= frameHeader;
        const std::size_t length = whole ? loadLe<std::uint32_t>(bytes, 24) : 0;
        const bool sane = !whole || (length > 0 && length <= framePayload);
        const std::size_t extent = sane ? std::min(bytes.size(), frameHeader + length) : frameHeader;

        // A second magic that begins inside this frame, even if it ends after it: the frame was cut off there.
        const std::size_t from = std::max<std::size_t>(1, m_searched);
        const std::size_t to = std::min(bytes.size(), extent + frameMagic.size() - 1);
        if (to > from) {
            if (const auto other = findMagic(bytes.subspan(from, to - from)); other && from + *other < extent) {
                skip(from + *other);
                continue;
            }
        }
        if (!sane) {
            skip(1);
            continue;
        }
        if (!whole || bytes.size() < frameHeader + length) {
            m_searched = bytes.size() >= frameMagic.size() ? bytes.size() - (frameMagic.size() - 1) : 0;
            return std::nullopt;
        }
        Frame frame;
        std::copy_n(bytes.begin() + frameMagic.size(), ConnectionId::size, frame.connection.bytes.begin());
        frame.payload.assign(bytes.begin() + frameHeader, bytes.begin() + static_cast<std::ptrdiff_t>(extent));
        // Its last bytes may be the beginning of the next magic, if it was cut off just there: they are looked at once more.
        const std::size_t again = magicBegun(bytes.first(extent));
        m_echo = 0;
        consume(extent - again);
        m_echo = again;
        return frame;
    }
}

} // namespace kastellan::session
