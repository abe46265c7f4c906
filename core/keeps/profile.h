// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/keeps/planner.h"

namespace kastellan {

/// A launch that can be asked for again: everything but the secrets themselves.
struct LaunchProfile {
    std::string name;
    LaunchRequest request; ///< its paths are absolute
    std::map<std::string, std::string> secretFiles; ///< where each of request.secretNames is read from, absolute; a name without a file
                                                    ///< has to be given at each launch
    std::int64_t saved = 0; ///< Unix seconds
};

/// The launch profiles of this user: one file each, dataFolder()/profiles/NAME.json (docs/json.md), written atomically, mode 0600.
namespace profiles {

/// Letters, digits, '.', '_' and '-', at most 64, the first a letter or digit.
[[nodiscard]] bool isName(std::string_view name);
/// Those that can be read, by name; `problems` gets the others' errors.
[[nodiscard]] Result<std::vector<LaunchProfile>> list(std::vector<Error> *problems = nullptr);
/// By its name, or from the file that a text with a '/' names. No such profile: an Input error that lists those that there are.
[[nodiscard]] Result<LaunchProfile> load(const std::string &nameOrFile);
/// Checks name, workload and paths. One that exists is replaced only if `replace`.
[[nodiscard]] Status save(LaunchProfile profile, bool replace);
[[nodiscard]] Status remove(const std::string &name);

/// The profile's file, and back. An unknown member is an Input error that names it.
[[nodiscard]] std::string toJson(const LaunchProfile &profile);
[[nodiscard]] Result<LaunchProfile> fromJson(std::string_view json, const std::string &where);

} // namespace profiles
} // namespace kastellan
