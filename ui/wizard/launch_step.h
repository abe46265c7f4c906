// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

#include "ui/widgets/message_bar.h"

#include <QPointer>

#include <memory>

class QProgressBar;

namespace kastellan::ui {

class AttentionCard;
class Job;
class KeepHappenings;
class KeepSession;
class Label;
class StepList;

/// The launch as it goes through the states.
class LaunchStep : public WizardStep {
    Q_OBJECT

public:
    LaunchStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    ~LaunchStep() override;
    [[nodiscard]] QString title() const override { return tr("Launch"); }
    [[nodiscard]] QString text() const override
    {
        return tr("The keep goes through its states, one after the other. Cancel ends it and cleans up.");
    }
    void enter() override;
    /// Whether the launch is under way: Cancel ends it.
    [[nodiscard]] bool isBusy() const { return m_busy; }
    void cancel();

Q_SIGNALS:
    /// It runs, or has run.
    void launched(const QString &key);
    /// It ended before it ran, for a reason that `message` shows. `key` is empty when there is no keep to look at.
    void ended(const QString &key);

private:
    void show(const KeepStatus &status);
    void finish(const QString &titleText, const QString &detail, KMessageWidget::MessageType type);
    void tick(const QString &doing, quint64 done, quint64 total);
    void showCourse(const QString &doing);

    StepList *m_steps;
    AttentionCard *m_attention;
    std::unique_ptr<KeepHappenings> m_happenings;
    QProgressBar *m_bar;
    Label *m_doing;
    KeepSession *m_session;
    QPointer<Job> m_job;
    KeepStatus m_status;
    QString m_key;
    bool m_busy = false, m_cancelled = false;
};

} // namespace kastellan::ui
