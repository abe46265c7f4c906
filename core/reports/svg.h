// SPDX-License-Identifier: Apache-2.0
// Writes drawings as SVG Tiny 1.2, which Qt and every browser draw: shapes and text with attributes; no styles, no scripts, no links.
#pragma once

#include "core/reports/theme.h"

namespace kastellan::reports {

/// Text as it may stand in SVG or HTML, also inside of quotes; control characters are made visible.
[[nodiscard]] std::string escaped(std::string_view text);

enum class Symbol { Check, Cross, Warning, Dash };
[[nodiscard]] Symbol symbolOf(Tone tone);

struct TextStyle {
    double size = 13;
    std::string_view colour;
    bool bold = false;
    bool fixedPitch = false;
    enum class Anchor { Start, Middle, End } anchor = Anchor::Start;
};

class Svg {
public:
    explicit Svg(double width)
        : m_width(width)
    {
    }

    void rectangle(double x, double y, double width, double height, std::string_view fill, std::string_view stroke, double radius,
        bool dashed = false);
    void line(double x1, double y1, double x2, double y2, std::string_view stroke, double thickness);
    /// An arrow head that points down to (x, y).
    void arrowDown(double x, double y, std::string_view fill);
    /// `y` is the base line.
    void text(double x, double y, std::string_view text, const TextStyle &style);
    /// Wrapped lines, the first one's top at `y`. Yields the bottom of the last one.
    double paragraph(double x, double y, double width, std::string_view text, const TextStyle &style);
    /// A disc with a sign cut out, its centre at (x, y).
    void symbol(Symbol symbol, double x, double y, double radius, std::string_view disc, std::string_view sign);
    /// A rounded label with a symbol; its right edge at `right`, or its left edge at -right when `right` is negative. Yields its width.
    double pill(double right, double y, std::string_view text, const Shades &shades, Symbol symbol, std::string_view onLine);

    /// The whole drawing; `title` tells its content to who cannot see it.
    [[nodiscard]] std::string finish(double height, std::string_view title) const;
    [[nodiscard]] double width() const { return m_width; }

    static double lineHeight(double size) { return size * 1.4; }

private:
    double m_width;
    std::string m_body;
};

} // namespace kastellan::reports
