// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <filesystem>
#include <vector>

namespace kastellan::ui {

/// An example workload that came with the program.
struct Example {
    QString path, name, text;
};

/// The folders in `folder` that hold a workload, the first to try first; `text` says what it does, where we know. Reads the folder: not for
/// the GUI thread.
[[nodiscard]] std::vector<Example> findExamples(const std::filesystem::path &folder);

} // namespace kastellan::ui
