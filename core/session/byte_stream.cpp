// SPDX-License-Identifier: Apache-2.0
#include "core/session/byte_stream.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>

namespace kastellan::session {

ByteStream::ByteStream(Fd fd)
    : m_fd(std::move(fd))
{
    ::fcntl(m_fd.get(), F_SETFL, ::fcntl(m_fd.get(), F_GETFL) | O_NONBLOCK);
}

Result<ByteView> ByteStream::read(std::size_t limit)
{
    m_in.resize(limit);
    for (;;) {
        const ssize_t count = ::read(m_fd.get(), m_in.data(), m_in.size());
        if (count > 0)
            return ByteView(m_in).first(static_cast<std::size_t>(count));
        if (count == 0)
            return environment("read from the session's stream", {}, "the other end closed it");
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return ByteView();
        if (errno != EINTR)
            return systemError("read from the session's stream", {}, errno);
    }
}

Status ByteStream::flush()
{
    while (unsent() > 0) {
        // MSG_NOSIGNAL where it is a socket: a library must not rely on the program's signal settings.
        ssize_t count = ::send(m_fd.get(), m_out.data() + m_sent, unsent(), MSG_NOSIGNAL);
        if (count < 0 && errno == ENOTSOCK)
            count = ::write(m_fd.get(), m_out.data() + m_sent, unsent());
        if (count >= 0) {
            m_sent += static_cast<std::size_t>(count);
            continue;
        }
        if (errno == EINTR)
            continue;
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        const int number = errno;
        m_out.clear();
        m_sent = 0;
        return systemError("write to the session's stream", {}, number);
    }
    if (unsent() == 0) {
        m_out.clear();
        m_sent = 0;
    } else if (m_sent > 1024 * 1024) {
        m_out.erase(m_out.begin(), m_out.begin() + static_cast<std::ptrdiff_t>(m_sent));
        m_sent = 0;
    }
    return {};
}

} // namespace kastellan::session
