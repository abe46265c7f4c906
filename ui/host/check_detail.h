// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/readiness.h"

#include <QScrollArea>

class QPushButton;

namespace kastellan::ui {

class Badge;
class Card;
class Label;

/// One check in full: what was looked at, what was there, what it means, what to do, and the command for it.
class CheckDetail : public QScrollArea {
    Q_OBJECT

public:
    explicit CheckDetail(QWidget *parent = nullptr);
    /// `of` gives names to the checks that this one speaks of; both are copied. Null: nothing is chosen.
    void setCheck(const ReadinessCheck *check, const Readiness *of);
    /// All of it as text.
    [[nodiscard]] QString text() const { return m_text; }

Q_SIGNALS:
    /// A person wants to see the check that this one was skipped for.
    void causeWanted(const QString &id);
    void said(const QString &text);

private:
    struct Section {
        Label *title, *text;
    };
    Section section(const QString &name);
    static void fill(const Section &section, const std::string &text);
    void copy(const QString &text, const QString &what);

    QWidget *m_content, *m_placeholder;
    Label *m_title, *m_id, *m_blocks, *m_skipped, *m_command;
    Badge *m_state;
    QWidget *m_skippedBox;
    Card *m_commandBox;
    Section m_looked{}, m_saw{}, m_means{}, m_remedy{}, m_source{};
    QString m_text, m_cause, m_commandText;
};

} // namespace kastellan::ui
