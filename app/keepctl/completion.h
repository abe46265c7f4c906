// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "app/keepctl/table.h"

namespace kastellan::keepctl {

/// What `keepctl --words` is asked for such a word: "hosts", "keeps", "records", "keys", "profiles"; empty for words that keepctl does not
/// know.
[[nodiscard]] std::string_view wordsKind(Word word);
/// The choices with blanks between.
[[nodiscard]] std::string joined(const std::vector<std::string_view> &choices);
/// Text between single quotes of a shell (or of fish, which wants another way out of them).
[[nodiscard]] std::string shellQuoted(std::string_view text);
[[nodiscard]] std::string fishQuoted(std::string_view text);

} // namespace kastellan::keepctl
