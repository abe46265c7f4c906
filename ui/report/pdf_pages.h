// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QColor>
#include <QFont>
#include <QList>
#include <QPainter>
#include <QPdfWriter>
#include <QString>

#include <functional>
#include <optional>

namespace kastellan::ui {

/// Blocks laid out on pages, drawn when all are known, so that each page can say how many there are. Lengths are points (1/72 inch).
class PdfPages {
public:
    /// Draws at a top left corner, in points.
    using Draw = std::function<void(QPainter &, QPointF)>;

    explicit PdfPages(QPdfWriter &writer);

    [[nodiscard]] qreal width() const { return m_width; }
    [[nodiscard]] qreal left() const { return m_height - m_y; } ///< height that is left on this page
    /// A block; it goes to a new page when it does not fit. `with`: height that has to fit below it as well.
    void add(qreal height, Draw draw, qreal with = 0);
    void space(qreal height) { m_y = std::min(m_height, m_y + height); }
    void newPage();
    /// Text from the left margin plus `indent`, wrapped anywhere if need be.
    void text(const QString &text, const QFont &font, const QColor &color, qreal indent = 0, qreal with = 0);
    /// Repeated at the top of a page for as long as it is set.
    void setTableHeader(std::optional<std::pair<qreal, Draw>> header) { m_tableHeader = std::move(header); }

    [[nodiscard]] qreal textHeight(const QString &text, const QFont &font, qreal width) const;
    static void drawText(QPainter &painter, const QRectF &rect, const QString &text, const QFont &font, const QColor &color,
        Qt::Alignment alignment = Qt::AlignLeft);
    [[nodiscard]] static QFont font(qreal points, bool strong = false, bool code = false);

    /// Draws all pages with `frame(painter, page, pages)` around each.
    void draw(const std::function<void(QPainter &, int, int)> &frame) const;

    static constexpr qreal margin = 46, top = 40, bottom = 36;

private:
    struct Placed {
        qreal y;
        Draw draw;
    };
    QPdfWriter &m_writer;
    qreal m_width, m_height, m_y = 0;
    QList<QList<Placed>> m_pages{{}};
    std::optional<std::pair<qreal, Draw>> m_tableHeader;
};

} // namespace kastellan::ui
