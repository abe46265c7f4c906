// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/firmware_port.h"

#include "app/keep-warden/firmware_protocol.h"

#include <array>

namespace kastellan::warden {
namespace {

constexpr const char *what = "get a report from the firmware";
constexpr std::size_t staleLimit = 1024 * 1024; // nobody has that much to say unasked

std::unexpected<Error> silent()
{
    return environment(
        what, "its port", "nobody answers there", "The host has to serve the emulated firmware for as long as the keep runs.");
}

} // namespace

// An answer that came too late for an earlier question, or words of somebody who mistook the port.
Status FirmwarePort::discardStale()
{
    std::array<std::uint8_t, 4096> piece{};
    for (std::size_t sum = 0; sum < staleLimit;) {
        KASTELLAN_ASSIGN(const std::size_t count, m_port.read(piece));
        if (count == 0)
            return {};
        sum += count;
    }
    return environment(what, "its port", "it talks without being asked");
}

Status FirmwarePort::write(ByteView bytes)
{
    while (!bytes.empty()) {
        KASTELLAN_ASSIGN(const std::size_t count, m_port.write(bytes));
        if (count == 0 && !m_port.wait(m_patience))
            return silent();
        bytes = bytes.subspan(count);
    }
    return {};
}

Status FirmwarePort::read(std::span<std::uint8_t> target)
{
    while (!target.empty()) {
        KASTELLAN_ASSIGN(const std::size_t count, m_port.read(target));
        if (count == 0 && !m_port.wait(m_patience))
            return silent();
        target = target.subspan(count);
    }
    return {};
}

Result<Bytes> FirmwarePort::report(const ReportData &data)
{
    KASTELLAN_TRY(discardStale());
    KASTELLAN_TRY(write(firmware::question(data)));
    std::array<std::uint8_t, 4> head{};
    KASTELLAN_TRY(read(head));
    KASTELLAN_ASSIGN(const std::size_t size, firmware::answerSize(head));
    Bytes answer(size);
    KASTELLAN_TRY(read(answer));
    return firmware::report(answer);
}

} // namespace kastellan::warden
