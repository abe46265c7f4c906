// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/theme/tones.h"

#include <QIcon>
#include <QPixmap>
#include <QString>

#include <optional>

namespace kastellan::ui {

/// A symbolic icon of resources/icons by its name ("play"), drawn in the palette's colours, or in those of a tone, at any size and
/// scale. It follows the palette as that changes. An unknown name is an empty icon.
[[nodiscard]] QIcon icon(const QString &name, std::optional<Tone> tone = {});
/// Paints one symbol in one colour.
void paintSymbol(QPainter &painter, const QString &name, const QRectF &rect, const QColor &color);
/// The program's own icon, in its colours: at a logical size and a scale, or as an icon of the usual sizes.
[[nodiscard]] QPixmap programPicture(int side, qreal scale);
[[nodiscard]] QIcon programIcon();

} // namespace kastellan::ui
