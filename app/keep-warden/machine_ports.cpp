// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/machine_ports.h"

#include <array>
#include <cerrno>
#include <string>

#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

namespace kastellan::warden {

Result<MachinePorts> MachinePorts::look()
{
    Fd news(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_KOBJECT_UEVENT));
    sockaddr_nl address{};
    address.nl_family = AF_NETLINK;
    address.nl_groups = 1; // what the kernel says
    if (!news || ::bind(news.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        return systemError("listen for devices of this machine", {}, errno);
    return MachinePorts(std::move(news));
}

Result<std::optional<PortStream>> MachinePorts::open(std::string_view name, std::chrono::milliseconds most)
{
    const auto until = std::chrono::steady_clock::now() + most;
    for (;;) {
        if (const std::string number = findPort(name); !number.empty()) {
            const std::string path = "/dev/" + number;
            Fd fd(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
            if (!fd)
                return systemError("open the port " + std::string(name), path, errno);
            KASTELLAN_ASSIGN(auto port, PortStream::watch(std::move(fd)));
            return std::optional<PortStream>(std::move(port));
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
        pollfd wait{m_news.get(), POLLIN, 0};
        if (left <= 0 || ::poll(&wait, 1, static_cast<int>(left)) == 0)
            return std::nullopt;
        // What it says does not matter: something is there that was not.
        std::array<char, 4096> message{};
        while (::recv(m_news.get(), message.data(), message.size(), 0) > 0) {}
    }
}

} // namespace kastellan::warden
