// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/presenter/guest_level.h"

#include "sev-backend/abi/firmware_status.h"

#include <cerrno>
#include <cstddef>
#include <optional>

#include <linux/sev-guest.h>
#include <sys/ioctl.h>

namespace kastellan::sev {
namespace {

template <typename T>
std::optional<T> load(CallerMemory &memory, std::uint64_t address)
{
    T value{};
    return memory.read(address, {reinterpret_cast<std::uint8_t *>(&value), sizeof value}) ? std::optional(value) : std::nullopt;
}

} // namespace

GuestAtLevel::GuestAtLevel(std::shared_ptr<EmulatedDevice> guest, std::uint32_t level)
    : m_guest(std::move(guest))
    , m_level(level)
{
}

IoctlAnswer GuestAtLevel::ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool writable)
{
    const bool key = request == SNP_GET_DERIVED_KEY;
    const auto asked = load<snp_guest_request_ioctl>(memory, argument);
    if (!asked || asked->msg_version == 0 || (!key && request != SNP_GET_REPORT && request != SNP_GET_EXT_REPORT))
        return m_guest->ioctl(request, argument, memory, writable);
    const std::size_t offset = key ? offsetof(snp_derived_key_req, vmpl) : offsetof(snp_report_req, vmpl);
    const auto level = load<std::uint32_t>(memory, asked->req_data + offset);
    if (!level || *level >= m_level)
        return m_guest->ioctl(request, argument, memory, writable);
    Bytes response(key ? sizeof(snp_derived_key_resp) : sizeof(snp_report_resp));
    storeLe(std::span(response), 0, static_cast<std::uint32_t>(FirmwareStatus::InvalidParam));
    snp_guest_request_ioctl answer = *asked;
    answer.exitinfo2 = 0;
    const ByteView whole{reinterpret_cast<const std::uint8_t *>(&answer), sizeof answer};
    return {memory.write(asked->resp_data, response) && memory.write(argument, whole) ? 0 : EFAULT};
}

} // namespace kastellan::sev
