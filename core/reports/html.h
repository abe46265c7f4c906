// SPDX-License-Identifier: Apache-2.0
// The parts of the page that recordHtml makes. Every text that comes from a record goes through escaped(). Private to core/reports.
#pragma once

#include "core/reports/svg.h"
#include "core/reports/words.h"

namespace kastellan::reports {

/// What the page is made from.
struct Page {
    const Record &record;
    const EvidenceView &view;
    const Appraisal *recomputed = nullptr;
};

/// A symbol as inline SVG, `size` in px.
[[nodiscard]] std::string inlineSymbol(Tone tone, unsigned size);
/// A rounded label with a symbol: state in sign, words and colour.
[[nodiscard]] std::string badge(Tone tone, std::string_view text);
[[nodiscard]] std::string toneClass(Tone tone);
/// A value: digests and other hex in a fixed pitch. Where `other` is of the same length, what differs from it is marked.
[[nodiscard]] std::string valueCell(std::string_view value, std::string_view other = {});
[[nodiscard]] std::string heading(std::string_view id, std::string_view text);

[[nodiscard]] std::string styleSheet();
[[nodiscard]] std::string verdictSection(const Page &page);
[[nodiscard]] std::string findingsSection(const Page &page);
[[nodiscard]] std::string chainSection(const Page &page);
[[nodiscard]] std::string layersSection(const Page &page);
[[nodiscard]] std::string tcbSection(const Page &page);
[[nodiscard]] std::string fieldsSection(const Page &page);
[[nodiscard]] std::string bindingSection(const Page &page);
[[nodiscard]] std::string planSection(const Page &page);
[[nodiscard]] std::string rawSection(const Page &page);

} // namespace kastellan::reports
