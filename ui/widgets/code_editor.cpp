// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/code_editor.h"

#include "ui/theme/tones.h"

#include <QEvent>
#include <QLocale>
#include <QPaintEvent>
#include <QPainter>
#include <QTextBlock>

#include <cmath>

namespace kastellan::ui {

namespace {
constexpr int pad = 8;
}

class CodeEditor::Margin : public QWidget {
public:
    explicit Margin(CodeEditor *editor)
        : QWidget(editor)
        , m_editor(editor)
    {
    }

protected:
    void paintEvent(QPaintEvent *event) override { m_editor->paintMargin(event); }

private:
    CodeEditor *m_editor;
};

CodeEditor::CodeEditor(const QString &accessibleName, QWidget *parent)
    : CodeView(accessibleName, parent)
    , m_margin(new Margin(this))
{
    connect(this, &QPlainTextEdit::blockCountChanged, this, &CodeEditor::placeMargin);
    connect(this, &QPlainTextEdit::updateRequest, this, [this](const QRect &rect, int scrolled) {
        if (scrolled)
            m_margin->scroll(0, scrolled);
        else
            m_margin->update(0, rect.y(), m_margin->width(), rect.height());
    });
    placeMargin();
}

void CodeEditor::setEditable(bool editable)
{
    setReadOnly(!editable);
    setTextInteractionFlags(editable ? Qt::TextEditorInteraction : Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
}

void CodeEditor::markLine(int line, bool reveal)
{
    m_marked = line;
    QList<QTextEdit::ExtraSelection> marks;
    const QTextBlock block = document()->findBlockByNumber(line - 1);
    if (line > 0 && block.isValid()) {
        QTextEdit::ExtraSelection mark;
        mark.cursor = QTextCursor(block);
        mark.format.setBackground(toneColors(Tone::Negative, palette()).fill);
        mark.format.setProperty(QTextFormat::FullWidthSelection, true);
        marks.append(mark);
        if (reveal) {
            setTextCursor(QTextCursor(block));
            centerCursor();
        }
    }
    setExtraSelections(marks);
    m_margin->update();
}

int CodeEditor::marginWidth() const
{
    const int digits = static_cast<int>(std::log10(std::max(1, blockCount()))) + 1;
    return 2 * pad + fontMetrics().horizontalAdvance(u'9') * std::max(2, digits);
}

void CodeEditor::placeMargin()
{
    const int width = marginWidth();
    const bool mirrored = layoutDirection() == Qt::RightToLeft;
    setViewportMargins(mirrored ? 0 : width, 0, mirrored ? width : 0, 0);
    const QRect room = contentsRect();
    m_margin->setGeometry(mirrored ? room.right() - width + 1 : room.left(), room.top(), width, room.height());
}

void CodeEditor::resizeEvent(QResizeEvent *event)
{
    CodeView::resizeEvent(event);
    placeMargin();
}

void CodeEditor::changeEvent(QEvent *event)
{
    CodeView::changeEvent(event);
    if (event->type() == QEvent::FontChange || event->type() == QEvent::LayoutDirectionChange)
        placeMargin();
    else if (event->type() == QEvent::PaletteChange && m_marked)
        markLine(m_marked);
}

void CodeEditor::paintMargin(QPaintEvent *event)
{
    QPainter painter(m_margin);
    painter.fillRect(event->rect(), palette().color(QPalette::AlternateBase));
    painter.setFont(font());
    const ToneColors wrong = toneColors(Tone::Negative, palette()), quiet = toneColors(Tone::Muted, palette());
    QTextBlock block = firstVisibleBlock();
    qreal top = blockBoundingGeometry(block).translated(contentOffset()).top();
    while (block.isValid() && top <= event->rect().bottom()) {
        const qreal height = blockBoundingRect(block).height();
        if (block.isVisible() && top + height >= event->rect().top()) {
            const bool marked = block.blockNumber() + 1 == m_marked;
            const QRectF line(0, top, m_margin->width(), height);
            if (marked)
                painter.fillRect(line, wrong.fill);
            painter.setPen(marked ? wrong.text : quiet.text);
            painter.drawText(line.adjusted(0, 0, -pad, 0), Qt::AlignRight | Qt::AlignVCenter, QString::number(block.blockNumber() + 1));
        }
        top += height;
        block = block.next();
    }
}

} // namespace kastellan::ui
