// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QPalette>

#include <array>

namespace kastellan::ui {

/// What a colour says. Every use also says it in words or by a symbol: colour is never alone.
enum class Tone { Plain, Muted, Accent, Positive, Warning, Negative, Info, Emulated };
inline constexpr std::array allTones{
    Tone::Plain, Tone::Muted, Tone::Accent, Tone::Positive, Tone::Warning, Tone::Negative, Tone::Info, Tone::Emulated};

/// The colours of a tone: text is readable (WCAG AA, 4.5:1) on the page, on lists and on the tone's own fill.
struct ToneColors {
    QColor text, fill, line;
};

[[nodiscard]] ToneColors toneColors(Tone tone, bool dark);
[[nodiscard]] ToneColors toneColors(Tone tone, const QPalette &palette);
/// Whether a palette is a dark one.
[[nodiscard]] bool isDark(const QPalette &palette);
/// The program's own palettes, so that dark works where no desktop tells its colours.
[[nodiscard]] QPalette makePalette(bool dark);
/// Contrast of two opaque colours (WCAG 2.1, 1.4.3): 1 to 21.
[[nodiscard]] double contrast(const QColor &a, const QColor &b);

} // namespace kastellan::ui
