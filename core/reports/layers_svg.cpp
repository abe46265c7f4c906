// SPDX-License-Identifier: Apache-2.0
#include "core/reports/svg.h"
#include "core/reports/text_layout.h"
#include "core/reports/words.h"

#include <algorithm>

namespace kastellan {

using namespace reports;

namespace {

constexpr double margin = 1;
constexpr double padding = 12;
constexpr double above = 8;
constexpr double gap = 5;
constexpr double pillColumn = 168;
constexpr double narrow = 430; ///< below it the marks stand under the names
constexpr double nameSize = 14;
constexpr double detailSize = 12;

Symbol symbolFor(Layer::Mark mark)
{
    return mark == Layer::Mark::ShutOut ? Symbol::Cross : symbolOf(toneOf(mark));
}

/// The owner stands beside the name where both fit in a line, and with the detail otherwise.
bool ownerBeside(const Layer &layer, double textColumn)
{
    return textWidth(capitalized(layer.name), nameSize, false, true) + 10 + textWidth(layer.owner, detailSize) <= textColumn;
}

std::string detailOf(const Layer &layer, double textColumn)
{
    if (ownerBeside(layer, textColumn))
        return layer.detail;
    return layer.owner + (layer.detail.empty() ? "" : " · " + layer.detail);
}

double rowHeight(const Layer &layer, double textColumn, bool pillBelow)
{
    const auto lines = [&](std::string_view text) {
        return static_cast<double>(wrapped(text, textColumn, detailSize).size()) * Svg::lineHeight(detailSize);
    };
    const std::string detail = detailOf(layer, textColumn);
    const double name =
        static_cast<double>(wrapped(capitalized(layer.name), textColumn, nameSize, false, true).size()) * Svg::lineHeight(nameSize);
    return 2 * above + name + (detail.empty() ? 0 : lines(detail)) + 1 + lines(layer.why) + (pillBelow ? 30 : 0);
}

void drawRow(Svg &svg, const Theme &theme, const Layer &layer, double y, double height, double textColumn, bool pillBelow)
{
    const auto &shades = theme.of(toneOf(layer.mark));
    const bool out = layer.mark == Layer::Mark::ShutOut;
    svg.rectangle(margin, y, svg.width() - 2 * margin, height, out ? theme.page : shades.surface, out ? theme.border : shades.line, 8, out);
    const double x = margin + padding;
    const std::string title = capitalized(layer.name);
    if (ownerBeside(layer, textColumn))
        svg.text(x + textWidth(title, nameSize, false, true) + 10, y + above + nameSize * 1.05, layer.owner,
            {.size = detailSize, .colour = theme.muted});
    double line =
        svg.paragraph(x, y + above, textColumn, title, {.size = nameSize, .colour = out ? theme.muted : theme.text, .bold = true});
    if (const std::string detail = detailOf(layer, textColumn); !detail.empty())
        line = svg.paragraph(x, line, textColumn, detail, {.size = detailSize, .colour = theme.muted});
    line = svg.paragraph(x, line + 1, textColumn, layer.why, {.size = detailSize, .colour = out ? theme.muted : theme.text});
    const Shades pill = {theme.card, shades.line, shades.text};
    svg.pill(pillBelow ? -x : svg.width() - margin - padding, pillBelow ? line + 4 : y + above + 2, name(layer.mark), pill,
        symbolFor(layer.mark), theme.onLine);
}

struct LegendEntry {
    Layer::Mark mark;
    const char *text;
};
constexpr LegendEntry legend[] = {
    {Layer::Mark::Verified, "proven by this evidence: no need to take anybody's word for it"},
    {Layer::Mark::ShutOut, "can neither read nor change the keep; need not be trusted"},
    {Layer::Mark::MustTrust, "can read or change the keep, or nothing proves that it cannot"},
};

double drawLegend(Svg &svg, const Theme &theme, double y)
{
    y += 10;
    for (const auto &entry : legend) {
        const auto &shades = theme.of(toneOf(entry.mark));
        svg.symbol(symbolFor(entry.mark), margin + 9, y + 9, 8, shades.line, theme.onLine);
        const std::string text = std::string(name(entry.mark)) + ": " + entry.text;
        y = svg.paragraph(margin + 24, y + 1, svg.width() - margin - 28, capitalized(text), {.size = 11.5, .colour = theme.muted}) + 4;
    }
    return y;
}

} // namespace

std::string layersSvg(const std::vector<Layer> &layers, bool emulated, Palette palette, unsigned width)
{
    constexpr unsigned narrowest = 240;
    const Theme &colours = theme(palette);
    Svg svg(std::max(width, narrowest));
    const bool pillBelow = svg.width() < narrow;
    const double textColumn = svg.width() - 2 * margin - 2 * padding - (pillBelow ? 0 : pillColumn);
    double y = margin;
    std::string title = emulated ? "Layers of an emulated keep, from top to bottom" : "Layers of the keep, from top to bottom";
    if (emulated) {
        const std::string text = "EMULATED: " + std::string(emulatedSentence);
        const double inner = svg.width() - 2 * margin - 2 * padding - 26;
        const double height = 2 * 9 + Svg::lineHeight(12.5) * static_cast<double>(wrapped(text, inner, 12.5, false, true).size());
        svg.rectangle(margin, y, svg.width() - 2 * margin, height, colours.emulated.surface, colours.emulated.line, 8);
        svg.symbol(Symbol::Warning, margin + padding + 8, y + 18, 8.5, colours.emulated.line, colours.onLine);
        svg.paragraph(margin + padding + 26, y + 9, inner, text, {.size = 12.5, .colour = colours.emulated.text, .bold = true});
        y += height + gap + 3;
    }
    for (const auto &layer : layers) {
        const double height = rowHeight(layer, textColumn, pillBelow);
        drawRow(svg, colours, layer, y, height, textColumn, pillBelow);
        y += height + gap;
        title += "; " + layer.name + ": " + std::string(name(layer.mark));
    }
    y = drawLegend(svg, colours, y);
    return svg.finish(y + margin, title);
}

} // namespace kastellan
