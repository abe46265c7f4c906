// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"
#include "ui/wizard/draft.h"

#include <QWidget>

namespace kastellan::ui {

class MessageBar;

/// One page of the launch wizard.
class WizardStep : public QWidget {
    Q_OBJECT

public:
    WizardStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent)
        : QWidget(parent)
        , m_workspace(workspace)
        , m_draft(draft)
        , m_message(message)
    {
    }
    [[nodiscard]] virtual QString title() const = 0;
    /// One sentence under the title.
    [[nodiscard]] virtual QString text() const = 0;
    /// What was chosen, short, for the list of steps; empty: nothing yet.
    [[nodiscard]] virtual QString summary() const { return {}; }
    /// Whether there is anything to choose, with what was chosen so far; a step that does not apply is passed over.
    [[nodiscard]] virtual bool applies() const { return true; }
    /// It is shown now.
    virtual void enter() {}
    /// Why one cannot go on; empty when one can.
    [[nodiscard]] virtual QString missing() const { return {}; }

Q_SIGNALS:
    /// `missing` or `summary` may have changed.
    void changed();
    /// The choice is made by a double-click: go on.
    void goOn();

protected:
    [[nodiscard]] Workspace &workspace() const { return m_workspace; }
    [[nodiscard]] LaunchDraft &draft() const { return m_draft; }
    [[nodiscard]] MessageBar &message() const { return m_message; }
    /// Something that the plan depends on is different.
    void touch()
    {
        m_draft.plan.reset();
        Q_EMIT changed();
    }

private:
    Workspace &m_workspace;
    LaunchDraft &m_draft;
    MessageBar &m_message;
};

} // namespace kastellan::ui
