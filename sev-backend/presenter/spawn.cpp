// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/spawn.h"

#include "sev-backend/presenter/listener.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

// What the new process says: how far it came, and the listener once it is there.
void tell(int channel, SpawnFailure news, int descriptor = -1)
{
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec piece{&news, sizeof news};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (descriptor >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    }
    // Not write(2): the filter may ask about that one already.
    static_cast<void>(::sendmsg(channel, &message, MSG_NOSIGNAL));
}

struct News {
    bool ended = true; ///< nothing was said: the program runs
    SpawnFailure news;
    Fd descriptor;
};

News listen(int channel)
{
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    News heard;
    iovec piece{&heard.news, sizeof heard.news};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    ssize_t count = 0;
    do
        count = ::recvmsg(channel, &message, MSG_CMSG_CLOEXEC);
    while (count < 0 && errno == EINTR);
    heard.ended = count != static_cast<ssize_t>(sizeof heard.news);
    const cmsghdr *header = CMSG_FIRSTHDR(&message);
    if (!heard.ended && header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(sizeof(int))) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        heard.descriptor = Fd(number);
    }
    return heard;
}

/// In the new process: nothing here may allocate.
[[noreturn]] void become(
    const SpawnRequest &request, const std::vector<char *> &arguments, const std::vector<char *> &environment, pid_t parent, int channel)
{
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
        ::_exit(1);
    if (!request.filter.empty()) {
        auto listener = installFilter(request.filter.data(), request.filter.size());
        if (!listener) {
            tell(channel, {SpawnFailure::Stage::Filter, listener.error()});
            ::_exit(1);
        }
        tell(channel, {}, listener->get());
    }
    ::sigprocmask(SIG_SETMASK, &request.signals, nullptr);
    ::execvpe(arguments[0], arguments.data(), environment.data());
    tell(channel, {SpawnFailure::Stage::Exec, errno});
    ::_exit(127);
}

std::vector<char *> pointers(const std::vector<std::string> &texts)
{
    std::vector<char *> result;
    for (const std::string &text : texts)
        result.push_back(const_cast<char *>(text.c_str()));
    result.push_back(nullptr);
    return result;
}

std::vector<std::string> environmentWith(const SpawnRequest &request)
{
    std::vector<std::string> result;
    for (char **variable = environ; *variable; ++variable) {
        const std::string_view text(*variable);
        const auto replaced = [&](const auto &entry) {
            return text.starts_with(entry.first) && text.size() > entry.first.size() && text[entry.first.size()] == '=';
        };
        if (std::ranges::none_of(request.environment, replaced))
            result.emplace_back(text);
    }
    for (const auto &[name, value] : request.environment)
        result.push_back(name + "=" + value);
    return result;
}

} // namespace

std::expected<Spawned, SpawnFailure> spawn(const SpawnRequest &request)
{
    const auto failed = [](int error) { return std::unexpected(SpawnFailure{SpawnFailure::Stage::Start, error}); };
    const std::vector<std::string> variables = environmentWith(request);
    const std::vector<char *> arguments = pointers(request.program), environment = pointers(variables);
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return failed(errno);
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const pid_t self = ::getpid();
    const pid_t child = ::fork();
    if (child < 0)
        return failed(errno);
    if (child == 0)
        become(request, arguments, environment, self, theirs.get());
    theirs.reset();

    Spawned spawned{child, Fd(static_cast<int>(::syscall(SYS_pidfd_open, child, 0))), Fd()};
    for (;;) {
        News heard = listen(ours.get());
        if (heard.descriptor) {
            spawned.listener = std::move(heard.descriptor);
            continue;
        }
        if (heard.ended && (request.filter.empty() || spawned.listener))
            return spawned;
        ::waitpid(child, nullptr, 0);
        return std::unexpected(heard.ended ? SpawnFailure{SpawnFailure::Stage::Start, ECHILD} : heard.news);
    }
}

} // namespace kastellan::sev
