// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/listener.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

// Linux 5.19: a signal does not take a call back that is being answered, so that no command runs twice. Go sends SIGURG all the time.
constexpr unsigned long waitKillable = 1ul << 5;
// Linux 6.6: the program runs on at once on this processor.
constexpr std::uint64_t syncWakeUp = 1;
constexpr unsigned long setFlags = _IOW('!', 4, std::uint64_t);

} // namespace

std::expected<Fd, int> installFilter(const sock_filter *program, std::size_t length)
{
    const sock_fprog filter{static_cast<unsigned short>(length), const_cast<sock_filter *>(program)};
    const auto install = [&](unsigned long flags) {
        return Fd(static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, &filter)));
    };
    for (const bool giveUpPrivileges : {false, true}) { // root needs not: sudo goes on working
        if (giveUpPrivileges && ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
            break;
        for (const unsigned long flags : {waitKillable, 0ul}) {
            if (Fd listener = install(flags))
                return listener;
            if (errno != EINVAL)
                break;
        }
        if (errno != EACCES)
            break;
    }
    return std::unexpected(errno);
}

Listener::Listener(Fd descriptor)
    : m_descriptor(std::move(descriptor))
    , m_receiveSize(sizeof(seccomp_notif))
    , m_replySize(sizeof(seccomp_notif_resp))
{
    seccomp_notif_sizes sizes{};
    if (::syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes) == 0) {
        m_receiveSize = std::max<std::size_t>(m_receiveSize, sizes.seccomp_notif);
        m_replySize = std::max<std::size_t>(m_replySize, sizes.seccomp_notif_resp);
    }
    ::ioctl(m_descriptor.get(), setFlags, syncWakeUp);
}

std::optional<Listener::Received> Listener::receive() const
{
    std::vector<std::uint64_t> buffer(m_receiveSize / 8 + 1);
    if (::ioctl(m_descriptor.get(), SECCOMP_IOCTL_NOTIF_RECV, buffer.data()) != 0)
        return std::nullopt;
    seccomp_notif asked;
    std::memcpy(&asked, buffer.data(), sizeof asked);
    Received received;
    received.id = asked.id;
    received.call.number = asked.data.nr;
    received.call.thread = static_cast<pid_t>(asked.pid);
    std::copy(std::begin(asked.data.args), std::end(asked.data.args), received.call.arguments.begin());
    return received;
}

bool Listener::waiting(std::uint64_t id) const
{
    return ::ioctl(m_descriptor.get(), SECCOMP_IOCTL_NOTIF_ID_VALID, &id) == 0;
}

void Listener::reply(std::uint64_t id, std::int64_t value, int error, std::uint32_t flags) const
{
    std::vector<std::uint64_t> buffer(m_replySize / 8 + 1);
    const seccomp_notif_resp answer{id, value, error, flags};
    std::memcpy(buffer.data(), &answer, sizeof answer);
    // Fails when the program is gone, or was interrupted: nobody waits.
    ::ioctl(m_descriptor.get(), SECCOMP_IOCTL_NOTIF_SEND, buffer.data());
}

void Listener::give(std::uint64_t id, const CallAnswer &answer) const
{
    seccomp_notif_addfd give{};
    give.id = id;
    give.flags = SECCOMP_ADDFD_FLAG_SEND; // in one step: no interrupted call leaves a descriptor behind (Linux 5.14)
    give.srcfd = static_cast<std::uint32_t>(answer.descriptor.get());
    give.newfd_flags = answer.closeOnExec ? 02000000 : 0;
    if (::ioctl(m_descriptor.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &give) >= 0)
        return;
    int error = errno;
    if (error == EINVAL) { // an older kernel
        give.flags = 0;
        const int number = ::ioctl(m_descriptor.get(), SECCOMP_IOCTL_NOTIF_ADDFD, &give);
        if (number >= 0)
            return reply(id, number, 0, 0);
        error = errno;
    }
    reply(id, 0, -error, 0); // as EMFILE
}

void Listener::send(std::uint64_t id, const CallAnswer &answer) const
{
    switch (answer.kind) {
    case CallAnswer::Kind::Continue:
        return reply(id, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
    case CallAnswer::Kind::Error:
        return reply(id, 0, static_cast<int>(-answer.value), 0);
    case CallAnswer::Kind::Value:
        return reply(id, answer.value, 0, 0);
    case CallAnswer::Kind::Descriptor:
        return give(id, answer);
    }
}

} // namespace kastellan::sev
