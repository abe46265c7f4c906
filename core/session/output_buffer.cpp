// SPDX-License-Identifier: Apache-2.0
#include "core/session/output_buffer.h"

#include <algorithm>

namespace kastellan::session {

void OutputBuffer::append(ByteView data)
{
    if (m_ring.empty())
        m_ring.resize(windowSize);
    data = data.first(std::min(data.size(), room()));
    while (!data.empty()) {
        const std::size_t at = static_cast<std::size_t>(m_end % windowSize);
        const std::size_t count = std::min(data.size(), windowSize - at);
        std::copy_n(data.begin(), count, m_ring.begin() + static_cast<std::ptrdiff_t>(at));
        m_end += count;
        data = data.subspan(count);
    }
}

bool OutputBuffer::acknowledge(std::uint64_t offset)
{
    if (offset > m_end)
        return false;
    m_begin = std::max(m_begin, offset);
    return true;
}

ByteView OutputBuffer::from(std::uint64_t offset, std::size_t limit) const
{
    if (offset < m_begin || offset >= m_end)
        return {};
    const std::size_t at = static_cast<std::size_t>(offset % windowSize);
    const auto left = static_cast<std::size_t>(m_end - offset);
    return ByteView(m_ring).subspan(at, std::min({limit, left, windowSize - at}));
}

} // namespace kastellan::session
