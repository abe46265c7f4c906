// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/directory.h"

#include <QWidget>

#include <memory>

namespace kastellan::ui {

class Card;
class CodeView;
class ConsoleView;
class FactList;
class KeepSession;
class Label;
class LogTail;
class Sparkline;
class Workspace;

/// The virtual machine that a keep is: what it uses, what was decided, what its console said, and its domain XML.
class MachineView : public QWidget {
    Q_OBJECT

public:
    MachineView(Workspace &workspace, KeepSession &session, QWidget *parent = nullptr);
    void setKeep(const KeepPointer &keep);
    /// The log has grown: the console may have said more.
    void readOn();

protected:
    void showEvent(QShowEvent *event) override;
    void hideEvent(QHideEvent *event) override;

private:
    void used(qint64 at, double cpuSeconds, quint64 memory);
    void watch();

    Workspace &m_workspace;
    KeepSession &m_session;
    KeepPointer m_keep;
    Card *m_use;
    Sparkline *m_processor, *m_memory;
    Label *m_noUse;
    FactList *m_facts;
    ConsoleView *m_console;
    CodeView *m_xml;
    Label *m_xmlText;
    Card *m_xmlCard;
    std::unique_ptr<LogTail> m_tail;
    qint64 m_lastAt = 0;
    double m_lastSeconds = 0;
};

} // namespace kastellan::ui
