// SPDX-License-Identifier: Apache-2.0
#include "sev-backend/guest/guest_reports.h"

#include "sev-backend/guest/guest_device.h"
#include "sev-backend/guest/guest_tsm.h"

namespace kastellan::sev {

Result<std::unique_ptr<GuestReports>> openGuestReports(GuestWay way, const GuestPatience &patience, const GuestPlaces &places)
{
    Error first;
    if (way != GuestWay::Tsm) {
        auto device = GuestDevice::open(patience, places.device);
        if (device)
            return std::unique_ptr<GuestReports>(std::move(*device));
        if (way == GuestWay::Device)
            return std::unexpected(std::move(device).error());
        first = std::move(device).error();
    }
    auto tsm = GuestTsm::open(patience, places.reports);
    if (tsm)
        return std::unique_ptr<GuestReports>(std::move(*tsm));
    if (way == GuestWay::Tsm)
        return std::unexpected(std::move(tsm).error());
    const Error &second = tsm.error();
    return environment("get attestation reports in this guest", {},
        first.where + ": " + first.why + "; " + second.where + ": " + second.why,
        first.remedy == second.remedy ? first.remedy : first.remedy + " " + second.remedy);
}

} // namespace kastellan::sev
