// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/interpose_server.h"

#include "sev-backend/presenter/interpose_protocol.h"

#include <chrono>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <thread>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace kastellan::sev {
namespace {

constexpr auto moment = std::chrono::milliseconds(500);

void reply(int stream, const CallAnswer &answer)
{
    InterposeReply reply{static_cast<std::uint32_t>(answer.kind), answer.closeOnExec ? 1u : 0u, answer.value};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    iovec piece{&reply, sizeof reply};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    if (answer.kind == CallAnswer::Kind::Descriptor) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int number = answer.descriptor.get();
        std::memcpy(CMSG_DATA(header), &number, sizeof number);
    }
    static_cast<void>(::sendmsg(stream, &message, MSG_NOSIGNAL));
}

/// Whether the other side still waits: nothing comes after its request but its end.
bool connected(int stream)
{
    pollfd state{stream, POLLIN, 0};
    return ::poll(&state, 1, 0) == 0;
}

} // namespace

struct InterposeServer::State {
    std::shared_ptr<CallAnswers> answers;
    Fd socket, end;
    std::string path;
    std::mutex mutex;
    std::condition_variable changed;
    unsigned threads = 0;
};

InterposeServer::InterposeServer(std::shared_ptr<State> state)
    : m_state(std::move(state))
{
}

Result<std::unique_ptr<InterposeServer>> InterposeServer::make(std::shared_ptr<CallAnswers> answers, const std::string &path)
{
    constexpr const char *what = "listen to an interposed library";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path)
        return environment(what, path, "the path is too long for a socket", "Set XDG_RUNTIME_DIR to a shorter folder.");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    auto state = std::make_shared<State>();
    state->answers = std::move(answers);
    state->path = path;
    state->socket = Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    state->end = Fd(::eventfd(0, EFD_CLOEXEC));
    if (!state->socket || ::bind(state->socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0
        || ::listen(state->socket.get(), 64) != 0)
        return systemError(what, path, errno);
    try {
        std::thread([state] { accept(state); }).detach();
    } catch (const std::system_error &error) {
        return systemError(what, path, error.code().value());
    }
    state->threads = 1;
    return std::unique_ptr<InterposeServer>(new InterposeServer(std::move(state)));
}

InterposeServer::~InterposeServer()
{
    stop();
    ::unlink(m_state->path.c_str());
}

const std::string &InterposeServer::address() const
{
    return m_state->path;
}

void InterposeServer::leave(State &state)
{
    const std::scoped_lock lock(state.mutex);
    --state.threads;
    state.changed.notify_all();
}

void InterposeServer::accept(const std::shared_ptr<State> &state)
{
    for (;;) {
        pollfd ready[] = {{state->socket.get(), POLLIN, 0}, {state->end.get(), POLLIN, 0}};
        ::poll(ready, 2, -1);
        if (ready[1].revents)
            return leave(*state);
        auto stream = std::make_shared<Fd>(::accept4(state->socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!*stream)
            continue;
        {
            const std::scoped_lock lock(state->mutex);
            ++state->threads;
        }
        try {
            std::thread([state, stream] {
                serve(state, *stream);
                leave(*state);
            }).detach();
        } catch (const std::system_error &) {
            leave(*state);
        }
    }
}

void InterposeServer::serve(const std::shared_ptr<State> &state, const Fd &stream)
{
    ucred peer{};
    socklen_t length = sizeof peer;
    InterposeRequest request;
    if (::getsockopt(stream.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0 || peer.uid != ::geteuid()
        || ::recv(stream.get(), &request, sizeof request, 0) != sizeof request || request.magic != InterposeRequest::expected)
        return;
    // For others nothing is done: whoever may connect could have memory read and written that the kernel keeps from it.
    const std::string task = "/proc/" + std::to_string(peer.pid) + "/task/" + std::to_string(request.thread);
    if (::access(task.c_str(), F_OK) != 0)
        return;
    SystemCall call;
    call.number = request.number;
    call.thread = request.thread;
    std::copy(std::begin(request.arguments), std::end(request.arguments), call.arguments.begin());
    Caller caller(call.thread, [&stream] { return connected(stream.get()); });
    reply(stream.get(), state->answers->answer(call, caller));
}

bool InterposeServer::stop()
{
    std::unique_lock lock(m_state->mutex);
    ::eventfd_write(m_state->end.get(), 1);
    return m_state->changed.wait_for(lock, moment, [&] { return m_state->threads == 0; });
}

} // namespace kastellan::sev
