// SPDX-License-Identifier: Apache-2.0
#include "ui/keep/output_view.h"

#include "core/base/file.h"
#include "ui/data/keep_session.h"
#include "ui/text.h"
#include "ui/theme/icons.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"

#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QTextBlock>
#include <QToolButton>

#include <fcntl.h>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

/// Writes what the workload wrote, byte for byte, to a file of the person's choice.
Result<bool> saveOutput(
    const std::filesystem::path &log, const std::filesystem::path &target, const Progress &progress, const std::stop_token &stop)
{
    KASTELLAN_ASSIGN(auto reader, KeepLogReader::open(log));
    std::error_code ignored;
    const auto whole = std::filesystem::file_size(log, ignored);
    const Fd file(::open(target.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!file)
        return systemError("save the output", target.string(), errno);
    std::uint64_t written = 0;
    while (!stop.stop_requested()) {
        KASTELLAN_ASSIGN(const auto entry, reader.next());
        if (!entry)
            return true;
        if (entry->stream == LogEntry::Stream::Event || entry->stream == LogEntry::Stream::Console)
            continue;
        KASTELLAN_TRY(writeAll(file.get(), entry->data, target.string()));
        written += entry->data.size();
        progress("writing", written, whole);
    }
    return fail(ErrorKind::Cancelled, "save the output", target.string(), "you cancelled it; the file is incomplete");
}

} // namespace

OutputView::OutputView(Workspace &workspace, KeepSession &session, QWidget *parent)
    : QWidget(parent)
    , m_workspace(workspace)
    , m_session(session)
    , m_message(new MessageBar(this))
    , m_text(new QPlainTextEdit(this))
    , m_note(new Label({}, Label::Kind::Body, Tone::Muted, this))
    , m_follow(new QToolButton(this))
    , m_save(new QPushButton(icon(u"export"_s), tr("Save &all…"), this))
    , m_send(new QPushButton(icon(u"send"_s), tr("S&end"), this))
    , m_end(new QPushButton(icon(u"end-input"_s), tr("E&nd of input"), this))
    , m_input(new QLineEdit(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    auto *bar = new QHBoxLayout;
    bar->addWidget(m_note, 1);
    bar->addWidget(m_follow);
    bar->addWidget(m_save);
    layout->addLayout(bar);
    layout->addWidget(m_message);
    layout->addWidget(m_text, 1);
    auto *entry = new QHBoxLayout;
    entry->addWidget(m_input, 1);
    entry->addWidget(m_send);
    entry->addWidget(m_end);
    layout->addLayout(entry);

    m_text->setReadOnly(true);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setTabChangesFocus(true);
    m_text->setMaximumBlockCount(mostLines);
    m_text->setUndoRedoEnabled(false);
    m_text->setFont(codeFont());
    m_text->document()->setDocumentMargin(10);
    m_text->setWordWrapMode(QTextOption::WrapAtWordBoundaryOrAnywhere);
    m_text->setAccessibleName(tr("Output of the keep"));
    m_text->setPlaceholderText(tr("Nothing has been written yet."));
    m_follow->setText(tr("Follow"));
    m_follow->setIcon(icon(u"follow"_s));
    m_follow->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_follow->setCheckable(true);
    m_follow->setChecked(true);
    m_follow->setFocusPolicy(Qt::StrongFocus);
    m_follow->setToolTip(tr("Stay at the newest line"));
    m_save->setToolTip(tr("Save all that the workload wrote, byte for byte, to a file"));
    m_input->setAccessibleName(tr("Input to the workload"));
    m_input->setMaxLength(65536);
    m_end->setToolTip(tr("Tell the workload that no more input comes"));

    connect(m_follow, &QToolButton::toggled, this, [this](bool on) {
        if (on)
            m_text->verticalScrollBar()->setValue(m_text->verticalScrollBar()->maximum());
    });
    // Scrolling up is a wish to stay there; scrolling to the end is a wish to follow.
    connect(m_text->verticalScrollBar(), &QScrollBar::actionTriggered, this,
        [this] { m_follow->setChecked(m_text->verticalScrollBar()->sliderPosition() >= m_text->verticalScrollBar()->maximum()); });
    connect(m_save, &QPushButton::clicked, this, &OutputView::save);
    connect(m_send, &QPushButton::clicked, this, &OutputView::send);
    connect(m_input, &QLineEdit::returnPressed, this, &OutputView::send);
    connect(m_input, &QLineEdit::textChanged, this, &OutputView::showInput);
    connect(m_end, &QPushButton::clicked, this, [this] {
        if (const Status status = m_session.closeInput(); !status) {
            m_message->showError(status.error());
            return;
        }
        m_inputEnded = true;
        showInput();
    });
    connect(&session, &KeepSession::opened, this, &OutputView::showInput);
    connect(&session, &KeepSession::closed, this, &OutputView::showInput);
    showNote();
    showInput();
}

void OutputView::setKeep(const KeepPointer &keep)
{
    m_tail.reset();
    m_text->clear();
    m_open = {};
    m_openDrawn = 0;
    m_leftOut = 0;
    m_inputEnded = false;
    m_message->clear();
    m_follow->setChecked(true);
    m_input->clear();
    updateKeep(keep);
    showNote();
    if (!keep)
        return;
    m_tail = std::make_unique<LogTail>(m_workspace.jobs, m_workspace.services.keeps.logPath(keep->plan.id));
    connect(m_tail.get(), &LogTail::lines, this, &OutputView::append);
    connect(m_tail.get(), &LogTail::failed, this, [this](const Error &error) { m_message->showError(error); });
    m_tail->read();
}

void OutputView::updateKeep(const KeepPointer &keep)
{
    m_keep = keep;
    showInput();
}

void OutputView::readOn()
{
    if (m_tail)
        m_tail->read();
}

void OutputView::append(const QList<LogLine> &lines, quint64 dropped)
{
    QScrollBar *scroll = m_text->verticalScrollBar();
    const int position = scroll->value();
    m_text->setUpdatesEnabled(false);
    QTextCursor cursor(m_text->document());
    cursor.beginEditBlock();
    for (; m_openDrawn > 0; --m_openDrawn) { // they come again, longer
        cursor.movePosition(QTextCursor::End);
        cursor.movePosition(QTextCursor::StartOfBlock, QTextCursor::KeepAnchor);
        cursor.removeSelectedText();
        if (cursor.position() > 0)
            cursor.deletePreviousChar();
    }
    cursor.movePosition(QTextCursor::End);
    for (const LogLine &line : lines) {
        auto &open = m_open[static_cast<std::size_t>(line.stream)];
        if (line.open) {
            open = line;
        } else {
            open.reset();
            appendLine(cursor, line);
        }
    }
    for (const auto &open : m_open)
        if (open) {
            appendLine(cursor, *open);
            ++m_openDrawn;
        }
    cursor.endEditBlock();
    m_text->setUpdatesEnabled(true);
    m_leftOut += dropped;
    if (m_text->blockCount() >= mostLines && m_leftOut == 0)
        m_leftOut = 1; // some, not counted
    scroll->setValue(m_follow->isChecked() ? scroll->maximum() : position);
    showNote();
}

void OutputView::appendLine(QTextCursor &cursor, const LogLine &line)
{
    if (!m_text->document()->isEmpty())
        cursor.insertBlock();
    QTextCharFormat format;
    QString text = line.text;
    if (line.stream == LogEntry::Stream::Event) {
        format.setForeground(toneColors(Tone::Muted, palette()).text);
        format.setFontItalic(true);
        text = u"· "_s + when(line.at / 1'000'000'000) + u"  "_s + text;
    } else if (line.stream == LogEntry::Stream::Console) { // the host can write there what it likes
        format.setForeground(toneColors(Tone::Muted, palette()).text);
        text = u"# "_s + text;
    } else if (line.stream == LogEntry::Stream::Err) { // marked by a sign as well as by colour
        format.setForeground(toneColors(Tone::Warning, palette()).text);
        text = u"! "_s + text;
    } else {
        format.setForeground(palette().color(QPalette::Text));
    }
    cursor.insertText(text, format);
}

void OutputView::showNote()
{
    m_note->setText(m_leftOut
            ? tr("The newest %1 lines are shown. Older ones are in the log: save all to read them.").arg(locale().toString(mostLines))
            : m_keep && m_keep->plan.machine
            ? tr("“!” marks lines of stderr, “·” events of the keep, “#” the machine's console, where the host can write as well.")
            : tr("Lines that begin with “!” came from stderr; “·” marks events of the keep."));
}

void OutputView::showInput()
{
    QString whyNot;
    if (!m_keep)
        whyNot = tr("No keep is shown.");
    else if (isFinal(m_keep->state))
        whyNot = tr("The keep has ended: nothing reads input any more.");
    else if (m_keep->state != KeepState::Running && m_keep->state != KeepState::Suspect)
        whyNot = tr("The workload has not been started yet.");
    else if (!m_session.isOpen())
        whyNot = tr("The keep's loader does not answer.");
    else if (m_inputEnded)
        whyNot = tr("The end of input was sent.");
    const bool possible = whyNot.isEmpty();
    m_input->setEnabled(possible);
    m_input->setPlaceholderText(possible ? tr("A line of input to the workload") : whyNot);
    m_input->setToolTip(whyNot);
    m_send->setEnabled(possible);
    m_send->setToolTip(possible ? tr("Send the line (Enter)") : whyNot);
    m_end->setEnabled(possible);
    m_end->setToolTip(possible ? tr("Tell the workload that no more input comes") : whyNot);
    m_save->setEnabled(m_keep != nullptr);
}

void OutputView::send()
{
    const QByteArray line = m_input->text().toUtf8() + '\n';
    const Status sent =
        m_session.sendInput({reinterpret_cast<const std::uint8_t *>(line.constData()), static_cast<std::size_t>(line.size())});
    if (!sent) {
        m_message->showError(sent.error());
        return;
    }
    m_message->clear();
    m_input->clear();
}

void OutputView::save()
{
    if (!m_keep)
        return;
    const QString file = dialogs::saveFile(this, tr("Save the output"), tr("output.txt"), tr("All files (*)"));
    if (file.isEmpty())
        return;
    m_workspace.jobs.run<bool>(
        JobRunner::Lane::Shown, tr("Save the output"), this,
        [log = m_workspace.services.keeps.logPath(m_keep->plan.id), target = std::filesystem::path(file.toStdString())](
            const Progress &progress, const std::stop_token &stop) { return saveOutput(log, target, progress, stop); },
        [this, file](const Result<bool> &result) {
            if (result)
                m_message->showText(KMessageWidget::Positive, tr("Saved."), file);
            else
                m_message->showError(result.error());
        });
}

void OutputView::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_keep && m_tail)
        setKeep(KeepPointer(m_keep)); // the colours are in the text
}

} // namespace kastellan::ui
