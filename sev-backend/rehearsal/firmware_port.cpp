// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/rehearsal/firmware_port.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace kastellan::sev {
namespace {

constexpr std::uint32_t getReport = 0;
constexpr std::size_t requestSize = 4 + 96, outputLimit = 64 * 1024;

bool wouldBlock()
{
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

} // namespace

short FirmwarePort::wanted() const
{
    return static_cast<short>((m_output.size() < outputLimit ? POLLIN : 0) | (m_output.empty() ? 0 : POLLOUT));
}

void FirmwarePort::reset()
{
    m_input.clear();
    m_output.clear();
}

void FirmwarePort::write()
{
    while (m_stream && !m_output.empty()) {
        const ssize_t count = ::send(m_stream.get(), m_output.data(), m_output.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (count < 0) {
            if (!wouldBlock())
                m_stream.reset();
            return;
        }
        m_output.erase(m_output.begin(), m_output.begin() + count);
    }
}

void FirmwarePort::handle()
{
    write();
    if (!m_stream || m_output.size() >= outputLimit)
        return;
    std::array<std::uint8_t, requestSize * 8> part{};
    const ssize_t count = ::recv(m_stream.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && !wouldBlock()))
        m_stream.reset();
    if (count <= 0)
        return;
    m_input.insert(m_input.end(), part.begin(), part.begin() + count);
    std::size_t used = 0;
    for (; m_input.size() - used >= requestSize; used += requestSize) {
        const ByteView request = ByteView(m_input).subspan(used, requestSize);
        // There is nobody to hang up on: what is no report is answered with nothing.
        const Bytes response = loadLe<std::uint32_t>(request, 0) == getReport ? m_answer(request.subspan(4)) : Bytes();
        const std::size_t at = m_output.size();
        m_output.resize(at + 4);
        storeLe<std::uint32_t>(m_output, at, static_cast<std::uint32_t>(response.size()));
        m_output.insert(m_output.end(), response.begin(), response.end());
    }
    m_input.erase(m_input.begin(), m_input.begin() + static_cast<std::ptrdiff_t>(used));
    write();
}

} // namespace kastellan::sev
