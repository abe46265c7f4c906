// SPDX-License-Identifier: Apache-2.0
#include "app/keepctl/passing.h"

#include "app/keepctl/output.h"
#include "core/logs/keep_log.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

namespace kastellan::keepctl {

std::size_t splitAtEnd(std::string_view text)
{
    for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
        const auto byte = static_cast<unsigned char>(text[text.size() - back]);
        if ((byte & 0xc0) == 0x80)
            continue; // inside a character: its first byte is before
        const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
        return length > back ? back : 0;
    }
    return 0;
}

PassingStream::PassingStream(int fd)
    : m_fd(fd)
    , m_visible(isTerminal(fd))
{
}

void PassingStream::add(ByteView data)
{
    if (m_broken)
        return;
    if (!waiting()) {
        m_bytes.clear();
        m_written = 0;
    }
    if (!m_visible) {
        m_bytes.insert(m_bytes.end(), data.begin(), data.end());
        return;
    }
    m_split += asText(data);
    const std::size_t whole = m_split.size() - splitAtEnd(m_split);
    const std::string shown = makeVisible(std::string_view(m_split).substr(0, whole));
    m_bytes.insert(m_bytes.end(), shown.begin(), shown.end());
    m_split.erase(0, whole);
}

void PassingStream::finish()
{
    if (m_split.empty())
        return;
    const std::string shown = makeVisible(m_split);
    m_split.clear();
    m_bytes.insert(m_bytes.end(), shown.begin(), shown.end());
}

Status PassingStream::write()
{
    // At most PIPE_BUF: a pipe that poll reports writable takes that much without blocking.
    while (waiting()) {
        const ssize_t size = ::write(m_fd, m_bytes.data() + m_written, std::min<std::size_t>(4096, m_bytes.size() - m_written));
        if (size >= 0) {
            m_written += static_cast<std::size_t>(size);
            return {};
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN)
            return {};
        const int number = errno;
        m_broken = true;
        m_bytes.clear();
        m_written = 0;
        return systemError("write the workload's output", m_fd == 1 ? "standard output" : "standard error", number);
    }
    return {};
}

} // namespace kastellan::keepctl
