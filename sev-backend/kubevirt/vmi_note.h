// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <filesystem>
#include <string>

namespace kastellan::sev::kubevirt {

/// What a keep's folder remembers of its machine in a cluster, so that it can be found again and taken away.
struct VmiNote {
    std::string name;
    std::string uid; ///< empty: it was asked for, and no answer came
};

/// Its file there, written before anything is asked of the cluster and removed after all of it is gone.
inline constexpr const char *vmiNoteFile = "cluster.json";
[[nodiscard]] Status saveVmiNote(const std::filesystem::path &folder, const VmiNote &note);
/// Bounded; a name that we do not give is an error.
[[nodiscard]] Result<VmiNote> loadVmiNote(const std::filesystem::path &folder);

} // namespace kastellan::sev::kubevirt
