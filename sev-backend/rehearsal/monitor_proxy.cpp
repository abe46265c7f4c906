// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/monitor_proxy.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace kastellan::sev {
namespace {

constexpr std::size_t bufferLimit = 8u << 20; ///< two messages of the largest size that is looked at
constexpr std::size_t mostDescriptors = 64;
constexpr int farewellPatience = 2000; // milliseconds

bool wouldBlock()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

std::size_t queued(const std::deque<MonitorTalk::Chunk> &chunks)
{
    std::size_t bytes = 0;
    for (const auto &chunk : chunks)
        bytes += chunk.text.size();
    return bytes;
}

} // namespace

MonitorProxy::MonitorProxy(MonitorSubject &subject, Fd listener, Fd client, Fd qemu)
    : m_talk(subject)
    , m_listener(std::move(listener))
    , m_client(std::move(client))
    , m_qemu(std::move(qemu))
{
    if (m_client)
        m_talk.clientCame();
}

void MonitorProxy::wants(std::vector<pollfd> &entries) const
{
    auto &talk = const_cast<MonitorTalk &>(m_talk);
    if (m_listener && !m_client)
        entries.push_back({m_listener.get(), POLLIN, 0});
    if (m_client) {
        const bool room =
            queued(talk.toQemu()) < bufferLimit && talk.pending() < MonitorTalk::pendingLimit && talk.toClient().size() < bufferLimit;
        entries.push_back({m_client.get(), static_cast<short>((room ? POLLIN : 0) | (talk.toClient().empty() ? 0 : POLLOUT)), 0});
    }
    if (m_qemu)
        entries.push_back({m_qemu.get(),
            static_cast<short>((talk.toClient().size() < bufferLimit ? POLLIN : 0) | (talk.toQemu().empty() ? 0 : POLLOUT)), 0});
}

void MonitorProxy::handle(const pollfd &entry)
{
    if (entry.revents == 0)
        return;
    if (entry.fd == m_listener.get())
        return accept();
    if (m_client && entry.fd == m_client.get()) {
        if (entry.revents & POLLOUT)
            writeClient();
        if (m_client && (entry.revents & (POLLIN | POLLHUP | POLLERR)))
            readClient();
    } else if (m_qemu && entry.fd == m_qemu.get()) {
        if (entry.revents & (POLLIN | POLLHUP | POLLERR))
            readQemu();
    }
    writeQemu();
    writeClient();
}

void MonitorProxy::accept()
{
    Fd client(::accept4(m_listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client)
        return;
    m_client = std::move(client);
    m_talk.clientCame();
    writeClient();
}

void MonitorProxy::dropClient()
{
    m_client.reset();
    m_talk.clientWent();
}

void MonitorProxy::readClient()
{
    std::array<char, 65536> part{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * mostDescriptors)> control{};
    iovec where{part.data(), part.size()};
    msghdr message{};
    message.msg_iov = &where;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const ssize_t count = ::recvmsg(m_client.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (count < 0 && wouldBlock())
        return;
    std::vector<Fd> descriptors;
    for (cmsghdr *head = count < 0 ? nullptr : CMSG_FIRSTHDR(&message); head; head = CMSG_NXTHDR(&message, head)) {
        if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
            continue;
        for (std::size_t at = 0; at + sizeof(int) <= head->cmsg_len - CMSG_LEN(0); at += sizeof(int)) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(head) + at, sizeof number);
            descriptors.emplace_back(number);
        }
    }
    if (count <= 0)
        return dropClient();
    m_talk.fromClient({part.data(), static_cast<std::size_t>(count)}, std::move(descriptors));
}

void MonitorProxy::writeClient()
{
    std::string &text = m_talk.toClient();
    while (m_client && !text.empty()) {
        const ssize_t count = ::send(m_client.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (!wouldBlock())
                dropClient();
            return;
        }
        text.erase(0, static_cast<std::size_t>(count));
    }
}

void MonitorProxy::readQemu()
{
    std::array<char, 65536> part{};
    const ssize_t count = ::recv(m_qemu.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (count < 0 && wouldBlock())
        return;
    if (count <= 0)
        m_qemu.reset();
    else
        m_talk.fromQemu({part.data(), static_cast<std::size_t>(count)});
}

void MonitorProxy::writeQemu()
{
    auto &chunks = m_talk.toQemu();
    while (m_qemu && !chunks.empty()) {
        MonitorTalk::Chunk &chunk = chunks.front();
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int) * mostDescriptors)> control{};
        iovec where{chunk.text.data(), chunk.text.size()};
        msghdr message{};
        message.msg_iov = &where;
        message.msg_iovlen = 1;
        const std::size_t descriptors = std::min(chunk.descriptors.size(), mostDescriptors);
        if (descriptors > 0) {
            message.msg_control = control.data();
            message.msg_controllen = CMSG_SPACE(sizeof(int) * descriptors);
            cmsghdr *const head = CMSG_FIRSTHDR(&message);
            head->cmsg_level = SOL_SOCKET;
            head->cmsg_type = SCM_RIGHTS;
            head->cmsg_len = CMSG_LEN(sizeof(int) * descriptors);
            for (std::size_t at = 0; at < descriptors; ++at) {
                const int number = chunk.descriptors[at].get();
                std::memcpy(CMSG_DATA(head) + at * sizeof number, &number, sizeof number);
            }
        }
        const ssize_t count = ::sendmsg(m_qemu.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (!wouldBlock())
                chunks.clear(); // it is going; its end is seen when it is read from
            return;
        }
        chunk.descriptors.clear();
        chunk.text.erase(0, static_cast<std::size_t>(count));
        if (chunk.text.empty())
            chunks.pop_front();
    }
}

void MonitorProxy::farewell()
{
    for (int rounds = 0; m_qemu && rounds < 1024; ++rounds) {
        pollfd entry{m_qemu.get(), POLLIN, 0};
        if (::poll(&entry, 1, 0) <= 0)
            break;
        readQemu();
    }
    while (m_client && !m_talk.toClient().empty()) {
        pollfd entry{m_client.get(), POLLOUT, 0};
        if (::poll(&entry, 1, farewellPatience) <= 0)
            break;
        writeClient();
    }
    m_client.reset();
    m_listener.reset();
}

} // namespace kastellan::sev
