// SPDX-License-Identifier: Apache-2.0
#include "ui/widgets/console_view.h"

#include "ui/pages/page_parts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/code_view.h"
#include "ui/widgets/labels.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLineEdit>
#include <QScrollBar>
#include <QShortcut>
#include <QTextBlock>
#include <QToolButton>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

ConsoleView::ConsoleView(const QString &accessibleName, int mostLines, QWidget *parent)
    : QWidget(parent)
    , m_text(new CodeView(accessibleName, this))
    , m_search(searchField(tr("Search in: %1").arg(accessibleName), this))
    , m_found(new Label({}, Label::Kind::Small, Tone::Muted, this))
    , m_previous(new QToolButton(this))
    , m_next(new QToolButton(this))
    , m_follow(new QToolButton(this))
    , m_copy(new QToolButton(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto *bar = new QHBoxLayout;
    bar->setSpacing(6);
    m_search->setObjectName(u"consoleSearch"_s);
    m_search->setMaximumWidth(260);
    const auto button = [&](QToolButton *one, const char *name, const QString &symbol, const QString &text, const QString &tip,
                            bool words) {
        one->setObjectName(QString::fromLatin1(name));
        one->setIcon(icon(symbol));
        one->setText(text);
        one->setToolTip(tip);
        one->setAccessibleName(text);
        one->setToolButtonStyle(words ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
        one->setFocusPolicy(Qt::StrongFocus);
    };
    button(m_previous, "consolePrevious", u"collapse"_s, tr("Previous"), tr("The place before (Shift+Enter)"), false);
    button(m_next, "consoleNext", u"expand"_s, tr("Next"), tr("The next place (Enter)"), false);
    button(m_follow, "consoleFollow", u"follow"_s, tr("Follow"), tr("Stay at the newest line"), true);
    button(m_copy, "consoleCopy", u"copy"_s, tr("Copy"), tr("Copy what is marked, or everything"), true);
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    m_found->setWordWrap(false);
    bar->addWidget(m_search, 1);
    bar->addWidget(m_previous);
    bar->addWidget(m_next);
    bar->addWidget(m_found);
    bar->addStretch(1);
    bar->addWidget(m_follow);
    bar->addWidget(m_copy);
    layout->addLayout(bar);
    m_text->setMaximumBlockCount(mostLines);
    m_text->setPlaceholderText(tr("Nothing has been written yet."));
    m_text->setUndoRedoEnabled(false);
    layout->addWidget(m_text, 1);

    connect(m_search, &QLineEdit::textChanged, this, &ConsoleView::count);
    connect(m_search, &QLineEdit::returnPressed, this, [this] { find(QGuiApplication::keyboardModifiers().testFlag(Qt::ShiftModifier)); });
    connect(m_previous, &QToolButton::clicked, this, [this] { find(true); });
    connect(m_next, &QToolButton::clicked, this, [this] { find(false); });
    connect(m_copy, &QToolButton::clicked, this, &ConsoleView::copy);
    connect(m_follow, &QToolButton::toggled, this, [this](bool on) {
        if (on)
            m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->maximum());
    });
    // Scrolling up is a wish to stay there; scrolling to the end is a wish to follow.
    connect(m_text->verticalScrollBar(), &QScrollBar::actionTriggered, this,
        [this] { m_follow->setChecked(m_text->verticalScrollBar()->sliderPosition() >= m_text->verticalScrollBar()->maximum()); });
    auto *search = new QShortcut(QKeySequence::Find, this);
    search->setContext(Qt::WidgetWithChildrenShortcut);
    connect(search, &QShortcut::activated, m_search, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    count();
}

void ConsoleView::append(const QStringList &lines)
{
    if (lines.isEmpty())
        return;
    QScrollBar *bar = m_text->verticalScrollBar();
    const int position = bar->value();
    m_text->setUpdatesEnabled(false);
    m_text->appendPlainText(lines.join(u'\n'));
    m_text->setUpdatesEnabled(true);
    bar->setValue(m_follow->isChecked() ? bar->maximum() : position);
    count();
}

void ConsoleView::clear()
{
    m_text->clear();
    m_follow->setChecked(true);
    count();
}

QString ConsoleView::plainText() const
{
    return m_text->toPlainText();
}

bool ConsoleView::isFollowing() const
{
    return m_follow->isChecked();
}

void ConsoleView::count()
{
    const QString wanted = m_search->text();
    const bool empty = m_text->document()->isEmpty();
    const qsizetype found = wanted.isEmpty() || empty ? 0 : m_text->toPlainText().count(wanted, Qt::CaseInsensitive);
    m_found->setText(wanted.isEmpty() ? QString() : found == 0 ? tr("not found") : found == 1 ? tr("1 place") : tr("%1 places").arg(found));
    const QString whyNot = wanted.isEmpty() ? tr("Enter what to search for first.") : tr("It is not found.");
    for (QToolButton *button : {m_previous, m_next}) {
        button->setEnabled(found > 0);
        button->setToolTip(found == 0  ? whyNot
                : button == m_previous ? tr("The place before (Shift+Enter)")
                                       : tr("The next place (Enter)"));
    }
    m_copy->setEnabled(!empty);
    m_copy->setToolTip(empty ? tr("There is nothing to copy.") : tr("Copy what is marked, or everything"));
}

void ConsoleView::find(bool backward)
{
    const QString wanted = m_search->text();
    if (wanted.isEmpty())
        return;
    m_follow->setChecked(false);
    const QTextDocument::FindFlags flags = backward ? QTextDocument::FindBackward : QTextDocument::FindFlags();
    if (m_text->find(wanted, flags))
        return;
    QTextCursor cursor = m_text->textCursor(); // round the end
    cursor.movePosition(backward ? QTextCursor::End : QTextCursor::Start);
    m_text->setTextCursor(cursor);
    m_text->find(wanted, flags);
}

void ConsoleView::copy()
{
    const QString marked = m_text->textCursor().selectedText().replace(QChar::ParagraphSeparator, u'\n');
    const bool some = !marked.isEmpty();
    QGuiApplication::clipboard()->setText(some ? marked : m_text->toPlainText());
    Q_EMIT said(some ? tr("What was marked is copied.") : tr("%1 lines are copied.").arg(m_text->blockCount()));
}

} // namespace kastellan::ui
