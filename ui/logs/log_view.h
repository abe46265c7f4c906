// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/logs/log_document.h"

#include <QAbstractScrollArea>
#include <QSet>

#include <memory>

namespace kastellan::ui {

class LogPainter;

/// Draws a log's lines: those that are seen, and no others, so that its size does not matter. Text is selected by mouse and keyboard as in
/// an editor; lines can be marked.
class LogView : public QAbstractScrollArea {
    Q_OBJECT

public:
    explicit LogView(const QString &accessibleName, QWidget *parent = nullptr);
    ~LogView() override;
    /// Not owned; null: none.
    void setDocument(LogDocument *document);
    [[nodiscard]] LogDocument *document() const { return m_document; }

    void setFollowing(bool following);
    [[nodiscard]] bool isFollowing() const { return m_following; }
    void setTimes(bool shown);
    /// What is highlighted wherever it is seen; empty: nothing.
    void setSearched(const QRegularExpression &pattern);
    /// Scrolls there, and puts the cursor on it.
    void goTo(qint64 row);
    [[nodiscard]] qint64 currentRow() const { return m_caret.row; }
    [[nodiscard]] qint64 firstVisibleRow() const;
    [[nodiscard]] int visibleRows() const;

    [[nodiscard]] bool hasSelection() const { return m_caret != m_anchor; }
    /// The selected text, lines as they are shown; at most `most` lines.
    [[nodiscard]] QString selectedText(qint64 most = 1'000'000) const;
    void selectAll();
    void copy();

    void toggleBookmark();
    /// Moves to the next (previous) marked line; false when there is none.
    bool goToBookmark(bool backward);
    [[nodiscard]] int bookmarks() const { return static_cast<int>(m_bookmarks.size()); }

Q_SIGNALS:
    void followingChanged(bool following);
    void currentRowChanged(qint64 row);
    void bookmarksChanged();
    /// One line for the status bar.
    void said(const QString &text);

protected:
    void paintEvent(QPaintEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void keyPressEvent(QKeyEvent *event) override;
    void mousePressEvent(QMouseEvent *event) override;
    void mouseMoveEvent(QMouseEvent *event) override;
    void mouseReleaseEvent(QMouseEvent *event) override;
    void mouseDoubleClickEvent(QMouseEvent *event) override;
    void contextMenuEvent(QContextMenuEvent *event) override;
    void changeEvent(QEvent *event) override;
    void scrollContentsBy(int dx, int dy) override;
    bool viewportEvent(QEvent *event) override;

private:
    struct Place {
        qint64 row = 0;
        int column = 0;
        auto operator<=>(const Place &) const = default;
    };
    void grew();
    void reset();
    void arrange();
    void showCaret();
    void moveTo(Place place, bool select);
    void moveRows(qint64 by, bool select);
    void describe();
    [[nodiscard]] Place placeAt(const QPoint &point) const;
    [[nodiscard]] QString textOf(qint64 row) const;
    [[nodiscard]] int rowHeight() const;
    [[nodiscard]] qint64 rows() const { return m_document ? m_document->rows() : 0; }

    LogDocument *m_document = nullptr;
    std::unique_ptr<LogPainter> m_painter;
    QRegularExpression m_searched;
    QSet<quint64> m_bookmarks; ///< by the line's number: they stay where lines are filtered
    Place m_caret, m_anchor;
    int m_widest = 0; ///< of the lines that were drawn, pixels
    bool m_following = true, m_times = false, m_dragging = false, m_scrolling = false;
};

} // namespace kastellan::ui
