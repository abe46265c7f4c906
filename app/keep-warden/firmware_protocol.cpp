// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/firmware_protocol.h"

#include "core/base/codec.h"
#include "sev-backend/abi/guest_message.h"

namespace kastellan::warden::firmware {
namespace {

constexpr const char *what = "get a report from the firmware";
constexpr std::uint32_t getReport = 0;

} // namespace

Bytes question(const ReportData &data)
{
    sev::ReportRequest request;
    request.reportData = data;
    return Writer().number(getReport).raw(request.encode()).take();
}

Result<std::size_t> answerSize(ByteView head)
{
    const auto size = loadLe<std::uint32_t>(head, 0);
    if (size > sev::ReportResponse::size)
        return fail(ErrorKind::Negative, what, "its answer", "it claims to have " + std::to_string(size) + " bytes");
    return size;
}

Result<Bytes> report(ByteView answer)
{
    KASTELLAN_ASSIGN(auto response, sev::ReportResponse::decode(answer));
    if (response.status != sev::FirmwareStatus::Success)
        return fail(
            ErrorKind::Negative, what, {}, "it answered with status " + std::to_string(static_cast<std::uint32_t>(response.status)));
    // Whether it is about what was asked is for the owner to judge: a warden that withheld a wrong report would take the record of it away.
    return std::move(response.report);
}

} // namespace kastellan::warden::firmware
