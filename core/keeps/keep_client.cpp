// SPDX-License-Identifier: Apache-2.0
#include "core/keeps/keep_client.h"

#include "core/keeps/loader_protocol.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace kastellan {
namespace {

class SocketClient final : public KeepClient {
public:
    SocketClient(Fd fd, std::string where)
        : m_fd(std::move(fd))
        , m_where(std::move(where))
    {
    }

    int fd() const override { return m_fd.get(); }

    void poll(const std::function<void(const KeepEvent &)> &event) override
    {
        std::array<char, 65536> buffer{};
        while (m_fd) {
            const ssize_t count = ::recv(m_fd.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
            if (count < 0 && errno == EINTR)
                continue;
            if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
                break;
            if (count <= 0) {
                tell(event);
                return close(event);
            }
            m_lines.add({buffer.data(), static_cast<std::size_t>(count)});
            if (!tell(event))
                return close(event);
        }
        tell(event);
    }

    Status sendInput(ByteView data) override
    {
        // One request has its limit, so large input goes in pieces.
        constexpr std::size_t piece = 96 * 1024;
        do {
            const auto part = data.first(std::min(piece, data.size()));
            KASTELLAN_TRY(send(loader::InputRequest{toBytes(part)}));
            data = data.subspan(part.size());
        } while (!data.empty());
        return {};
    }
    Status closeInput() override { return send(loader::CloseInputRequest{}); }
    Status stop(unsigned graceSeconds) override { return send(loader::StopRequest{graceSeconds}); }
    Status attest() override { return send(loader::AttestRequest{}); }
    Status watchUse(bool on) override { return send(loader::UseRequest{on}); }

private:
    bool tell(const std::function<void(const KeepEvent &)> &event)
    {
        for (;;) {
            auto line = m_lines.next();
            if (!line)
                return false;
            if (!*line)
                return true;
            const auto decoded = loader::decodeEvent(**line);
            if (!decoded) {
                KeepEvent problem;
                problem.kind = KeepEvent::Kind::Error;
                problem.text = decoded.error().message();
                event(problem);
                continue;
            }
            event(*decoded);
        }
    }

    void close(const std::function<void(const KeepEvent &)> &event)
    {
        m_fd.reset();
        KeepEvent closed;
        closed.kind = KeepEvent::Kind::Closed;
        event(closed);
    }

    Status send(const loader::Request &request)
    {
        const std::string text = loader::encode(request);
        std::string_view left = text;
        while (!left.empty()) {
            const ssize_t count = m_fd ? ::send(m_fd.get(), left.data(), left.size(), MSG_NOSIGNAL) : -1;
            if (count < 0 && m_fd && errno == EINTR)
                continue;
            if (count < 0)
                return environment("talk to the keep's loader", m_where, "it has ended", "See `keepctl keep list`.");
            left.remove_prefix(static_cast<std::size_t>(count));
        }
        return {};
    }

    Fd m_fd;
    std::string m_where;
    loader::LineReader m_lines{loader::eventLimit};
};

} // namespace

Result<std::unique_ptr<KeepClient>> KeepClient::connect(const KeepId &id)
{
    const std::string path = loader::socketPath(id).string();
    const std::string what = "talk to the keep's loader";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return environment(what, path, "the socket's path is too long", "Set XDG_RUNTIME_DIR to a shorter folder.");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!fd)
        return systemError(what, path, errno);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return environment(what, path, "no loader answers there: " + std::string(std::strerror(errno)), "See `keepctl keep list`.");
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != ::geteuid())
        return environment(what, path, "a process of another user listens there", "Remove the socket and look who made it.");
    return std::make_unique<SocketClient>(std::move(fd), path);
}

} // namespace kastellan
