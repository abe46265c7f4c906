// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/base/error.h"

#include <QWidget>

class QPushButton;

namespace kastellan::ui {

class CodeEditor;
class Label;

/// What the host is given to start a machine: shown highlighted, and for a libvirt domain edited, with errors at their line.
class DomainEditor : public QWidget {
    Q_OBJECT

public:
    explicit DomainEditor(QWidget *parent = nullptr);
    /// What was planned. `edited`: a person changed it. `language`: "XML" or "YAML"; only XML is edited.
    void showPlanned(const QString &text, const QString &language, bool edited);
    /// What a person made of it, which the plan refused.
    void showRefused(const QString &text, const Error &error);
    [[nodiscard]] bool isEditing() const { return m_editing; }
    [[nodiscard]] QString text() const;

Q_SIGNALS:
    /// Plan with this text.
    void used(const QString &text);
    /// Plan with what the host makes itself.
    void putBackWanted();

private:
    void setEditing(bool editing);
    void check();
    void say(const QString &problem, int line, bool reveal);

    CodeEditor *m_code;
    Label *m_note, *m_problem;
    QPushButton *m_edit, *m_use, *m_cancel, *m_putBack;
    QString m_planned, m_refused;
    bool m_editing = false, m_edited = false, m_xml = true;
};

} // namespace kastellan::ui
