// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/port_source.h"

#include <algorithm>
#include <cstdlib>

#include <sys/socket.h>

using namespace kastellan;
using namespace kastellan::warden;

namespace {

struct Taker final : StreamTaker {
    void takeSession(Fd stream) override
    {
        sessions.push_back(std::move(stream));
        if (sessions.size() > 8) // as the session does with those that have not proven themselves
            sessions.erase(sessions.begin());
    }
    void takeFirmware(Fd) override { std::abort(); }
    void note(std::string) override {}
    std::vector<Fd> sessions;
};

Bytes drained(int fd)
{
    Bytes all, piece(65536);
    for (ssize_t count = 0; (count = ::recv(fd, piece.data(), piece.size(), MSG_DONTWAIT)) > 0;)
        all.insert(all.end(), piece.begin(), piece.begin() + count);
    return all;
}

} // namespace

// Whatever a host says: few connections, little memory, and an owner who comes afterwards is heard.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    int ends[2];
    if (size > 65536 || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return 0;
    const Fd host(ends[0]);
    auto port = PortStream::watch(Fd(ends[1]));
    if (!port)
        return 0;
    PortSource source(std::move(*port));
    Taker taker;
    const auto turn = [&] {
        std::vector<pollfd> fds;
        source.wants(fds);
        fds[0].revents = POLLIN;
        if (!source.serve(fds[0], taker) || source.connections() > 12 || source.held() > 512 * 1024)
            std::abort();
        for (const auto &session : taker.sessions) // each gives back what it is told: words of its own
            if (const Bytes echo = drained(session.get()); !echo.empty())
                static_cast<void>(::send(session.get(), echo.data(), echo.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    };
    for (ByteView rest(data, size); !rest.empty();) {
        const ByteView piece = rest.first(std::min<std::size_t>(rest.size(), 1 + rest[0] * 16U));
        rest = rest.subspan(piece.size());
        static_cast<void>(::send(host.get(), piece.data(), piece.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
        turn();
        drained(host.get());
    }
    session::ConnectionId id;
    id.bytes.fill(0xa5);
    Bytes good;
    session::appendFrames(good, id, asBytes("payload"));
    static_cast<void>(::send(host.get(), good.data(), good.size(), MSG_DONTWAIT | MSG_NOSIGNAL));
    std::vector<pollfd> fds;
    source.wants(fds);
    fds[0].revents = POLLIN;
    if (!source.serve(fds[0], taker))
        std::abort();
    bool heard = false;
    for (const auto &session : taker.sessions) {
        const Bytes words = drained(session.get());
        heard = heard || !std::ranges::search(words, good).empty();
    }
    if (!heard)
        std::abort();
    return 0;
}
