// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/draft.h"
#include "ui/wizard/step.h"

#include <QDialog>

class QPushButton;
class QStackedWidget;

namespace kastellan::ui {

class Label;
class LaunchStep;
class MessageBar;
class StepList;
class WorkloadStep;

/// From a workload to a running keep: workload, host, machine, expectations, configuration, the plan to confirm, the launch itself.
class LaunchWizard : public QDialog {
    Q_OBJECT

public:
    enum Step { Workload, Host, Machine, Expectations, Configuration, Plan, Launch };
    /// `workload`: a path to begin with; empty: none. `host`: preselected; empty: the first that is ready.
    LaunchWizard(Workspace &workspace, const QString &workload, const QString &host, QWidget *parent = nullptr);
    ~LaunchWizard() override;

    [[nodiscard]] int currentStep() const;
    void goTo(int step);
    [[nodiscard]] const LaunchDraft &draft() const { return m_draft; }
    void reject() override;

Q_SIGNALS:
    /// Show this keep: it runs, has run, or was refused.
    void keepWanted(const QString &key, const QString &part);

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;

private:
    void build();
    void update();
    void next();
    [[nodiscard]] int neighbour(int direction) const; ///< the next step that applies, forward (1) or back (-1)
    void addStep(WizardStep *step);
    void afterEnd(const QString &key);

    Workspace &m_workspace;
    LaunchDraft m_draft;
    QList<WizardStep *> m_steps;
    WorkloadStep *m_workload = nullptr;
    LaunchStep *m_launch = nullptr;
    StepList *m_rail;
    Label *m_title, *m_text;
    MessageBar *m_message;
    QStackedWidget *m_stack;
    QPushButton *m_cancel, *m_back, *m_plan, *m_next;
    QString m_endedKey;
    bool m_over = false; ///< the launch ended without a running keep
};

} // namespace kastellan::ui
