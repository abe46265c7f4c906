// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/emulator/guest_device.h"

#include "sev-backend/emulator/registers.h"

#include <linux/ioctl.h>
#include <linux/sev-guest.h>

#include <cerrno>
#include <thread>

namespace kastellan::sev {
namespace {

constexpr std::size_t certificatesLimit = 0x4000; // SEV_FW_BLOB_MAX_SIZE of the driver
constexpr std::uint64_t noFirmwareCall = ~std::uint64_t{0}; // SEV_RET_NO_FW_CALL

/// Whether a status is told inside of a message (MSG_REPORT_RSP, MSG_KEY_RSP); with others the firmware refuses the whole request.
bool insideMessage(FirmwareStatus status)
{
    return status == FirmwareStatus::Success || status == FirmwareStatus::InvalidParam || status == FirmwareStatus::InvalidKey;
}

std::uint64_t pagesFor(std::size_t size)
{
    return (size + pageSize - 1) / pageSize;
}

} // namespace

struct EmulatedGuestDevice::Call {
    snp_guest_request_ioctl request{};
    CallerMemory &memory;

    /// What the driver makes of the firmware's status for a whole request; 0: go on with the message.
    int outcome(FirmwareStatus status)
    {
        if (status == firmwareBusy) {
            request.exitinfo2 = std::uint64_t{SNP_GUEST_VMM_ERR_BUSY} << SNP_GUEST_VMM_ERR_SHIFT;
            return EAGAIN;
        }
        if (status == firmwareThrottled) {
            request.exitinfo2 = std::uint64_t{SNP_GUEST_VMM_ERR_BUSY} << SNP_GUEST_VMM_ERR_SHIFT;
            return ETIMEDOUT;
        }
        request.exitinfo2 = insideMessage(status) ? 0 : static_cast<std::uint64_t>(status);
        return insideMessage(status) ? 0 : EIO;
    }
};

EmulatedGuestDevice::EmulatedGuestDevice(std::shared_ptr<Processor> processor, GuestHandle guest)
    : m_processor(std::move(processor))
    , m_guest(guest)
{
}

Result<std::unique_ptr<EmulatedGuestDevice>> EmulatedGuestDevice::launch(std::shared_ptr<Processor> processor)
{
    KASTELLAN_ASSIGN(const GuestHandle guest, processor->launchStart(GuestPolicy()));
    auto device = std::make_unique<EmulatedGuestDevice>(std::move(processor), guest);
    device->m_launched = true; // from here on it goes with the device
    const Bytes page(pageSize);
    KASTELLAN_TRY(device->m_processor->launchUpdate(guest, PageType::Normal, 0, page));
    KASTELLAN_TRY(device->m_processor->launchFinish(guest, {}));
    return device;
}

EmulatedGuestDevice::~EmulatedGuestDevice()
{
    if (m_launched)
        static_cast<void>(m_processor->decommission(m_guest));
}

std::optional<std::uint64_t> EmulatedGuestDevice::msr(unsigned, std::uint32_t index) const
{
    return guestRegister(m_processor->profile(), index);
}

IoctlAnswer EmulatedGuestDevice::ioctl(std::uint64_t request, std::uint64_t argument, CallerMemory &memory, bool)
{
    Call call{{}, memory};
    auto &input = call.request;
    if (!memory.read(argument, {reinterpret_cast<std::uint8_t *>(&input), sizeof input}))
        return {EFAULT};
    input.exitinfo2 = noFirmwareCall;
    if (input.msg_version == 0)
        return {EINVAL};
    const std::lock_guard lock(m_mutex);
    if (m_disabled)
        return {ENOTTY};
    int error = ENOTTY;
    switch (static_cast<std::uint32_t>(request)) {
    case static_cast<std::uint32_t>(SNP_GET_REPORT):
        error = report(call);
        break;
    case static_cast<std::uint32_t>(SNP_GET_DERIVED_KEY):
        error = derivedKey(call);
        break;
    case static_cast<std::uint32_t>(SNP_GET_EXT_REPORT):
        error = extendedReport(call);
        break;
    default:
        break;
    }
    if (input.exitinfo2 != 0 && !memory.write(argument, {reinterpret_cast<const std::uint8_t *>(&input), sizeof input}))
        return {EFAULT};
    return {error};
}

void EmulatedGuestDevice::setPatience(std::chrono::milliseconds wait, std::chrono::milliseconds limit)
{
    const std::lock_guard lock(m_mutex);
    m_wait = wait;
    m_limit = limit;
}

template <typename Response>
Response EmulatedGuestDevice::patiently(const std::function<Response()> &ask)
{
    const auto begin = std::chrono::steady_clock::now();
    for (;;) {
        const Response response = ask();
        if (response.status != firmwareThrottled)
            return response;
        if (std::chrono::steady_clock::now() - begin > m_limit) {
            m_disabled = true;
            return response;
        }
        std::this_thread::sleep_for(m_wait); // as the driver does
    }
}

int EmulatedGuestDevice::report(Call &call)
{
    if (call.request.req_data == 0 || call.request.resp_data == 0)
        return EINVAL;
    std::array<std::uint8_t, ReportRequest::size> request{};
    if (!call.memory.read(call.request.req_data, request))
        return EFAULT;
    const auto response = patiently<ReportResponse>([&] { return m_processor->firmware().report(m_guest, request); });
    if (const int error = call.outcome(response.status))
        return error;
    return call.memory.write(call.request.resp_data, response.encode()) ? 0 : EFAULT;
}

int EmulatedGuestDevice::derivedKey(Call &call)
{
    if (call.request.req_data == 0 || call.request.resp_data == 0)
        return EINVAL;
    std::array<std::uint8_t, KeyRequest::size> request{};
    if (!call.memory.read(call.request.req_data, request))
        return EFAULT;
    const auto response = patiently<KeyResponse>([&] { return m_processor->firmware().derivedKey(m_guest, request); });
    if (const int error = call.outcome(response.status))
        return error;
    return call.memory.write(call.request.resp_data, response.encode()) ? 0 : EFAULT;
}

int EmulatedGuestDevice::extendedReport(Call &call)
{
    if (call.request.req_data == 0 || call.request.resp_data == 0)
        return EINVAL;
    snp_ext_report_req request{};
    if (!call.memory.read(call.request.req_data, {reinterpret_cast<std::uint8_t *>(&request), sizeof request}))
        return EFAULT;
    std::uint64_t pages = 0;
    if (request.certs_len != 0 && request.certs_address != 0) {
        if (request.certs_len > certificatesLimit || request.certs_len % pageSize != 0)
            return EINVAL;
        pages = request.certs_len / pageSize;
    }
    // The hypervisor looks at the space for its certificates before it asks the firmware; the driver then has to use up the message all
    // the same, without certificates, and says EIO.
    const auto table = m_processor->certificateTable();
    const std::uint64_t needed = table ? pagesFor(table->size()) : 0;
    const ByteView message(reinterpret_cast<const std::uint8_t *>(&request.data), ReportRequest::size);
    const auto response = patiently<ReportResponse>([&] { return m_processor->firmware().report(m_guest, message, true); });
    if (const int error = call.outcome(response.status))
        return error;
    if (pages < needed) {
        call.request.exitinfo2 = std::uint64_t{SNP_GUEST_VMM_ERR_INVALID_LEN} << SNP_GUEST_VMM_ERR_SHIFT;
        request.certs_len = static_cast<std::uint32_t>(needed * pageSize);
        const ByteView bytes(reinterpret_cast<const std::uint8_t *>(&request), sizeof request);
        return call.memory.write(call.request.req_data, bytes) ? EIO : EFAULT;
    }
    if (pages > 0) {
        Bytes certificates(pages * pageSize);
        std::ranges::copy(*table, certificates.begin());
        if (!call.memory.write(request.certs_address, certificates))
            return EFAULT;
    }
    return call.memory.write(call.request.resp_data, response.encode()) ? 0 : EFAULT;
}

std::expected<TsmReport, int> EmulatedGuestDevice::tsmReport(ByteView inblob, unsigned privLevel)
{
    if (inblob.size() != ReportData::size || privLevel > tsmPrivLevelMost)
        return std::unexpected(EINVAL);
    ReportRequest request;
    std::ranges::copy(inblob, request.reportData.bytes.begin());
    request.vmpl = privLevel;
    const std::lock_guard lock(m_mutex);
    if (m_disabled)
        return std::unexpected(ENOTTY);
    const auto message = request.encode();
    const auto response = patiently<ReportResponse>([&] { return m_processor->firmware().report(m_guest, message, true); });
    if (response.status == firmwareBusy || response.status == firmwareThrottled)
        return std::unexpected(response.status == firmwareBusy ? EAGAIN : ETIMEDOUT);
    const auto table = m_processor->certificateTable();
    if (response.status != FirmwareStatus::Success || !table || table->size() > certificatesLimit)
        return std::unexpected(EIO);
    return TsmReport{response.report, *table};
}

} // namespace kastellan::sev
