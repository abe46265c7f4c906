// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/port_stream.h"

#include "core/base/file.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <sys/epoll.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "use the port to the host";

bool later(int error)
{
    return error == EAGAIN || error == EWOULDBLOCK;
}

} // namespace

Result<PortStream> PortStream::watch(Fd fd)
{
    Fd changes(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event all{EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, {}};
    if (::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK) != 0 || !changes
        || ::epoll_ctl(changes.get(), EPOLL_CTL_ADD, fd.get(), &all) != 0)
        return systemError(what, {}, errno);
    return PortStream(std::move(fd), std::move(changes));
}

Result<std::size_t> PortStream::read(std::span<std::uint8_t> target)
{
    for (;;) {
        const ssize_t count = ::read(m_fd.get(), target.data(), target.size());
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (later(errno))
            return 0;
        if (errno != EINTR)
            return systemError(what, {}, errno);
    }
}

Result<std::size_t> PortStream::write(ByteView bytes)
{
    for (;;) {
        const ssize_t count = ::write(m_fd.get(), bytes.data(), bytes.size());
        if (count >= 0)
            return static_cast<std::size_t>(count);
        if (later(errno))
            return 0;
        if (errno != EINTR)
            return systemError(what, {}, errno);
    }
}

void PortStream::seen()
{
    epoll_event event{};
    while (::epoll_wait(m_changes.get(), &event, 1, 0) < 0 && errno == EINTR) {}
}

bool PortStream::wait(std::chrono::milliseconds most)
{
    const auto until = std::chrono::steady_clock::now() + most;
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        epoll_event event{};
        const int count = ::epoll_wait(m_changes.get(), &event, 1, static_cast<int>(std::max<std::int64_t>(0, left)));
        if (count >= 0 || errno != EINTR)
            return count > 0;
    }
}

std::string findPort(std::string_view name, const std::string &folder)
{
    std::error_code error;
    for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const auto content = readFile(at->path() / "name", 4096);
        if (!content)
            continue;
        std::string_view text = asText(*content);
        text = text.substr(0, text.find_first_of("\r\n"));
        if (text == name)
            return at->path().filename().string();
    }
    return {};
}

} // namespace kastellan::warden
