// SPDX-License-Identifier: Apache-2.0
#include "tests/support/channel_in_the_middle.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace kastellan::test {
namespace fs = std::filesystem;
namespace {

constexpr const char *channelName = "org.kastellan.session.0";
constexpr std::size_t mostKept = std::size_t{8} << 20;

sockaddr_un addressOf(const fs::path &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "%s", path.c_str());
    return address;
}

bool sendAll(int fd, ByteView data)
{
    while (!data.empty()) {
        const ssize_t sent = ::send(fd, data.data(), data.size(), MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        data = data.subspan(static_cast<std::size_t>(sent));
    }
    return true;
}

} // namespace

struct ChannelInTheMiddle::Connection {
    Fd client, keep;
    std::atomic<std::uint64_t> left = UINT64_MAX; ///< bytes from the keep that still pass
    std::atomic<bool> over = false;
    std::jthread up, down;
    void end()
    {
        over = true;
        for (const Fd *fd : {&client, &keep})
            ::shutdown(fd->get(), SHUT_RDWR);
    }
};

std::set<fs::path> channelsBelow(const fs::path &folder)
{
    std::set<fs::path> found;
    std::error_code code; // machines come and go meanwhile
    for (fs::recursive_directory_iterator at(folder, code), end; !code && at != end; at.increment(code))
        if (at->path().filename() == channelName)
            found.insert(at->path());
    return found;
}

Fd connectToSocket(const fs::path &path)
{
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = addressOf(path);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return {};
    return fd;
}

Fd listenOnSocket(const fs::path &path)
{
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = addressOf(path);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0 || ::listen(fd.get(), 8) != 0) {
        std::perror(path.c_str());
        std::abort();
    }
    return fd;
}

ChannelInTheMiddle::ChannelInTheMiddle(fs::path folder)
    : m_folder(std::move(folder))
    , m_known(channelsBelow(m_folder))
{
    listen();
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

ChannelInTheMiddle::ChannelInTheMiddle(const Socket &socket)
    : m_folder(socket.path.parent_path())
{
    listen();
    if (!takePlaceOf(socket.path)) {
        std::perror(socket.path.c_str());
        std::abort();
    }
    m_thread = std::jthread([this](const std::stop_token &stop) { run(stop); });
}

void ChannelInTheMiddle::listen()
{
    static int number = 0;
    m_own = m_folder / ("middle" + std::to_string(++number)); // short: a socket's path has 107 bytes
    m_listener = listenOnSocket(m_own);
}

ChannelInTheMiddle::~ChannelInTheMiddle()
{
    m_thread.request_stop();
    m_thread.join();
    {
        const std::lock_guard lock(m_mutex);
        for (const auto &connection : m_connections)
            connection->end();
    }
    m_connections.clear();
    // What is still served gets its place back.
    if (!m_place.empty())
        static_cast<void>(::renameat2(AT_FDCWD, m_own.c_str(), AT_FDCWD, m_place.c_str(), RENAME_EXCHANGE));
    std::error_code code;
    fs::remove(m_own, code);
}

void ChannelInTheMiddle::cutAfter(std::uint64_t bytes)
{
    const std::lock_guard lock(m_mutex);
    for (const auto &connection : m_connections)
        connection->left = bytes;
}

void ChannelInTheMiddle::cutNextAfter(std::uint64_t bytes)
{
    const std::lock_guard lock(m_mutex);
    m_next = bytes;
}

void ChannelInTheMiddle::leadTo(fs::path other)
{
    const std::lock_guard lock(m_mutex);
    m_other = std::move(other);
}

/// Exchanges the two names in one step: nobody ever finds neither.
bool ChannelInTheMiddle::takePlaceOf(const fs::path &path)
{
    if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, m_own.c_str(), RENAME_EXCHANGE) != 0)
        return false;
    const std::lock_guard lock(m_mutex);
    m_keep = m_own;
    m_place = path;
    return true;
}

bool ChannelInTheMiddle::takePlace()
{
    return std::ranges::any_of(
        channelsBelow(m_folder), [this](const fs::path &path) { return !m_known.contains(path) && takePlaceOf(path); });
}

void ChannelInTheMiddle::run(const std::stop_token &stop)
{
    bool inPlace = !keep().empty();
    while (!stop.stop_requested()) {
        inPlace = inPlace || takePlace();
        pollfd waited{m_listener.get(), POLLIN, 0};
        if (::poll(&waited, 1, inPlace ? 20 : 1) == 1)
            if (Fd client(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC)); client)
                serve(std::move(client));
    }
}

void ChannelInTheMiddle::serve(Fd client)
{
    const std::lock_guard lock(m_mutex);
    auto connection = std::make_unique<Connection>();
    connection->client = std::move(client);
    connection->keep = connectToSocket(m_other.empty() ? m_keep : m_other);
    connection->left = std::exchange(m_next, UINT64_MAX);
    ++m_clients;
    if (!connection->keep)
        return;
    Connection &one = *connection;
    m_connections.push_back(std::move(connection));
    one.up = std::jthread([this, &one] { pump(one, true); });
    one.down = std::jthread([this, &one] { pump(one, false); });
}

void ChannelInTheMiddle::pump(Connection &connection, bool toKeep)
{
    const int from = toKeep ? connection.client.get() : connection.keep.get(),
              to = toKeep ? connection.keep.get() : connection.client.get();
    std::array<std::uint8_t, 32768> buffer{};
    for (bool cut = false; !cut;) {
        const ssize_t got = ::recv(from, buffer.data(), buffer.size(), 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        ByteView part = ByteView(buffer).first(static_cast<std::size_t>(got));
        {
            const std::lock_guard lock(m_mutex);
            if (!toKeep && connection.left != UINT64_MAX) {
                cut = part.size() >= connection.left;
                part = part.first(static_cast<std::size_t>(std::min<std::uint64_t>(part.size(), connection.left)));
                connection.left -= part.size();
                m_cuts += cut && !connection.over ? 1 : 0;
            }
            Bytes &kept = toKeep ? m_toKeep : m_fromKeep;
            kept.insert(
                kept.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(std::min(part.size(), mostKept - kept.size())));
            (toKeep ? m_countToKeep : m_countFromKeep) += part.size();
        }
        if (!sendAll(to, part))
            break;
    }
    connection.end();
}

fs::path ChannelInTheMiddle::keep() const
{
    const std::lock_guard lock(m_mutex);
    return m_keep;
}

Bytes ChannelInTheMiddle::toKeep() const
{
    const std::lock_guard lock(m_mutex);
    return m_toKeep;
}

Bytes ChannelInTheMiddle::fromKeep() const
{
    const std::lock_guard lock(m_mutex);
    return m_fromKeep;
}

std::uint64_t ChannelInTheMiddle::countToKeep() const
{
    const std::lock_guard lock(m_mutex);
    return m_countToKeep;
}

std::uint64_t ChannelInTheMiddle::countFromKeep() const
{
    const std::lock_guard lock(m_mutex);
    return m_countFromKeep;
}

int ChannelInTheMiddle::clients() const
{
    const std::lock_guard lock(m_mutex);
    return m_clients;
}

int ChannelInTheMiddle::cuts() const
{
    const std::lock_guard lock(m_mutex);
    return m_cuts;
}

} // namespace kastellan::test
