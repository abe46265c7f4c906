// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/launch/firmware_channel.h"

#include "sev-backend/launch/warden_socket.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

namespace kastellan::sev {
namespace {

constexpr int reconnectDelay = 20; // milliseconds
constexpr std::size_t outputLimit = 64 * 1024;

bool wouldBlock()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

FirmwareChannel::FirmwareChannel(std::filesystem::path socket, int pidfd, Fd words, Answer answer)
    : m_socket(std::move(socket))
    , m_pidfd(pidfd)
    , m_answer(std::move(answer))
    , m_stop(::eventfd(0, EFD_CLOEXEC))
    , m_words(std::move(words))
{
    connect(); // before anybody else can: the warden finds its firmware first
    m_thread = std::jthread([this] { serve(); });
}

FirmwareChannel::~FirmwareChannel()
{
    const std::uint64_t one = 1;
    (void)!::write(m_stop.get(), &one, sizeof one);
    m_thread.join();
}

std::string FirmwareChannel::lastWords()
{
    readWords(); // what arrived since the thread looked
    const std::lock_guard lock(m_mutex);
    return m_heard;
}

void FirmwareChannel::readWords()
{
    const std::lock_guard lock(m_mutex);
    std::array<char, 1024> part{};
    for (int rounds = 0; m_words && rounds < 64; ++rounds) {
        const ssize_t count = ::read(m_words.get(), part.data(), part.size());
        if (count < 0 && wouldBlock())
            return;
        if (count <= 0) {
            m_words.reset();
            return;
        }
        m_heard.append(part.data(), static_cast<std::size_t>(count));
        if (m_heard.size() > wordsLimit)
            m_heard.erase(0, m_heard.size() - wordsLimit);
    }
}

void FirmwareChannel::connect()
{
    m_input.clear();
    m_output.clear();
    if (auto stream = connectToWarden(m_socket, WardenStream::Firmware))
        m_stream = std::move(*stream);
}

void FirmwareChannel::serve()
{
    for (bool running = true; running;) {
        if (!m_stream)
            connect();
        int words = -1;
        {
            const std::lock_guard lock(m_mutex);
            words = m_words.get();
        }
        // A negative descriptor is passed over.
        const short wanted = static_cast<short>((m_output.size() < outputLimit ? POLLIN : 0) | (m_output.empty() ? 0 : POLLOUT));
        std::array<pollfd, 4> entries{{{m_stop.get(), POLLIN, 0}, {m_pidfd, POLLIN, 0}, {words, POLLIN, 0}, {m_stream.get(), wanted, 0}}};
        if (::poll(entries.data(), entries.size(), m_stream ? -1 : reconnectDelay) < 0 && errno != EINTR)
            return;
        if (entries[2].revents)
            readWords();
        if (entries[0].revents || entries[1].revents)
            running = false;
        else if (entries[3].revents && !readRequests()) {
            m_stream.reset();
            // The warden may close each connection at once: that must not become a busy loop.
            pollfd stop{m_stop.get(), POLLIN, 0};
            ::poll(&stop, 1, reconnectDelay);
        }
    }
    m_stream.reset();
    readWords();
}

bool FirmwareChannel::readRequests()
{
    if (!m_output.empty()) {
        const ssize_t count = ::send(m_stream.get(), m_output.data(), m_output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0 && !wouldBlock())
            return false;
        if (count > 0)
            m_output.erase(m_output.begin(), m_output.begin() + count);
    }
    if (m_output.size() >= outputLimit)
        return true;
    std::array<std::uint8_t, firmwareRequestSize * 4> part{};
    const ssize_t count = ::recv(m_stream.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && !wouldBlock()))
        return false;
    if (count > 0)
        m_input.insert(m_input.end(), part.begin(), part.begin() + count);
    std::size_t used = 0;
    while (m_input.size() - used >= firmwareRequestSize) {
        if (!reply(ByteView(m_input).subspan(used, firmwareRequestSize)))
            return false;
        used += firmwareRequestSize;
    }
    m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(used));
    return true;
}

bool FirmwareChannel::reply(ByteView request)
{
    if (loadLe<std::uint32_t>(request, 0) != getReportCommand)
        return false; // the real device has other commands; this firmware has not
    const Bytes response = m_answer(request.subspan(4));
    const std::size_t at = m_output.size();
    m_output.resize(at + 4);
    storeLe<std::uint32_t>(m_output, at, static_cast<std::uint32_t>(response.size()));
    m_output.insert(m_output.end(), response.begin(), response.end());
    const ssize_t count = ::send(m_stream.get(), m_output.data(), m_output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count > 0)
        m_output.erase(m_output.begin(), m_output.begin() + count);
    return count >= 0 || wouldBlock();
}

} // namespace kastellan::sev
