// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/logs/log_document.h"

#include <QFont>
#include <QPalette>
#include <QTextLayout>

#include <memory>

class QPainter;

namespace kastellan::ui {

/// Lays out and draws one line of a log: its mark, its time, its text in the colours of what it is.
class LogPainter {
public:
    static constexpr int margin = 16; ///< pixels at the left, where bookmarks are, and at the right

    void setLook(const QFont &font, const QPalette &palette);
    void setTimes(bool shown) { m_times = shown; }
    [[nodiscard]] int rowHeight() const { return m_height; }
    /// Where the text begins: behind the marks and the time.
    [[nodiscard]] int textLeft() const;

    struct Line {
        LogRow row;
        bool bookmarked = false, current = false;
        int selectedFrom = -1, selectedTo = -1; ///< columns; -1: nothing is selected. A `selectedTo` behind the text takes the line end too
        QRegularExpression searched;
    };
    /// The text in its place and its colours.
    [[nodiscard]] std::unique_ptr<QTextLayout> layout(const Line &line) const;
    /// Draws it with its left upper corner there; the whole width is `width`.
    void paint(QPainter &painter, const Line &line, const QTextLayout &layout, QPoint at, int width) const;
    /// The sign before lines of a stream, which says without colour where they come from.
    [[nodiscard]] static QString sign(LogEntry::Stream stream);
    /// What the sign means.
    [[nodiscard]] static QString meaning(LogEntry::Stream stream);

private:
    [[nodiscard]] QString timeText(qint64 at) const;
    [[nodiscard]] QColor colourOf(const LogRow &row) const;

    QFont m_font;
    QPalette m_palette;
    int m_height = 16, m_character = 8;
    bool m_times = false;
};

} // namespace kastellan::ui
