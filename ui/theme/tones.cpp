// SPDX-License-Identifier: Apache-2.0
#include "ui/theme/tones.h"

#include <cmath>

namespace kastellan::ui {

namespace {

QColor hex(QRgb value)
{
    return QColor::fromRgb(0xff000000u | value);
}

ToneColors light(Tone tone)
{
    switch (tone) {
    case Tone::Plain:
        return {hex(0x1b1f27), hex(0xeef0f4), hex(0xd5dae2)};
    case Tone::Muted:
        return {hex(0x586172), hex(0xeef0f4), hex(0xd5dae2)};
    case Tone::Accent:
        return {hex(0x2355bd), hex(0xe8eefb), hex(0xa9c0ee)};
    case Tone::Positive:
        return {hex(0x116a38), hex(0xe4f4ea), hex(0x9fd3b3)};
    case Tone::Warning:
        return {hex(0x855000), hex(0xfdf1dc), hex(0xebc98c)};
    case Tone::Negative:
        return {hex(0xab1d22), hex(0xfdeaea), hex(0xefb0b0)};
    case Tone::Info:
        return {hex(0x1d5a9c), hex(0xe7f1fb), hex(0xa8cdee)};
    case Tone::Emulated:
        return {hex(0x6a3aa2), hex(0xf2ebfb), hex(0xcdb4ea)};
    }
    return {};
}

ToneColors dark(Tone tone)
{
    switch (tone) {
    case Tone::Plain:
        return {hex(0xe6e9ef), hex(0x2a2f38), hex(0x3b424e)};
    case Tone::Muted:
        return {hex(0xa3adbc), hex(0x2a2f38), hex(0x3b424e)};
    case Tone::Accent:
        return {hex(0x8db4ff), hex(0x1e2c48), hex(0x3d5c96)};
    case Tone::Positive:
        return {hex(0x74d39b), hex(0x17321f), hex(0x2f6644)};
    case Tone::Warning:
        return {hex(0xf0b95f), hex(0x362a12), hex(0x735726)};
    case Tone::Negative:
        return {hex(0xff9a95), hex(0x3d1c1e), hex(0x84393b)};
    case Tone::Info:
        return {hex(0x8cbdf5), hex(0x17293d), hex(0x315a83)};
    case Tone::Emulated:
        return {hex(0xc9abf7), hex(0x2c2140), hex(0x5d4588)};
    }
    return {};
}

double luminance(const QColor &color)
{
    const auto part = [](double value) { return value <= 0.04045 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); };
    return 0.2126 * part(color.redF()) + 0.7152 * part(color.greenF()) + 0.0722 * part(color.blueF());
}

} // namespace

ToneColors toneColors(Tone tone, bool isDarkPalette)
{
    return isDarkPalette ? dark(tone) : light(tone);
}

ToneColors toneColors(Tone tone, const QPalette &palette)
{
    return toneColors(tone, isDark(palette));
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Active, QPalette::Window).lightness() < 128;
}

double contrast(const QColor &a, const QColor &b)
{
    const double first = luminance(a), second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QPalette makePalette(bool isDarkPalette)
{
    const auto pick = [&](QRgb lightValue, QRgb darkValue) { return hex(isDarkPalette ? darkValue : lightValue); };
    const QColor text = pick(0x1b1f27, 0xe6e9ef), window = pick(0xf5f6f9, 0x1c2027), base = pick(0xffffff, 0x15181d);
    QPalette palette;
    palette.setColor(QPalette::Window, window);
    palette.setColor(QPalette::WindowText, text);
    palette.setColor(QPalette::Base, base);
    palette.setColor(QPalette::AlternateBase, pick(0xf8f9fb, 0x1a1d23));
    palette.setColor(QPalette::Text, text);
    palette.setColor(QPalette::Button, pick(0xffffff, 0x2a2f38));
    palette.setColor(QPalette::ButtonText, text);
    palette.setColor(QPalette::BrightText, pick(0xffffff, 0xffffff));
    palette.setColor(QPalette::ToolTipBase, pick(0x2a2f38, 0x343b46));
    palette.setColor(QPalette::ToolTipText, pick(0xf4f6f9, 0xf4f6f9));
    palette.setColor(QPalette::PlaceholderText, pick(0x667083, 0x96a1b2));
    palette.setColor(QPalette::Highlight, pick(0x2a5fcc, 0x3563b8));
    palette.setColor(QPalette::HighlightedText, hex(0xffffff));
    palette.setColor(QPalette::Accent, pick(0x2a5fcc, 0x3563b8));
    palette.setColor(QPalette::Link, toneColors(Tone::Accent, isDarkPalette).text);
    palette.setColor(QPalette::LinkVisited, toneColors(Tone::Emulated, isDarkPalette).text);
    palette.setColor(QPalette::Light, pick(0xffffff, 0x343a45));
    palette.setColor(QPalette::Midlight, pick(0xebeef3, 0x2d333d));
    palette.setColor(QPalette::Mid, pick(0xd5dae2, 0x3b424e));
    palette.setColor(QPalette::Dark, pick(0xaab2bf, 0x565f6d));
    palette.setColor(QPalette::Shadow, pick(0x8a93a3, 0x0c0e11));
    const QColor disabled = pick(0x757e8e, 0x7d8797);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Disabled, role, disabled);
    palette.setColor(QPalette::Disabled, QPalette::Button, window);
    palette.setColor(QPalette::Disabled, QPalette::Base, window);
    palette.setColor(QPalette::Disabled, QPalette::Highlight, palette.color(QPalette::Mid));
    palette.setColor(QPalette::Disabled, QPalette::HighlightedText, text);
    return palette;
}

} // namespace kastellan::ui
