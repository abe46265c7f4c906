// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/guest/guest_reports.h"

namespace kastellan::sev {

/// configfs-tsm of a guest's kernel, Linux 6.7 and later (Documentation/ABI/testing/configfs-tsm-report). Each report has a folder of its
/// own, which goes again; safe in several threads and beside other programs.
class GuestTsm final : public GuestReports {
public:
    [[nodiscard]] static Result<std::unique_ptr<GuestTsm>> open(
        const GuestPatience &patience = {}, const std::filesystem::path &folder = "/sys/kernel/config/tsm/report");

    [[nodiscard]] Result<GuestReport> report(const GuestQuestion &question, const std::stop_token &stop) override;
    [[nodiscard]] std::string name() const override { return "configfs-tsm"; }

private:
    GuestTsm(std::filesystem::path folder, const GuestPatience &patience);
    std::filesystem::path m_folder;
    GuestPatience m_patience;
};

} // namespace kastellan::sev
