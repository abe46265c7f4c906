// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/firmware_connection.h"

#include "app/keep-warden/firmware_protocol.h"

#include <array>
#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "get a report from the firmware";
constexpr int patience = 20'000; // milliseconds without a byte

} // namespace

void FirmwareConnection::attach(Fd stream)
{
    m_stream = std::move(stream);
}

Status FirmwareConnection::write(ByteView bytes)
{
    while (!bytes.empty()) {
        const ssize_t count = ::send(m_stream.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(what, "its connection", errno);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Status FirmwareConnection::read(std::span<std::uint8_t> target)
{
    while (!target.empty()) {
        pollfd wait{m_stream.get(), POLLIN, 0};
        const int ready = ::poll(&wait, 1, patience);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready == 0)
            return environment(what, "its connection", "it does not answer");
        const ssize_t count = ::recv(m_stream.get(), target.data(), target.size(), 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return systemError(what, "its connection", errno);
        if (count == 0)
            return environment(what, "its connection", "it was closed");
        target = target.subspan(static_cast<std::size_t>(count));
    }
    return {};
}

Result<Bytes> FirmwareConnection::ask(ByteView question)
{
    KASTELLAN_TRY(write(question));
    std::array<std::uint8_t, 4> head{};
    KASTELLAN_TRY(read(head));
    KASTELLAN_ASSIGN(const std::size_t size, firmware::answerSize(head));
    Bytes answer(size);
    KASTELLAN_TRY(read(answer));
    return answer;
}

Result<Bytes> FirmwareConnection::report(const ReportData &data)
{
    if (!m_stream)
        return environment(what, {}, "no firmware is connected", "The keep's loader has to serve it.");
    auto answer = ask(firmware::question(data));
    if (!answer) { // what would come next belongs to no question of ours
        m_stream.reset();
        return std::unexpected(std::move(answer).error());
    }
    return firmware::report(*answer);
}

} // namespace kastellan::warden
