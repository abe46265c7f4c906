// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/logs/log_document.h"

#include <QHash>
#include <QWidget>

class QAction;
class QHBoxLayout;
class QLineEdit;
class QToolButton;

namespace kastellan::ui {

class Label;
class LogView;
class MessageBar;

/// A log to read: its lines, a search (plain or by a regular expression), filters by stream and by what a line holds, times, bookmarks,
/// copy and export.
class LogPanel : public QWidget {
    Q_OBJECT

public:
    /// `name` says what is shown: "Output of the keep". `streams`: those that can be shown here, a bit of each LogEntry::Stream.
    LogPanel(JobRunner &jobs, const QString &name, quint8 streams, QWidget *parent = nullptr);
    /// Another log, from its newest lines on; an empty path: none.
    void setFile(const std::filesystem::path &file);
    /// The file has grown.
    void readOn();
    [[nodiscard]] LogView *view() const { return m_view; }
    [[nodiscard]] LogDocument *document() const { return m_document.get(); }
    /// More tools, at the right of the bar.
    void addTool(QWidget *tool);
    /// What is shown where there is no line.
    void setPlaceholder(const QString &text);

Q_SIGNALS:
    /// One line for the status bar.
    void said(const QString &text);

private:
    [[nodiscard]] QToolButton *tool(const char *name, const QString &symbol, const QString &text, const QString &tip, bool words);
    void makeBar();
    void makeShow();
    void applyFilter();
    void search(bool backward);
    void searched();
    void count();
    void exportShown();
    [[nodiscard]] QRegularExpression pattern() const;

    JobRunner &m_jobs;
    const QString m_name;
    const quint8 m_streams;
    std::filesystem::path m_file;
    std::unique_ptr<LogDocument> m_document;
    LogView *m_view;
    MessageBar *m_message;
    QLineEdit *m_search;
    Label *m_count, *m_placeholder;
    QToolButton *m_previous, *m_next, *m_show, *m_follow, *m_mark, *m_copy, *m_export;
    QAction *m_regular = nullptr, *m_case = nullptr, *m_only = nullptr, *m_times = nullptr;
    QHash<LogEntry::Stream, QAction *> m_streamActions;
    QHBoxLayout *m_tools;
};

} // namespace kastellan::ui
