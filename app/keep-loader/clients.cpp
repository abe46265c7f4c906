// SPDX-License-Identifier: Apache-2.0
#include "clients.h"

#include "core/base/file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

namespace kastellan::loader {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t mostOutgoing = 8 << 20;
constexpr std::size_t mostClients = 64;

} // namespace

Clients::Clients(PollLoop &loop, std::filesystem::path path)
    : m_loop(loop)
    , m_path(std::move(path))
{
}

Clients::~Clients()
{
    if (m_socket)
        ::unlink(m_path.c_str());
}

Status Clients::listen()
{
    const std::string what = "listen for clients";
    KASTELLAN_TRY(makeFolder(m_path.parent_path()));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = m_path.string();
    if (path.size() >= sizeof address.sun_path)
        return environment(what, path, "the socket's path is too long", "Set XDG_RUNTIME_DIR to a shorter folder.");
    std::memcpy(address.sun_path, path.c_str(), path.size());
    Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket)
        return systemError(what, path, errno);
    ::unlink(path.c_str()); // the keep's lock is ours, so whoever made it is dead
    const mode_t before = ::umask(0177);
    const int bound = ::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address);
    const int number = errno;
    ::umask(before);
    if (bound != 0)
        return systemError(what, path, number);
    m_socket = std::move(socket);
    if (::listen(m_socket.get(), 16) != 0)
        return systemError(what, path, errno);
    m_watch = m_loop.watch(
        m_socket.get(), [this] { return m_clients.size() < mostClients ? short(POLLIN) : short(0); }, [this](short) { accept(); });
    return {};
}

void Clients::accept()
{
    Fd fd(::accept4(m_socket.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd)
        return;
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.uid != ::geteuid())
        return;
    const int number = ++m_next;
    auto client = std::make_unique<Client>();
    Client *raw = client.get();
    raw->watch = m_loop.watch(
        fd.get(),
        [this, raw] {
            // While the keep takes no input, requests of who gives it wait in the client's socket: nothing piles up here.
            const bool reads = !raw->closing
                && (!raw->givesInput || !m_engine || m_engine->takesInput() || isFinal(m_engine->status().state)
                    || m_engine->inputIsClosed());
            return short((reads ? POLLIN : POLLRDHUP) | (raw->outgoing.empty() ? 0 : POLLOUT));
        },
        [this, number](short events) { ready(number, events); });
    raw->fd = std::move(fd);
    m_clients[number] = std::move(client);
    if (m_engine) {
        KeepEvent event;
        event.kind = KeepEvent::Kind::Status;
        event.status = m_engine->status();
        event.status.loaderAlive = true;
        send(*raw, encode(event));
    }
}

void Clients::ready(int number, short events)
{
    const auto found = m_clients.find(number);
    if (found == m_clients.end())
        return;
    Client &client = *found->second;
    bool alive = !(events & POLLNVAL);
    if (alive && (events & POLLOUT) && !flush(client))
        client.gone = true;
    client.gone = client.gone || (events & POLLERR);
    if (client.gone) { // it may have sent something and left: that counts
        while (read(client) == Got::Data)
            ;
        alive = false;
    } else if (alive && (events & (POLLIN | POLLHUP | POLLRDHUP))) {
        alive = read(client) != Got::End;
    }
    if (!alive || (client.closing && client.outgoing.empty()))
        drop(number);
}

Clients::Got Clients::read(Client &client)
{
    std::array<char, 65536> buffer{};
    const ssize_t count = ::recv(client.fd.get(), buffer.data(), buffer.size(), 0);
    if (count < 0)
        return errno == EINTR ? Got::Data : errno == EAGAIN ? Got::Nothing : Got::End;
    if (count == 0)
        return Got::End;
    client.lines.add({buffer.data(), static_cast<std::size_t>(count)});
    for (;;) {
        auto line = client.lines.next();
        if (!line)
            return Got::End; // too long: not one of ours
        if (!*line)
            return Got::Data;
        if (const auto request = decodeRequest(**line)) {
            handle(client, *request);
        } else {
            KeepEvent problem;
            problem.kind = KeepEvent::Kind::Error;
            problem.text = request.error().message();
            send(client, encode(problem));
        }
    }
}

void Clients::handle(Client &client, const Request &request)
{
    client.givesInput = client.givesInput || std::holds_alternative<InputRequest>(request);
    if (!m_engine)
        return;
    if (const auto *input = std::get_if<InputRequest>(&request))
        m_engine->input(input->data);
    else if (std::holds_alternative<CloseInputRequest>(request))
        m_engine->closeInput();
    else if (const auto *stop = std::get_if<StopRequest>(&request))
        m_engine->stop(stop->graceSeconds);
    else if (const auto *use = std::get_if<UseRequest>(&request)) {
        client.watchesUse = use->on;
        watchUse();
    } else if (const auto *record = std::get_if<RecordRequest>(&request)) {
        m_engine->noteRecord(record->id);
    } else
        m_engine->attest();
}

void Clients::watchUse()
{
    if (m_engine)
        m_engine->watchUse(std::ranges::any_of(m_clients, [](const auto &entry) { return entry.second->watchesUse; }));
}

void Clients::send(Client &client, std::string_view text)
{
    client.outgoing += text;
    const bool reached = flush(client);
    if (!reached || client.outgoing.size() > mostOutgoing) {
        client.gone = client.gone || !reached;
        client.outgoing.clear();
        client.closing = true; // dropped by the loop, for a caller may be iterating
    }
}

bool Clients::flush(Client &client)
{
    while (!client.outgoing.empty()) {
        const ssize_t count = ::send(client.fd.get(), client.outgoing.data(), client.outgoing.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        client.outgoing.erase(0, static_cast<std::size_t>(count));
    }
    return true;
}

void Clients::tell(const KeepEvent &event)
{
    if (m_clients.empty())
        return;
    const std::string text = encode(event);
    for (auto &[number, client] : m_clients)
        if (!client->closing)
            send(*client, text);
}

void Clients::tellStatus(const KeepStatus &status)
{
    KeepEvent event;
    event.kind = KeepEvent::Kind::Status;
    event.status = status;
    event.status.loaderAlive = !isFinal(status.state);
    event.status.wardenAlive = !isFinal(status.state) && status.wardenPid != 0;
    tell(event);
}

void Clients::tellUse(const RunningKeep::Use &use)
{
    KeepEvent event;
    event.kind = KeepEvent::Kind::Use;
    event.at = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    event.cpuSeconds = use.cpuSeconds;
    event.memory = use.memory;
    const std::string text = encode(event);
    for (auto &[number, client] : m_clients)
        if (client->watchesUse && !client->closing)
            send(*client, text);
}

void Clients::drop(int number)
{
    if (const auto found = m_clients.find(number); found != m_clients.end()) {
        const bool watched = found->second->watchesUse;
        m_loop.drop(found->second->watch);
        m_clients.erase(found);
        if (watched)
            watchUse();
    }
    finishWhenEmpty();
}

void Clients::close(std::function<void()> done)
{
    m_done = std::move(done);
    m_loop.drop(std::exchange(m_watch, 0));
    ::unlink(m_path.c_str());
    m_socket.reset();
    KeepEvent closed;
    closed.kind = KeepEvent::Kind::Closed;
    const std::string text = encode(closed);
    std::vector<int> empty;
    for (auto &[number, client] : m_clients) {
        send(*client, text);
        client->closing = true;
        if (client->outgoing.empty())
            empty.push_back(number);
    }
    for (const int number : empty)
        drop(number);
    m_loop.after("goodbye", 2s, [this] { m_clients.clear(), finishWhenEmpty(); });
    finishWhenEmpty();
}

void Clients::finishWhenEmpty()
{
    if (m_done && m_clients.empty())
        std::exchange(m_done, nullptr)();
}

} // namespace kastellan::loader
