// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

#include <QPointer>

class QStackedWidget;

namespace kastellan::ui {

class Card;
class DomainEditor;
class FactList;
class Job;
class Label;
class StepList;
class TableModel;
class TableView;

/// The plan to confirm: what is measured, what is trusted, what is sent when.
class PlanStep : public WizardStep {
    Q_OBJECT

public:
    PlanStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Plan"); }
    [[nodiscard]] QString text() const override
    {
        return tr("Everything is decided now, and nothing has been done. This is what will happen.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    void enter() override;

private:
    void make();
    void made(Result<AutomaticPlan> plan);
    void planWith(const QString &domainXml);
    void showReasons();
    void show(const LaunchPlan &plan);
    void showSequence(const LaunchPlan &plan);
    void showMachine(const LaunchPlan &plan);

    QStackedWidget *m_stack;
    Label *m_progress;
    FactList *m_what, *m_trust;
    Card *m_trustCard;
    Label *m_overrides;
    StepList *m_sequence;
    Card *m_machineCard;
    FactList *m_machine;
    DomainEditor *m_domain;
    Card *m_reasonsCard, *m_whatCard, *m_sequenceCard;
    FactList *m_reasons;
    TableModel *m_image;
    TableView *m_imageView;
    Card *m_imageCard;
    QPointer<Job> m_job;
    unsigned m_attempt = 0;
};

} // namespace kastellan::ui
