// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <QWidget>

class QLineEdit;
class QToolButton;

namespace kastellan::ui {

class CodeView;
class Label;

/// Lines that grow at the end, as a console's: followed, searched, copied. Holds the newest lines only.
class ConsoleView : public QWidget {
    Q_OBJECT

public:
    ConsoleView(const QString &accessibleName, int mostLines, QWidget *parent = nullptr);
    void append(const QStringList &lines);
    void clear();
    [[nodiscard]] QString plainText() const;
    [[nodiscard]] bool isFollowing() const;

Q_SIGNALS:
    /// One line for the status bar.
    void said(const QString &text);

private:
    void find(bool backward);
    void count();
    void copy();

    CodeView *m_text;
    QLineEdit *m_search;
    Label *m_found;
    QToolButton *m_previous, *m_next, *m_follow, *m_copy;
};

} // namespace kastellan::ui
