// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keep-warden/report_source.h"
#include "sev-backend/guest/guest_reports.h"

#include <memory>

namespace kastellan::warden {

/// The firmware of the virtual machine that this keep is: /dev/sev-guest or configfs-tsm.
class GuestReportSource final : public ReportSource {
public:
    [[nodiscard]] static Result<std::unique_ptr<ReportSource>> open(sev::GuestWay way = sev::GuestWay::Any);
    [[nodiscard]] Result<Bytes> report(const ReportData &data) override;

private:
    explicit GuestReportSource(std::unique_ptr<sev::GuestReports> reports);
    std::unique_ptr<sev::GuestReports> m_reports;
};

} // namespace kastellan::warden
