// SPDX-License-Identifier: Apache-2.0
// Any bytes as a report request or response.
#include "sev-backend/abi/guest_message.h"

#include <algorithm>
#include <cstdlib>

using namespace kastellan;
using namespace kastellan::sev;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ByteView bytes(data, size);
    if (const auto request = ReportRequest::decode(bytes))
        if (!std::ranges::equal(request->encode(), bytes))
            std::abort();
    if (const auto response = ReportResponse::decode(bytes))
        if ((response->status == FirmwareStatus::Success) != (response->report.size() == ReportView::size))
            std::abort();
    return 0;
}
