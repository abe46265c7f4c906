// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sev-backend/emulator/devices.h"
#include "sev-backend/presenter/report_folder.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace kastellan::sev {

/// A file or a folder that a program sees and that is not there.
struct Node {
    enum class Kind { Folder, Device, Registers, Attribute };
    Kind kind = Kind::Folder;
    std::string path; ///< absolute, without links
    std::shared_ptr<EmulatedDevice> device; ///< of a Device
    unsigned minor = 0; ///< of a device file; of Registers the processor's number
    std::string report; ///< of an Attribute, and of a report's folder
    const ReportAttribute *attribute = nullptr;
};

/// Which paths are emulated, and what they are: /dev/sev, /dev/cpu/N/msr, and in a guest /dev/sev-guest and
/// /sys/kernel/config/tsm/report. Safe in several threads.
class Tree {
public:
    /// `sev`, `guest` and `reports` may be null: then their files are not there.
    Tree(std::shared_ptr<EmulatedDevice> sev, std::shared_ptr<EmulatedDevice> guest, std::unique_ptr<ReportFolder> reports,
        unsigned processors);

    /// An absolute path without links; nothing when the path is none of ours.
    [[nodiscard]] std::optional<Node> find(const std::string &path) const;
    /// Names in a folder of ours.
    [[nodiscard]] std::vector<std::string> list(const Node &folder) const;
    /// The reports of a guest; null without one.
    [[nodiscard]] ReportFolder *reports() const { return m_reports.get(); }
    /// The name in the folder of reports that the path is, empty when it is none.
    [[nodiscard]] static std::string reportName(const std::string &path);

private:
    std::shared_ptr<EmulatedDevice> m_sev, m_guest;
    unsigned m_processors;
    std::unique_ptr<ReportFolder> m_reports;
};

} // namespace kastellan::sev
