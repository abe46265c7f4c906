// SPDX-License-Identifier: Apache-2.0
#include "ui/logs/log_panel.h"

#include "ui/logs/log_painter.h"
#include "ui/logs/log_view.h"
#include "ui/pages/page_parts.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QDateTime>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
#include <QSaveFile>
#include <QShortcut>
#include <QToolButton>
#include <QVBoxLayout>

#include <array>
#include <climits>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr std::array allStreams{LogEntry::Stream::Out, LogEntry::Stream::Err, LogEntry::Stream::Event, LogEntry::Stream::Console};

quint8 bitOf(LogEntry::Stream stream)
{
    return static_cast<quint8>(1u << static_cast<unsigned>(stream));
}

/// The lines that a filter takes, with their times and signs; the file is there whole or not at all.
Result<bool> exportLines(
    const std::filesystem::path &log, const QString &target, const LogFilter &filter, const Progress &progress, const std::stop_token &stop)
{
    const auto failed = [&](const QString &why) {
        return environment("export the log", target.toStdString(), why.toStdString(), "Check the folder and its free space.");
    };
    KASTELLAN_ASSIGN(const auto index, LogLineIndex::open(log));
    for (bool end = false; !end && !stop.stop_requested();) {
        KASTELLAN_ASSIGN(end, index->readOn(std::uint64_t{64} << 20, stop));
    }
    QSaveFile file(target);
    if (!file.open(QIODevice::WriteOnly))
        return failed(file.errorString());
    KASTELLAN_TRY(index->each(
        0,
        [&](std::uint64_t number, const LogLineText &line) {
            if (number % 4096 == 0)
                progress("writing", number, index->lines());
            const QString text = shown(line.bytes);
            if (!filter.takes(line, text))
                return true;
            const QString sign = LogPainter::sign(line.stream);
            const QString whole = QDateTime::fromMSecsSinceEpoch(line.at / 1'000'000).toString(Qt::ISODateWithMs) + u' '
                + (sign.isEmpty() ? u" "_s : sign) + u' ' + text + u'\n';
            return file.write(whole.toUtf8()) >= 0;
        },
        stop));
    if (stop.stop_requested())
        return fail(ErrorKind::Cancelled, "export the log", target.toStdString(), "you cancelled it; nothing was written");
    if (file.error() != QFileDevice::NoError || !file.commit())
        return failed(file.errorString());
    return true;
}

} // namespace

LogPanel::LogPanel(JobRunner &jobs, const QString &name, quint8 streams, QWidget *parent)
    : QWidget(parent)
    , m_jobs(jobs)
    , m_name(name)
    , m_streams(streams)
    , m_view(new LogView(name, this))
    , m_message(new MessageBar(this))
    , m_search(searchField(tr("Search in: %1").arg(name), this))
    , m_count(new Label({}, Label::Kind::Small, Tone::Muted, this))
    , m_placeholder(new Label(tr("Nothing has been written yet."), Label::Kind::Body, Tone::Muted, this))
{
    m_previous = tool("logPrevious", u"collapse"_s, tr("Previous"), tr("The place before (Shift+Enter)"), false);
    m_next = tool("logNext", u"expand"_s, tr("Next"), tr("The next place (Enter)"), false);
    m_show = tool("logShow", u"findings"_s, tr("Show"), tr("Which lines are shown, and how"), true);
    m_follow = tool("logFollow", u"follow"_s, tr("Follow"), tr("Stay at the newest line"), true);
    m_mark =
        tool("logBookmark", u"bookmark"_s, tr("Bookmark"), tr("Mark the current line (Ctrl+B); F2 goes to the next marked one"), false);
    m_copy = tool("logCopy", u"copy"_s, tr("Copy"), tr("Copy what is marked"), false);
    m_export = tool("logExport", u"export"_s, tr("Export…"), tr("Write the lines that are shown to a file, with their times"), true);
    makeBar();
    makeShow();

    connect(m_search, &QLineEdit::textChanged, this, &LogPanel::searched);
    connect(
        m_search, &QLineEdit::returnPressed, this, [this] { search(QGuiApplication::keyboardModifiers().testFlag(Qt::ShiftModifier)); });
    connect(m_previous, &QToolButton::clicked, this, [this] { search(true); });
    connect(m_next, &QToolButton::clicked, this, [this] { search(false); });
    connect(m_copy, &QToolButton::clicked, m_view, &LogView::copy);
    connect(m_mark, &QToolButton::clicked, m_view, &LogView::toggleBookmark);
    connect(m_export, &QToolButton::clicked, this, &LogPanel::exportShown);
    connect(m_follow, &QToolButton::toggled, m_view, &LogView::setFollowing);
    connect(m_view, &LogView::followingChanged, m_follow, &QToolButton::setChecked);
    connect(m_view, &LogView::said, this, &LogPanel::said);
    const auto shortcut = [this](const QKeySequence &keys, auto work) {
        auto *made = new QShortcut(keys, this);
        made->setContext(Qt::WidgetWithChildrenShortcut);
        connect(made, &QShortcut::activated, this, work);
    };
    shortcut(QKeySequence::Find, [this] {
        m_search->setFocus(Qt::ShortcutFocusReason);
        m_search->selectAll();
    });
    shortcut(QKeySequence(Qt::Key_F3), [this] { search(false); });
    shortcut(QKeySequence(Qt::SHIFT | Qt::Key_F3), [this] { search(true); });
    shortcut(QKeySequence(Qt::CTRL | Qt::Key_B), [this] { m_view->toggleBookmark(); });
    shortcut(QKeySequence(Qt::Key_F2), [this] { m_view->goToBookmark(false); });
    shortcut(QKeySequence(Qt::SHIFT | Qt::Key_F2), [this] { m_view->goToBookmark(true); });
    count();
    searched();
}

QToolButton *LogPanel::tool(const char *name, const QString &symbol, const QString &text, const QString &tip, bool words)
{
    auto *button = new QToolButton(this);
    button->setObjectName(QString::fromLatin1(name));
    button->setIcon(icon(symbol));
    button->setText(text);
    button->setToolTip(tip);
    button->setAccessibleName(text);
    button->setToolButtonStyle(words ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

void LogPanel::makeBar()
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    m_tools = new QHBoxLayout;
    m_tools->setSpacing(6);
    m_search->setObjectName(u"logSearch"_s);
    m_search->setMaximumWidth(300);
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    m_count->setWordWrap(false);
    m_tools->addWidget(m_search, 2);
    m_tools->addWidget(m_previous);
    m_tools->addWidget(m_next);
    m_tools->addWidget(m_show);
    m_tools->addWidget(m_count);
    m_tools->addStretch(1);
    m_tools->addWidget(m_mark);
    m_tools->addWidget(m_copy);
    m_tools->addWidget(m_follow);
    m_tools->addWidget(m_export);
    layout->addLayout(m_tools);
    layout->addWidget(m_message);
    layout->addWidget(m_view, 1);
    auto *over = new QVBoxLayout(m_view->viewport());
    over->setContentsMargins(16, 12, 16, 12);
    over->addWidget(m_placeholder, 0, Qt::AlignTop);
    m_placeholder->setAttribute(Qt::WA_TransparentForMouseEvents);
}

void LogPanel::makeShow()
{
    auto *menu = new QMenu(m_show);
    const auto choice = [&](const QString &text, bool on) {
        QAction *action = menu->addAction(text);
        action->setCheckable(true);
        action->setChecked(on);
        return action;
    };
    for (const LogEntry::Stream stream : allStreams) {
        if (!(m_streams & bitOf(stream)))
            continue;
        const QString sign = LogPainter::sign(stream);
        QAction *action = choice((sign.isEmpty() ? QString() : sign + u"  "_s) + LogPainter::meaning(stream), true);
        m_streamActions.insert(stream, action);
        connect(action, &QAction::toggled, this, &LogPanel::applyFilter);
    }
    menu->addSeparator();
    m_only = choice(tr("Only lines that match the search"), false);
    m_regular = choice(tr("Search by regular expression"), false);
    m_case = choice(tr("Tell upper from lower case"), false);
    menu->addSeparator();
    m_times = choice(tr("Times"), false);
    connect(m_only, &QAction::toggled, this, &LogPanel::applyFilter);
    connect(m_regular, &QAction::toggled, this, &LogPanel::searched);
    connect(m_case, &QAction::toggled, this, &LogPanel::searched);
    connect(m_times, &QAction::toggled, m_view, &LogView::setTimes);
    m_show->setMenu(menu);
    m_show->setPopupMode(QToolButton::InstantPopup);
}

void LogPanel::addTool(QWidget *tool)
{
    m_tools->addWidget(tool);
}

void LogPanel::setPlaceholder(const QString &text)
{
    m_placeholder->setText(text);
}

void LogPanel::setFile(const std::filesystem::path &file)
{
    m_view->setDocument(nullptr);
    m_document.reset();
    m_file = file;
    m_message->clear();
    m_view->setFollowing(true);
    if (!file.empty()) {
        m_document = std::make_unique<LogDocument>(m_jobs, file);
        connect(m_document.get(), &LogDocument::failed, this, [this](const Error &error) { m_message->showError(error); });
        connect(m_document.get(), &LogDocument::grew, this, &LogPanel::count);
        connect(m_document.get(), &LogDocument::reset, this, &LogPanel::count);
        connect(m_document.get(), &LogDocument::found, m_view, [this](qint64 row) {
            m_view->setFollowing(false);
            m_view->goTo(row);
        });
        connect(m_document.get(), &LogDocument::notFound, this, [this] { Q_EMIT said(tr("It is not found there.")); });
        m_view->setDocument(m_document.get());
        applyFilter();
        m_document->readOn();
    }
    count();
}

void LogPanel::readOn()
{
    if (m_document)
        m_document->readOn();
}

QRegularExpression LogPanel::pattern() const
{
    const QString text = m_search->text();
    QRegularExpression made(m_regular->isChecked() ? text : QRegularExpression::escape(text));
    if (!m_case->isChecked())
        made.setPatternOptions(QRegularExpression::CaseInsensitiveOption);
    return made;
}

void LogPanel::searched()
{
    const QRegularExpression wanted = pattern();
    const bool usable = !wanted.pattern().isEmpty() && wanted.isValid();
    if (wanted.isValid())
        m_message->clear();
    else
        m_message->showText(KMessageWidget::Warning, tr("This is no regular expression."),
            tr("At character %1: %2.").arg(locale().toString(wanted.patternErrorOffset() + 1), wanted.errorString()));
    m_view->setSearched(usable ? wanted : QRegularExpression());
    for (QToolButton *button : {m_previous, m_next}) {
        button->setEnabled(usable);
        button->setToolTip(!usable     ? tr("Enter what to search for first.")
                : button == m_previous ? tr("The place before (Shift+Enter)")
                                       : tr("The next place (Enter)"));
    }
    if (m_only->isChecked())
        applyFilter();
}

void LogPanel::applyFilter()
{
    if (!m_document)
        return;
    LogFilter filter;
    quint8 shown = 0;
    for (auto action = m_streamActions.cbegin(); action != m_streamActions.cend(); ++action)
        if (action.value()->isChecked())
            shown |= bitOf(action.key());
    filter.streams = m_streams == 0xf || shown != m_streams ? shown : m_streams;
    if (m_only->isChecked() && pattern().isValid())
        filter.pattern = pattern();
    m_document->setFilter(filter);
    count();
}

void LogPanel::search(bool backward)
{
    const QRegularExpression wanted = pattern();
    if (m_document && !wanted.pattern().isEmpty() && wanted.isValid())
        m_document->find(wanted, m_view->currentRow(), backward);
}

void LogPanel::count()
{
    const qint64 rows = m_document ? m_document->rows() : 0;
    const quint64 lines = m_document ? m_document->lines() : 0;
    const bool all = !m_document || m_document->filter().all();
    QString text = all ? (rows == 1 ? tr("1 line") : tr("%1 lines").arg(locale().toString(rows)))
                       : tr("%1 of %2 lines").arg(locale().toString(rows), locale().toString(lines));
    if (m_document && !m_document->isComplete())
        text += tr(", reading…");
    m_count->setText(m_document ? text : QString());
    m_placeholder->setVisible(rows == 0);
    m_copy->setEnabled(rows > 0);
    m_mark->setEnabled(rows > 0);
    m_export->setEnabled(rows > 0);
    m_export->setToolTip(rows > 0 ? tr("Write the lines that are shown to a file, with their times") : tr("There is nothing to export."));
}

void LogPanel::exportShown()
{
    const QString target = dialogs::saveFile(this, tr("Export the log"), tr("log.txt"), tr("Text (*.txt);;All files (*)"));
    if (target.isEmpty() || !m_document)
        return;
    m_jobs.run<bool>(
        JobRunner::Lane::Shown, tr("Export the log"), this,
        [log = m_file, target, filter = m_document->filter()](
            const Progress &progress, const std::stop_token &stop) { return exportLines(log, target, filter, progress, stop); },
        [this, target](const Result<bool> &done) {
            if (done)
                m_message->showText(KMessageWidget::Positive, tr("Exported."), target);
            else
                m_message->showError(done.error());
        });
}

} // namespace kastellan::ui
