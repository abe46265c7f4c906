// SPDX-License-Identifier: Apache-2.0
#include "ui/logs/log_view.h"

#include "ui/logs/log_painter.h"
#include "ui/text.h"
#include "ui/widgets/labels.h"

#include <QApplication>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QScrollBar>
#include <QToolTip>

#include <algorithm>
#include <limits>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

LogView::LogView(const QString &accessibleName, QWidget *parent)
    : QAbstractScrollArea(parent)
    , m_painter(std::make_unique<LogPainter>())
{
    setAccessibleName(accessibleName);
    setFocusPolicy(Qt::StrongFocus);
    setFont(codeFont());
    viewport()->setCursor(Qt::IBeamCursor);
    viewport()->setBackgroundRole(QPalette::Base);
    viewport()->setAutoFillBackground(true);
    verticalScrollBar()->setSingleStep(1);
    m_painter->setLook(font(), palette());
    // Scrolling up is a wish to stay there; scrolling to the end is a wish to follow.
    connect(verticalScrollBar(), &QScrollBar::valueChanged, this, [this](int value) {
        if (!m_scrolling)
            setFollowing(value >= verticalScrollBar()->maximum());
    });
    arrange();
}

LogView::~LogView() = default;

void LogView::setDocument(LogDocument *document)
{
    if (m_document)
        m_document->disconnect(this);
    m_document = document;
    m_bookmarks.clear();
    Q_EMIT bookmarksChanged();
    if (document) {
        connect(document, &LogDocument::grew, this, &LogView::grew);
        connect(document, &LogDocument::reset, this, &LogView::reset);
    }
    reset();
}

void LogView::reset()
{
    m_caret = m_anchor = {};
    m_widest = 0;
    arrange();
    Q_EMIT currentRowChanged(0);
}

void LogView::grew()
{
    arrange();
}

/// The bars for what is there now; follows the end where that is wanted.
void LogView::arrange()
{
    m_scrolling = true;
    const auto all = static_cast<int>(std::min<qint64>(rows(), std::numeric_limits<int>::max()));
    verticalScrollBar()->setPageStep(std::max(1, visibleRows()));
    verticalScrollBar()->setRange(0, std::max(0, all - std::max(1, visibleRows())));
    horizontalScrollBar()->setPageStep(viewport()->width());
    horizontalScrollBar()->setSingleStep(fontMetrics().averageCharWidth() * 4);
    horizontalScrollBar()->setRange(0, std::max(0, m_widest + m_painter->textLeft() + LogPainter::margin - viewport()->width()));
    if (m_following)
        verticalScrollBar()->setValue(verticalScrollBar()->maximum());
    m_scrolling = false;
    viewport()->update();
}

int LogView::rowHeight() const
{
    return m_painter->rowHeight();
}

int LogView::visibleRows() const
{
    return viewport()->height() / rowHeight();
}

qint64 LogView::firstVisibleRow() const
{
    return verticalScrollBar()->value();
}

void LogView::setFollowing(bool following)
{
    if (following == m_following)
        return;
    m_following = following;
    if (following)
        arrange();
    Q_EMIT followingChanged(following);
}

void LogView::setTimes(bool shown)
{
    m_times = shown;
    m_painter->setTimes(shown);
    arrange();
}

void LogView::setSearched(const QRegularExpression &pattern)
{
    m_searched = pattern;
    viewport()->update();
}

void LogView::paintEvent(QPaintEvent *)
{
    QPainter painter(viewport());
    const int left = -horizontalScrollBar()->value(), width = std::max(viewport()->width() - left, viewport()->width());
    const auto [from, to] = std::minmax(m_anchor, m_caret);
    int widest = m_widest;
    for (int i = 0, count = viewport()->height() / rowHeight() + 1; i < count; ++i) {
        const qint64 row = firstVisibleRow() + i;
        if (row >= rows())
            break;
        LogPainter::Line line{.row = m_document->row(row), .searched = m_searched};
        line.bookmarked = m_bookmarks.contains(line.row.number) && !line.row.open;
        line.current = hasFocus() && row == m_caret.row;
        if (hasSelection() && row >= from.row && row <= to.row) {
            line.selectedFrom = row == from.row ? from.column : 0;
            line.selectedTo = row == to.row ? to.column : static_cast<int>(line.row.text.size()) + 1;
        }
        const auto layout = m_painter->layout(line);
        m_painter->paint(painter, line, *layout, {left, i * rowHeight()}, width);
        if (hasFocus() && row == m_caret.row)
            layout->drawCursor(&painter, QPointF(left + m_painter->textLeft(), i * rowHeight() + 1),
                std::min(m_caret.column, static_cast<int>(line.row.text.size())));
        if (layout->lineCount())
            widest = std::max(widest, static_cast<int>(layout->lineAt(0).naturalTextWidth()) + 1);
    }
    if (widest != m_widest) {
        m_widest = widest;
        QMetaObject::invokeMethod(this, &LogView::arrange, Qt::QueuedConnection); // bars don't change while it is drawn
    }
}

void LogView::resizeEvent(QResizeEvent *event)
{
    QAbstractScrollArea::resizeEvent(event);
    arrange();
}

void LogView::scrollContentsBy(int, int)
{
    viewport()->update();
}

void LogView::changeEvent(QEvent *event)
{
    QAbstractScrollArea::changeEvent(event);
    if (m_painter
        && (event->type() == QEvent::PaletteChange || event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)) {
        m_painter->setLook(font(), palette());
        arrange();
    }
}

QString LogView::textOf(qint64 row) const
{
    return m_document ? m_document->row(row).text : QString();
}

LogView::Place LogView::placeAt(const QPoint &point) const
{
    const qint64 last = std::max<qint64>(0, rows() - 1);
    const qint64 wanted = firstVisibleRow() + (point.y() < 0 ? -1 : point.y() / rowHeight());
    Place place{std::clamp<qint64>(wanted, 0, last), 0};
    if (wanted > last) {
        place.column = static_cast<int>(textOf(last).size());
        return place;
    }
    const auto layout = m_painter->layout({.row = m_document ? m_document->row(place.row) : LogRow(), .searched = {}});
    if (layout->lineCount())
        place.column = layout->lineAt(0).xToCursor(point.x() + horizontalScrollBar()->value() - m_painter->textLeft());
    return place;
}

void LogView::moveTo(Place place, bool select)
{
    place.row = std::clamp<qint64>(place.row, 0, std::max<qint64>(0, rows() - 1));
    place.column = std::clamp(place.column, 0, static_cast<int>(textOf(place.row).size()));
    const bool other = place.row != m_caret.row;
    m_caret = place;
    if (!select)
        m_anchor = place;
    showCaret();
    if (other) {
        describe();
        Q_EMIT currentRowChanged(place.row);
    }
}

void LogView::moveRows(qint64 by, bool select)
{
    moveTo({m_caret.row + by, m_caret.column}, select);
}

/// Scrolls as little as needed.
void LogView::showCaret()
{
    const int page = std::max(1, visibleRows());
    const auto row = static_cast<int>(std::min<qint64>(m_caret.row, std::numeric_limits<int>::max()));
    if (row < verticalScrollBar()->value())
        verticalScrollBar()->setValue(row);
    else if (row >= verticalScrollBar()->value() + page)
        verticalScrollBar()->setValue(row - page + 1);
    const int x = m_painter->textLeft() + fontMetrics().horizontalAdvance(textOf(m_caret.row).left(m_caret.column));
    QScrollBar *across = horizontalScrollBar();
    if (m_caret.column == 0)
        across->setValue(0);
    else if (x < across->value() + m_painter->textLeft())
        across->setValue(x - m_painter->textLeft());
    else if (x > across->value() + viewport()->width() - LogPainter::margin)
        across->setValue(x - viewport()->width() + 4 * LogPainter::margin);
    viewport()->update();
}

/// The current line, for whoever can't see it.
void LogView::describe()
{
    if (!m_document || rows() == 0)
        return setAccessibleDescription({});
    const LogRow row = m_document->row(m_caret.row);
    setAccessibleDescription(tr("Line %1, %2: %3").arg(locale().toString(row.number + 1), LogPainter::meaning(row.stream), row.text));
}

void LogView::goTo(qint64 row)
{
    moveTo({row, 0}, false);
    if (!m_document || rows() == 0)
        return;
    // Not at the edge, where what is around it can't be seen.
    const int page = visibleRows();
    if (row < firstVisibleRow() + 2 || row >= firstVisibleRow() + page - 2)
        verticalScrollBar()->setValue(static_cast<int>(std::min<qint64>(row, std::numeric_limits<int>::max())) - page / 3);
}

QString LogView::selectedText(qint64 most) const
{
    const auto [from, to] = std::minmax(m_anchor, m_caret);
    QString text;
    for (qint64 row = from.row; row <= to.row && row - from.row < most; ++row) {
        const QString line = textOf(row);
        const int begin = row == from.row ? from.column : 0, end = row == to.row ? to.column : static_cast<int>(line.size());
        text += line.mid(begin, end - begin);
        if (row != to.row)
            text += u'\n';
    }
    return text;
}

void LogView::selectAll()
{
    m_anchor = {};
    m_caret = {std::max<qint64>(0, rows() - 1), static_cast<int>(textOf(std::max<qint64>(0, rows() - 1)).size())};
    viewport()->update();
}

void LogView::copy()
{
    constexpr qint64 most = 100'000; ///< lines: a clipboard is no file
    if (!hasSelection())
        return;
    const auto [from, to] = std::minmax(m_anchor, m_caret);
    QApplication::clipboard()->setText(selectedText(most));
    Q_EMIT said(to.row - from.row >= most ? tr("Copied the first %1 lines; export the log to have all.").arg(locale().toString(most))
                                          : tr("Copied."));
}

void LogView::toggleBookmark()
{
    if (!m_document || rows() == 0)
        return;
    const LogRow row = m_document->row(m_caret.row);
    if (row.open)
        return;
    if (!m_bookmarks.remove(row.number))
        m_bookmarks.insert(row.number);
    viewport()->update();
    Q_EMIT bookmarksChanged();
}

bool LogView::goToBookmark(bool backward)
{
    if (!m_document || m_bookmarks.isEmpty())
        return false;
    const quint64 here = m_document->row(m_caret.row).number;
    QList<quint64> numbers(m_bookmarks.begin(), m_bookmarks.end());
    std::ranges::sort(numbers);
    quint64 target = 0;
    if (backward) { // round the end
        const auto at = std::ranges::lower_bound(numbers, here);
        target = at == numbers.begin() ? numbers.back() : *std::prev(at);
    } else {
        const auto at = std::ranges::upper_bound(numbers, here);
        target = at == numbers.end() ? numbers.front() : *at;
    }
    goTo(m_document->rowOfLine(target));
    return true;
}

void LogView::keyPressEvent(QKeyEvent *event)
{
    const bool select = event->modifiers() & Qt::ShiftModifier, whole = event->modifiers() & Qt::ControlModifier;
    const int page = std::max(1, visibleRows() - 1);
    if (event->matches(QKeySequence::Copy))
        return copy();
    if (event->matches(QKeySequence::SelectAll))
        return selectAll();
    switch (event->key()) {
    case Qt::Key_Up:
        return moveRows(-1, select);
    case Qt::Key_Down:
        return moveRows(1, select);
    case Qt::Key_PageUp:
        return moveRows(-page, select);
    case Qt::Key_PageDown:
        return moveRows(page, select);
    case Qt::Key_Left:
        return m_caret.column > 0 ? moveTo({m_caret.row, m_caret.column - 1}, select)
            : m_caret.row > 0     ? moveTo({m_caret.row - 1, std::numeric_limits<int>::max()}, select)
                                  : void();
    case Qt::Key_Right:
        return m_caret.column < textOf(m_caret.row).size() ? moveTo({m_caret.row, m_caret.column + 1}, select)
            : m_caret.row + 1 < rows()                     ? moveTo({m_caret.row + 1, 0}, select)
                                                           : void();
    case Qt::Key_Home:
        return moveTo({whole ? 0 : m_caret.row, 0}, select);
    case Qt::Key_End:
        moveTo({whole ? rows() - 1 : m_caret.row, std::numeric_limits<int>::max()}, select);
        if (whole && !select)
            setFollowing(true);
        return;
    default:
        QAbstractScrollArea::keyPressEvent(event);
    }
}

void LogView::mousePressEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return QAbstractScrollArea::mousePressEvent(event);
    m_dragging = true;
    moveTo(placeAt(event->position().toPoint()), event->modifiers() & Qt::ShiftModifier);
}

void LogView::mouseMoveEvent(QMouseEvent *event)
{
    if (m_dragging)
        moveTo(placeAt(event->position().toPoint()), true);
}

void LogView::mouseReleaseEvent(QMouseEvent *event)
{
    m_dragging = false;
    if (event->button() == Qt::LeftButton && hasSelection() && QApplication::clipboard()->supportsSelection())
        QApplication::clipboard()->setText(selectedText(1000), QClipboard::Selection);
}

/// The word there.
void LogView::mouseDoubleClickEvent(QMouseEvent *event)
{
    if (event->button() != Qt::LeftButton)
        return;
    const Place place = placeAt(event->position().toPoint());
    const QString text = textOf(place.row);
    const auto isWord = [&](int column) {
        return column >= 0 && column < text.size() && (text[column].isLetterOrNumber() || text[column] == u'_');
    };
    int begin = place.column, end = place.column;
    while (isWord(begin - 1))
        --begin;
    while (isWord(end))
        ++end;
    moveTo({place.row, begin}, false);
    moveTo({place.row, end}, true);
}

void LogView::contextMenuEvent(QContextMenuEvent *event)
{
    QMenu menu(this);
    QAction *copyIt = menu.addAction(tr("&Copy"), QKeySequence::Copy, this, &LogView::copy);
    copyIt->setEnabled(hasSelection());
    menu.addAction(tr("Select &all"), QKeySequence::SelectAll, this, &LogView::selectAll);
    menu.addSeparator();
    menu.addAction(tr("&Bookmark this line"), this, &LogView::toggleBookmark)->setEnabled(rows() > 0);
    menu.exec(event->globalPos());
}

/// What the sign before a line means, and when it came.
bool LogView::viewportEvent(QEvent *event)
{
    if (event->type() != QEvent::ToolTip || !m_document)
        return QAbstractScrollArea::viewportEvent(event);
    const auto *help = static_cast<QHelpEvent *>(event);
    const qint64 row = firstVisibleRow() + help->pos().y() / rowHeight();
    if (row >= rows() || help->pos().x() + horizontalScrollBar()->value() > m_painter->textLeft()) {
        QToolTip::hideText();
        return true;
    }
    const LogRow line = m_document->row(row);
    QToolTip::showText(help->globalPos(),
        tr("Line %1: %2").arg(locale().toString(line.number + 1), LogPainter::meaning(line.stream))
            + (line.at ? u"\n"_s + whenInFull(line.at / 1'000'000'000) : QString()),
        viewport());
    return true;
}

} // namespace kastellan::ui
