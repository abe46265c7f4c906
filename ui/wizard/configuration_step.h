// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

class QGridLayout;
class QLineEdit;
class QPlainTextEdit;

namespace kastellan::ui {

class Card;
class Label;

/// Name, arguments, environment and secrets.
class ConfigurationStep : public WizardStep {
    Q_OBJECT

public:
    ConfigurationStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Configuration"); }
    [[nodiscard]] QString text() const override
    {
        return tr("What the workload gets, over its Keep.toml. It is sent only after the verdict; the host never sees it.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    /// Nobody in a whole virtual machine could be given any of it.
    [[nodiscard]] bool applies() const override { return !draft().request.machine.whole; }
    void enter() override;

private:
    void take();
    void showSecrets();

    QLineEdit *m_name, *m_args;
    QPlainTextEdit *m_env;
    Label *m_envProblem;
    Card *m_secrets;
    Label *m_noSecrets;
    QGridLayout *m_secretRows;
    QString m_missing;
    std::shared_ptr<const Workload> m_for;
};

} // namespace kastellan::ui
