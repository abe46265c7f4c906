// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/firmware_connection.h"

#include "core/base/codec.h"
#include "sev-backend/abi/guest_message.h"

#include <cerrno>

#include <poll.h>
#include <sys/socket.h>

namespace kastellan::warden {
namespace {

constexpr const char *what = "get a report from the firmware";
constexpr int patience = 20'000; // milliseconds without a byte
constexpr std::uint32_t getReport = 0;

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

Result<Bytes> FirmwareConnection::ask(ByteView request)
{
    KASTELLAN_TRY(write(Writer().number(getReport).raw(request).take()));
    std::array<std::uint8_t, 4> length{};
    KASTELLAN_TRY(read(length));
    const auto size = loadLe<std::uint32_t>(length, 0);
    if (size > sev::ReportResponse::size)
        return fail(ErrorKind::Negative, what, "its answer", "it claims to have " + std::to_string(size) + " bytes");
    Bytes response(size);
    KASTELLAN_TRY(read(response));
    return response;
}

Result<Bytes> FirmwareConnection::report(const ReportData &data)
{
    if (!m_stream)
        return environment(what, {}, "no firmware is connected", "The keep's loader has to serve it.");
    sev::ReportRequest request;
    request.reportData = data;
    auto answer = ask(request.encode());
    if (!answer) { // what would come next belongs to no question of ours
        m_stream.reset();
        return std::unexpected(std::move(answer).error());
    }
    KASTELLAN_ASSIGN(auto response, sev::ReportResponse::decode(*answer));
    if (response.status != sev::FirmwareStatus::Success)
        return fail(
            ErrorKind::Negative, what, {}, "it answered with status " + std::to_string(static_cast<std::uint32_t>(response.status)));
    // Whether it is about what was asked is for the owner to judge: a warden that withheld a wrong report would take the record of it away.
    return std::move(response.report);
}

} // namespace kastellan::warden
