// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/libvirt/stream_pump.h"

#include "sev-backend/libvirt/event_loop.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <thread>

#include <poll.h>
#include <sys/socket.h>

namespace kastellan::sev::libvirt {
namespace {

constexpr std::size_t piece = 64 << 10, channelLimit = 16 << 20, consoleLimit = 1 << 20;
constexpr int wouldBlock = -2; ///< of virStreamRecv and virStreamSend

using Held = std::shared_ptr<StreamPump>;

void forget(void *opaque)
{
    delete static_cast<Held *>(opaque);
}

} // namespace

StreamPump::StreamPump(
    Private, std::shared_ptr<Connection> connection, StreamHandle stream, Kind kind, Fd ours, std::function<void()> afterwards)
    : m_connection(std::move(connection))
    , m_stream(std::move(stream))
    , m_kind(kind)
    , m_ours(std::move(ours))
    , m_afterwards(std::move(afterwards))
{
}

Result<Fd> StreamPump::start(std::shared_ptr<Connection> connection, StreamHandle stream, Kind kind, std::function<void()> afterwards,
    std::weak_ptr<StreamPump> *made)
{
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0)
        return systemError("open a stream to the machine", {}, errno);
    Fd ours(ends[0]), theirs(ends[1]);
    const auto pump =
        std::make_shared<StreamPump>(Private{}, std::move(connection), std::move(stream), kind, std::move(ours), std::move(afterwards));
    KASTELLAN_TRY(pump->begin());
    if (made)
        *made = pump;
    return theirs;
}

Status StreamPump::begin()
{
    const auto ready = [](virStreamPtr, int events, void *opaque) {
        const Held pump = *static_cast<Held *>(opaque);
        pump->streamReady(events);
    };
    auto *held = new Held(shared_from_this());
    if (::virStreamEventAddCallback(m_stream.get(), VIR_STREAM_EVENT_READABLE, ready, held, forget) != 0) {
        delete held;
        return failure("open a stream to the machine", m_connection->uri().text);
    }
    m_registered = true;
    if (m_kind == Kind::Channel) {
        m_connection->whenClosed([weak = weak_from_this()](const std::string &) {
            if (const auto pump = weak.lock())
                pump->end();
        });
        sigset_t all, before;
        sigfillset(&all);
        ::pthread_sigmask(SIG_BLOCK, &all, &before);
        std::thread([pump = shared_from_this()] { pump->sendAll(); }).detach();
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    return {};
}

// --- from the machine ----------------------------------------------------------------------------------------------------------------

void StreamPump::streamReady(int events)
{
    if (events & VIR_STREAM_EVENT_WRITABLE) {
        ::virStreamEventUpdateCallback(m_stream.get(), VIR_STREAM_EVENT_READABLE);
        const std::lock_guard lock(m_mutex);
        m_writable = true;
        m_changed.notify_all();
    }
    if (events & VIR_STREAM_EVENT_READABLE)
        receive();
    else if (events & (VIR_STREAM_EVENT_HANGUP | VIR_STREAM_EVENT_ERROR))
        end();
}

void StreamPump::receive()
{
    std::array<char, piece> buffer;
    for (;;) {
        const int got = ::virStreamRecv(m_stream.get(), buffer.data(), buffer.size());
        if (got == wouldBlock)
            break;
        if (got <= 0) {
            flush();
            return end();
        }
        const std::size_t limit = m_kind == Kind::Channel ? channelLimit : consoleLimit;
        if (m_waiting.size() + static_cast<std::size_t>(got) > limit) {
            flush();
            if (m_waiting.size() + static_cast<std::size_t>(got) > limit) {
                if (m_kind == Kind::Channel)
                    return end();
                continue;
            }
        }
        m_waiting.insert(m_waiting.end(), buffer.data(), buffer.data() + got);
    }
    flush();
}

void StreamPump::flush()
{
    std::size_t sent = 0;
    while (sent < m_waiting.size()) {
        const auto wrote = ::send(m_ours.get(), m_waiting.data() + sent, m_waiting.size() - sent, MSG_NOSIGNAL);
        if (wrote > 0)
            sent += static_cast<std::size_t>(wrote);
        else if (wrote < 0 && errno == EINTR)
            continue;
        else if (wrote < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            break;
        else { // nobody reads it any more
            sent = m_waiting.size();
            end();
        }
    }
    m_waiting.erase(m_waiting.begin(), m_waiting.begin() + static_cast<std::ptrdiff_t>(sent));
    if (m_stopped && m_waiting.empty())
        return close();
    const int wanted = m_waiting.empty() ? 0 : VIR_EVENT_HANDLE_WRITABLE;
    if (m_watch >= 0) {
        ::virEventUpdateHandle(m_watch, wanted);
    } else if (wanted) {
        const auto writable = [](int, int, int, void *opaque) {
            const Held pump = *static_cast<Held *>(opaque);
            pump->flush();
        };
        auto *held = new Held(shared_from_this());
        m_watch = ::virEventAddHandle(m_ours.get(), wanted, writable, held, forget);
        if (m_watch < 0) {
            delete held;
            end();
        }
    }
}

// --- to the machine ------------------------------------------------------------------------------------------------------------------

void StreamPump::sendAll()
{
    std::vector<std::uint8_t> buffer(piece);
    for (;;) {
        pollfd waited{m_ours.get(), POLLIN, 0};
        if (::poll(&waited, 1, -1) < 0 && errno != EINTR)
            break;
        const auto got = ::recv(m_ours.get(), buffer.data(), buffer.size(), 0);
        if (got < 0 && (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK))
            continue;
        if (got <= 0 || !send(buffer.data(), static_cast<std::size_t>(got)))
            break;
    }
    end();
}

bool StreamPump::send(const std::uint8_t *data, std::size_t size)
{
    while (size > 0) {
        const int sent = ::virStreamSend(m_stream.get(), reinterpret_cast<const char *>(data), size);
        if (sent == wouldBlock) {
            inEventLoop([pump = shared_from_this()] {
                ::virStreamEventUpdateCallback(pump->m_stream.get(), VIR_STREAM_EVENT_READABLE | VIR_STREAM_EVENT_WRITABLE);
            });
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return m_writable || m_ended; });
            m_writable = false;
            if (m_ended)
                return false;
        } else if (sent <= 0) {
            return false;
        } else {
            data += sent;
            size -= static_cast<std::size_t>(sent);
        }
    }
    return true;
}

// --- the end -------------------------------------------------------------------------------------------------------------------------

void StreamPump::end()
{
    {
        const std::lock_guard lock(m_mutex);
        if (std::exchange(m_ended, true))
            return;
        m_changed.notify_all();
    }
    ::shutdown(m_ours.get(), SHUT_RD); // wakes the sender
    inEventLoop([pump = shared_from_this()] { pump->stop(); });
}

void StreamPump::endAndWait(std::chrono::milliseconds patience)
{
    end();
    std::unique_lock lock(m_mutex);
    m_changed.wait_for(lock, patience, [this] { return m_aborted; });
}

void StreamPump::stop()
{
    m_stopped = true;
    if (std::exchange(m_registered, false))
        ::virStreamEventRemoveCallback(m_stream.get());
    // To abort asks the daemon, which may not listen just now; so the loop does not wait for it.
    std::thread([pump = shared_from_this()] {
        ::virStreamAbort(pump->m_stream.get());
        {
            const std::lock_guard lock(pump->m_mutex);
            pump->m_aborted = true;
            pump->m_changed.notify_all();
        }
        if (pump->m_afterwards)
            pump->m_afterwards();
    }).detach();
    flush(); // the last bytes reach whoever reads on
}

void StreamPump::close()
{
    if (m_watch >= 0)
        ::virEventRemoveHandle(std::exchange(m_watch, -1));
    ::shutdown(m_ours.get(), SHUT_RDWR);
}

} // namespace kastellan::sev::libvirt
