// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/abi/guest_message.h"

#include <algorithm>

namespace kastellan::sev {

std::array<std::uint8_t, ReportRequest::size> ReportRequest::encode() const
{
    std::array<std::uint8_t, size> bytes{};
    std::ranges::copy(reportData.bytes, bytes.begin());
    storeLe<std::uint32_t>(bytes, 0x40, vmpl);
    storeLe<std::uint32_t>(bytes, 0x44, static_cast<std::uint32_t>(key));
    return bytes;
}

Result<ReportRequest> ReportRequest::decode(ByteView bytes)
{
    constexpr const char *what = "read a report request";
    if (bytes.size() != size)
        return badInput(what, {}, "it has " + std::to_string(bytes.size()) + " bytes, and a request has 96");
    ReportRequest request;
    std::memcpy(request.reportData.bytes.data(), bytes.data(), ReportData::size);
    request.vmpl = loadLe<std::uint32_t>(bytes, 0x40);
    if (request.vmpl > 3)
        return badInput(what, "offset 0x40", "VMPL " + std::to_string(request.vmpl) + " does not exist; it is 0 to 3");
    const auto key = loadLe<std::uint32_t>(bytes, 0x44);
    if (key > 2)
        return badInput(what, "offset 0x44", "the key selection " + std::to_string(key) + " does not exist");
    request.key = static_cast<Key>(key);
    for (std::size_t offset = 0x48; offset < size; ++offset)
        if (bytes[offset] != 0)
            return badInput(what, "offset " + std::to_string(offset), "a reserved byte is set");
    return request;
}

Bytes ReportResponse::encode() const
{
    Bytes bytes(size);
    storeLe<std::uint32_t>(bytes, 0, static_cast<std::uint32_t>(status));
    if (status == FirmwareStatus::Success) {
        storeLe<std::uint32_t>(bytes, 4, static_cast<std::uint32_t>(report.size()));
        const std::size_t length = std::min(report.size(), size - reportOffset);
        std::copy_n(report.begin(), length, bytes.begin() + reportOffset);
    }
    return bytes;
}

Result<ReportResponse> ReportResponse::decode(ByteView bytes)
{
    constexpr const char *what = "read a report response";
    if (bytes.size() < reportOffset)
        return badInput(what, {}, "it has " + std::to_string(bytes.size()) + " bytes, and its head alone has 32");
    ReportResponse response;
    response.status = static_cast<FirmwareStatus>(loadLe<std::uint32_t>(bytes, 0));
    if (response.status != FirmwareStatus::Success)
        return response;
    const auto length = loadLe<std::uint32_t>(bytes, 4);
    if (length != ReportView::size)
        return badInput(what, "offset 4", "it announces a report of " + std::to_string(length) + " bytes, and a report has 1184");
    if (bytes.size() - reportOffset < length)
        return badInput(what, {}, "it ends within the report: it has " + std::to_string(bytes.size()) + " bytes");
    response.report = toBytes(bytes.subspan(reportOffset, length));
    return response;
}

} // namespace kastellan::sev
