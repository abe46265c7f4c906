// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <string>
#include <vector>

namespace kastellan::keepctl {

/// A file made from the table.
struct Generated {
    std::string name; ///< file name, in the folder where its kind belongs
    std::string content;
};

/// keepctl.1, and keepctl-NOUN.1 for each noun (man(7)).
[[nodiscard]] std::vector<Generated> manPages();
/// Completions: bash (complete -F), zsh (#compdef), fish (complete -c). Ids are asked of keepctl itself when Tab is pressed.
[[nodiscard]] Generated bashCompletion();
[[nodiscard]] Generated zshCompletion();
[[nodiscard]] Generated fishCompletion();
/// The reference part of docs/command-line.md.
[[nodiscard]] Generated markdown();

/// What `keepctl --generate KIND` writes: man, bash, zsh, fish or markdown; another kind is an Input error.
[[nodiscard]] Result<std::vector<Generated>> generate(const std::string &kind);

} // namespace kastellan::keepctl
