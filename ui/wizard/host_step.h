// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

class QButtonGroup;
class QVBoxLayout;

namespace kastellan::ui {

class ChoiceCard;

/// Where the keep is to run: one of the hosts, or the best of them.
class HostStep : public WizardStep {
    Q_OBJECT

public:
    HostStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Host"); }
    [[nodiscard]] QString text() const override
    {
        return tr("Where the keep is to run. A host need not be trusted: the keep's evidence says what protects it.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    void enter() override;

private:
    void show();
    void choose(const QString &id);
    [[nodiscard]] ChoiceCard *cardOf(const HostInfo &host);
    [[nodiscard]] ChoiceCard *automaticCard();
    void add(ChoiceCard *card, const QString &id, const QString &whyNot);

    QVBoxLayout *m_list;
    QButtonGroup *m_group;
};

} // namespace kastellan::ui
