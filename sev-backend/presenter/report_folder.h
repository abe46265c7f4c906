// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::sev {

/// A file of a report in configfs (Documentation/ABI/testing/configfs-tsm-report).
struct ReportAttribute {
    enum class Id { InBlob, OutBlob, AuxBlob, Provider, Generation, PrivilegeLevel, PrivilegeFloor };
    Id id;
    std::string_view name;
    bool readable, writable;
};
[[nodiscard]] std::span<const ReportAttribute> reportAttributes();
[[nodiscard]] const ReportAttribute *findReportAttribute(std::string_view name);

/// A report, and the table of the certificates behind it.
struct ReportBlobs {
    Bytes report, certificates;
};
/// Makes report and certificates for a request at a privilege level, or says which errno reading them yields.
using ReportFirmware = std::function<std::expected<ReportBlobs, int>(ByteView request, unsigned level)>;

/// /sys/kernel/config/tsm/report of a guest: folders that programs make, each with a request and its report, as Linux's driver has it
/// (drivers/virt/coco/guest/report.c), on top of the emulated firmware. Numbers that are returned are errno. Safe in several threads.
class ReportFolder {
public:
    ReportFolder(ReportFirmware firmware, std::uint32_t privilegeFloor);

    [[nodiscard]] int make(const std::string &name);
    [[nodiscard]] int remove(const std::string &name);
    [[nodiscard]] bool exists(const std::string &name) const;
    [[nodiscard]] std::vector<std::string> names() const;

    /// The whole content. Of outblob and auxblob: asks the firmware when the request has changed since.
    [[nodiscard]] std::expected<Bytes, int> read(const std::string &name, ReportAttribute::Id attribute);
    /// `append`: behind what was written through the same descriptor.
    [[nodiscard]] int write(const std::string &name, ReportAttribute::Id attribute, ByteView bytes, bool append);

private:
    struct Report {
        std::mutex asking; ///< one question to the firmware at a time
        Bytes inBlob;
        std::optional<std::uint32_t> privilegeLevel;
        std::uint64_t written = 0, answered = 0; ///< generations
        Bytes outBlob, auxBlob;
    };
    [[nodiscard]] std::shared_ptr<Report> find(const std::string &name) const;
    [[nodiscard]] int refresh(Report &report);

    ReportFirmware m_firmware;
    std::uint32_t m_floor;
    mutable std::mutex m_mutex;
    std::map<std::string, std::shared_ptr<Report>> m_reports;
};

} // namespace kastellan::sev
