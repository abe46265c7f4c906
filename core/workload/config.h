// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/workload/toml.h"
#include "core/workload/workload.h"

namespace kastellan::workload {

/// What is wrong with a value of a configuration, and which.
struct ConfigProblem {
    std::vector<std::string> path; ///< keys from the top: {"limits", "memory"}
    std::optional<std::size_t> index; ///< in a list
    std::string why, remedy;
};
/// The first value that no configuration may have, wherever it came from.
[[nodiscard]] std::optional<ConfigProblem> firstProblem(const KeepConfig &config);
/// The same for a configuration that was read from `top`: an error that names the line.
[[nodiscard]] Status checkAgainst(const KeepConfig &config, const TomlTable &top);

/// Reads `env`, which Keep.toml and Enarx.toml share: a table of strings.
[[nodiscard]] Status readEnvironment(const TomlTable &top, std::map<std::string, std::string> &target);

} // namespace kastellan::workload
