// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/bytes.h"

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace kastellan::workload {

/// Text from a file, fit for a message: control characters and bytes that are not UTF-8 are shown as \xNN, and what is too long is cut.
[[nodiscard]] std::string shown(std::string_view text, std::size_t limit = 100);
/// Whether the text is well-formed UTF-8 (RFC 3629: no surrogates, nothing overlong).
[[nodiscard]] bool isUtf8(std::string_view text);
/// The candidate that `word` was probably meant to be (edit distance, transpositions count once); empty if none is near.
[[nodiscard]] std::string_view nearest(std::string_view word, const std::vector<std::string_view> &candidates);

} // namespace kastellan::workload
