// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/plan.h"

#include <filesystem>

namespace kastellan::loader {

/// state.json of one keep: the status in memory and on disk, replaced whole at each change.
class StatusFile {
public:
    StatusFile(std::filesystem::path file, KeepStatus status);
    [[nodiscard]] const KeepStatus &get() const { return m_status; }
    [[nodiscard]] KeepStatus &edit() { return m_status; }
    /// Enters a state, if the state machine allows it, and saves.
    [[nodiscard]] Status enter(KeepState state, std::string reason);
    [[nodiscard]] Status save() const;

private:
    std::filesystem::path m_file;
    KeepStatus m_status;
};

} // namespace kastellan::loader
