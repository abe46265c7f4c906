// SPDX-License-Identifier: Apache-2.0
// Lines of text of a known width, without a font at hand: SVG does not wrap, and a drawing is made before anybody chose its font.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kastellan::reports {

/// An upper estimate of a text's width in the unit of `size`, for any usual sans-serif font, or a fixed-pitch one.
[[nodiscard]] double textWidth(std::string_view text, double size, bool fixedPitch = false, bool bold = false);
/// Breaks at spaces, and inside of words that are too long for a line. At least one line, none empty unless the text is.
[[nodiscard]] std::vector<std::string> wrapped(
    std::string_view text, double width, double size, bool fixedPitch = false, bool bold = false);

} // namespace kastellan::reports
