// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QDialog>

class QProgressBar;
class QPushButton;
class QStackedWidget;
class QVBoxLayout;

namespace kastellan::ui {

class Label;
class MessageBar;
class ParameterForm;
class PlanCard;

/// One action with a host's platform, from what it wants to be told over the plan and its confirmation to the outcome. Deletes itself when
/// closed; does not close while the platform is at work.
class ActionDialog : public QDialog {
    Q_OBJECT

public:
    ActionDialog(Workspace &workspace, QString host, PlatformAction action, QWidget *parent);
    void reject() override;

private:
    enum Step { Parameters, Plan, Running, Outcome };
    void build();
    void addPage(QWidget *content);
    void setPlanPage(QWidget *content);
    void setStep(Step step);
    void updateButtons();
    void goOn();
    void askPlan();
    void showPlan(const Result<ActionPlan> &plan);
    void perform();
    void showOutcome(const Result<ActionOutcome> &outcome);

    Workspace &m_workspace;
    const QString m_host;
    const PlatformAction m_action;
    Step m_step = Parameters;
    bool m_planning = false;
    QPointer<Job> m_job;
    MessageBar *m_message;
    QStackedWidget *m_pages;
    ParameterForm *m_form = nullptr;
    PlanCard *m_plan = nullptr;
    QVBoxLayout *m_planPage = nullptr;
    Label *m_doing = nullptr;
    QProgressBar *m_bar = nullptr;
    QVBoxLayout *m_outcome = nullptr;
    QPushButton *m_back, *m_close, *m_go;
};

} // namespace kastellan::ui
