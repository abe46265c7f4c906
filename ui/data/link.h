// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QString>

#include <optional>

namespace kastellan::ui {

/// A place in the program: a page, what it shows, and which part of it. As text: "kastellan:keep/<id>/output".
struct Link {
    QString page, subject, part;
    bool operator==(const Link &) const = default;
};

[[nodiscard]] QString toText(const Link &link);
[[nodiscard]] std::optional<Link> linkFromText(const QString &text);

} // namespace kastellan::ui
