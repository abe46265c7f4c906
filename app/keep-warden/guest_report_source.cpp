// SPDX-License-Identifier: Apache-2.0
#include "app/keep-warden/guest_report_source.h"

namespace kastellan::warden {

GuestReportSource::GuestReportSource(std::unique_ptr<sev::GuestReports> reports)
    : m_reports(std::move(reports))
{
}

Result<std::unique_ptr<ReportSource>> GuestReportSource::open(sev::GuestWay way)
{
    KASTELLAN_ASSIGN(auto reports, sev::openGuestReports(way));
    return std::unique_ptr<ReportSource>(new GuestReportSource(std::move(reports)));
}

Result<Bytes> GuestReportSource::report(const ReportData &data)
{
    KASTELLAN_ASSIGN(auto answer, m_reports->report({.data = data, .vmpl = 0, .certificates = false}, {}));
    return std::move(answer.report);
}

} // namespace kastellan::warden
