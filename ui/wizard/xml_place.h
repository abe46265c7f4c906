// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <optional>

namespace kastellan::ui {

/// Why a text is no XML, and in which line (the first is 1).
struct XmlProblem {
    int line = 0;
    QString text;
};
/// Nothing where the text is well-formed.
[[nodiscard]] std::optional<XmlProblem> xmlProblem(const QString &xml);

/// The line that an error about an edited domain means: "…, offset 123" (bytes of UTF-8) or "…, <os>/<kernel>", an element below the root,
/// maybe with an attribute ("<cpu mode>"). An element that is not there: the line of the one that should hold it, else 1. 0: it names no
/// place.
[[nodiscard]] int lineOfPlace(const QString &xml, const QString &where);

} // namespace kastellan::ui
