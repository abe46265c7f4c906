// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/log_tail.h"
#include "ui/data/workspace.h"

#include <QPlainTextEdit>
#include <QWidget>

#include <array>
#include <memory>
#include <optional>

class QLineEdit;
class QPushButton;
class QToolButton;

namespace kastellan::ui {

class KeepSession;
class Label;
class MessageBar;

/// The output of a keep as it comes, and input to it. Holds the newest lines only; the log file holds them all.
class OutputView : public QWidget {
    Q_OBJECT

public:
    static constexpr int mostLines = static_cast<int>(LogTail::most);

    explicit OutputView(Workspace &workspace, KeepSession &session, QWidget *parent = nullptr);
    /// Shows another keep's log from its newest lines on; null: none.
    void setKeep(const KeepPointer &keep);
    /// The keep's state has changed: whether input can be sent.
    void updateKeep(const KeepPointer &keep);
    /// The log has grown.
    void readOn();
    [[nodiscard]] QString plainText() const { return m_text->toPlainText(); }

protected:
    void changeEvent(QEvent *event) override;

private:
    void append(const QList<LogLine> &lines, quint64 dropped);
    void appendLine(QTextCursor &cursor, const LogLine &line);
    void showNote();
    void showInput();
    void send();
    void save();

    Workspace &m_workspace;
    KeepSession &m_session;
    KeepPointer m_keep;
    std::unique_ptr<LogTail> m_tail;
    MessageBar *m_message;
    QPlainTextEdit *m_text;
    Label *m_note;
    QToolButton *m_follow;
    QPushButton *m_save, *m_send, *m_end;
    QLineEdit *m_input;
    std::array<std::optional<LogLine>, 4> m_open; ///< by stream: unfinished last line of each stream, drawn last
    int m_openDrawn = 0;
    quint64 m_leftOut = 0;
    bool m_inputEnded = false;
};

} // namespace kastellan::ui
