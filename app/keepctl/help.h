// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/table.h"

#include <string>

namespace kastellan::keepctl {

/// `keepctl --help`, `keepctl NOUN --help`, `keepctl NOUN VERB --help`, as text of at most 100 columns.
[[nodiscard]] std::string helpText();
[[nodiscard]] std::string helpText(const Noun &noun);
[[nodiscard]] std::string helpText(const Noun &noun, const Verb &verb);
/// "keepctl keep stop [OPTION]... KEEP"
[[nodiscard]] std::string usageLine(const Noun &noun, const Verb &verb);
/// "-o, --output FILE"
[[nodiscard]] std::string optionLabel(const Option &option);
/// Breaks the text into lines of at most `width` columns, each indented by `indent` blanks but the first by what stands there already.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t indent, std::size_t width = 100);

} // namespace kastellan::keepctl
