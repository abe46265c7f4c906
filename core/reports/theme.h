// SPDX-License-Identifier: Apache-2.0
// Colours of drawings and pages. Every text colour has a contrast of at least 4.5 to 1 against the surfaces it stands on (WCAG 2.1 AA;
// tests/unit/core/reports computes it).
#pragma once

#include "core/reports/reports.h"

#include <string_view>

namespace kastellan::reports {

/// How something stands; never told by colour alone: a symbol and words go with it.
enum class Tone { Good, Bad, Warning, Neutral };

struct Shades {
    std::string_view surface; ///< behind the text
    std::string_view line; ///< border and filled symbol
    std::string_view text; ///< on the surface, and on the page
};

struct Theme {
    std::string_view page, card, border, text, muted, onLine;
    Shades good, bad, warning, neutral;
    Shades emulated; ///< the same as in the window, for what a software firmware made
    [[nodiscard]] const Shades &of(Tone tone) const;
};

[[nodiscard]] const Theme &theme(Palette palette);
[[nodiscard]] Tone toneOf(Outcome outcome, bool required);
[[nodiscard]] Tone toneOf(Verdict verdict);
[[nodiscard]] Tone toneOf(Layer::Mark mark);

} // namespace kastellan::reports
