// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/wizard/step.h"

class QCheckBox;
class QComboBox;
class QLineEdit;
class QRadioButton;
class QSpinBox;

namespace kastellan::ui {

class Card;
class Label;
class PolicyCard;

/// The virtual machine that the keep is to be, on hosts where keeps are machines: protection, resources, network.
class MachineStep : public WizardStep {
    Q_OBJECT

public:
    MachineStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Machine"); }
    [[nodiscard]] QString text() const override
    {
        return tr("On this host a keep is a virtual machine. Choose what has to protect it; it is never launched with less.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    [[nodiscard]] bool applies() const override;
    void enter() override;

private:
    [[nodiscard]] Card *makeProtection();
    [[nodiscard]] Card *makeResources();
    [[nodiscard]] Card *makeNetwork();
    [[nodiscard]] Card *makeFiles();
    [[nodiscard]] Card *makeGivenUp();
    [[nodiscard]] Card *makeCluster();
    [[nodiscard]] QString problemOf(const HostInfo &host, const MachineRequest &machine) const;
    void takeNetwork(MachineRequest &machine);
    void offer();
    void take();

    std::vector<std::pair<std::string, QRadioButton *>> m_technologies;
    QCheckBox *m_rehearse = nullptr, *m_unattested = nullptr, *m_undecided = nullptr;
    QSpinBox *m_vcpus = nullptr, *m_memory = nullptr;
    QLineEdit *m_model = nullptr, *m_bridge = nullptr, *m_ports = nullptr, *m_image = nullptr, *m_firmware = nullptr;
    QComboBox *m_network = nullptr;
    Label *m_portsProblem = nullptr, *m_cannot = nullptr;
    Card *m_givenUp = nullptr, *m_cluster = nullptr;
    PolicyCard *m_policy = nullptr;
    QString m_missing, m_networkProblem, m_for;
};

} // namespace kastellan::ui
