// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/socket_source.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <sys/socket.h>

namespace kastellan::warden {
namespace {

constexpr std::size_t knockLimit = 16;
constexpr auto knockPatience = std::chrono::seconds(10);

} // namespace

SocketSource::SocketSource(Fd listener)
    : m_listener(std::move(listener))
{
    // Whoever knocks may be gone again before the door is opened.
    ::fcntl(m_listener.get(), F_SETFL, ::fcntl(m_listener.get(), F_GETFL) | O_NONBLOCK);
}

void SocketSource::wants(std::vector<pollfd> &fds) const
{
    fds.push_back({m_listener.get(), POLLIN, 0});
    for (const auto &knock : m_knocks)
        fds.push_back({knock.stream.get(), POLLIN, 0});
}

Result<bool> SocketSource::serve(const pollfd &ready, StreamTaker &taker)
{
    if (ready.fd == m_listener.get()) {
        if (ready.revents & (POLLERR | POLLHUP | POLLNVAL))
            return environment("wait for connections", {}, "the listening socket is gone");
        accept(taker);
        return true;
    }
    const auto knock = std::ranges::find_if(m_knocks, [&](const Knock &k) { return k.stream.get() == ready.fd; });
    if (knock == m_knocks.end())
        return false;
    answer(static_cast<std::size_t>(knock - m_knocks.begin()), taker);
    return true;
}

void SocketSource::accept(StreamTaker &taker)
{
    Fd stream(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!stream) {
        if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR && errno != ECONNABORTED)
            taker.note(systemError("accept a connection", {}, errno).error().message());
        return;
    }
    if (m_knocks.size() == knockLimit)
        m_knocks.erase(m_knocks.begin());
    m_knocks.push_back({std::move(stream), Clock::now() + knockPatience});
}

void SocketSource::answer(std::size_t knock, StreamTaker &taker)
{
    char kind = 0;
    const ssize_t count = ::recv(m_knocks[knock].stream.get(), &kind, 1, MSG_DONTWAIT);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    Fd stream = std::move(m_knocks[knock].stream);
    m_knocks.erase(m_knocks.begin() + static_cast<std::ptrdiff_t>(knock));
    if (count == 1 && kind == 'S')
        taker.takeSession(std::move(stream));
    else if (count == 1 && kind == 'F')
        taker.takeFirmware(std::move(stream));
}

int SocketSource::timeout(Clock::time_point now) const
{
    int wait = -1;
    for (const auto &knock : m_knocks) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(knock.until - now).count();
        const auto bounded = static_cast<int>(std::max<std::int64_t>(0, left));
        wait = wait < 0 ? bounded : std::min(wait, bounded);
    }
    return wait;
}

Status SocketSource::tick(Clock::time_point now, StreamTaker &)
{
    std::erase_if(m_knocks, [now](const Knock &knock) { return knock.until <= now; });
    return {};
}

} // namespace kastellan::warden
