// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace kastellan::ui {

class Label;

/// What the owner expects of the evidence.
class ExpectationsStep : public WizardStep {
    Q_OBJECT

public:
    ExpectationsStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Expectations"); }
    [[nodiscard]] QString text() const override
    {
        return tr("What the evidence is held against. Fixed with the plan, and never widened later.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    void enter() override;

private:
    void take();

    QRadioButton *m_ownDigest, *m_otherDigest;
    QLineEdit *m_digest;
    Label *m_digestProblem;
    std::vector<std::pair<std::string, QSpinBox *>> m_tcb;
    QCheckBox *m_strict, *m_debug, *m_noSandbox;
    QComboBox *m_execution;
    Label *m_shortEvidence;
    QString m_missing;
};

} // namespace kastellan::ui
