// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/examples.h"
#include "ui/wizard/step.h"

#include <QTimer>

class QGridLayout;
class QLineEdit;
class QStackedWidget;

namespace kastellan::ui {

class Card;
class FactList;
class Label;
class Segments;
class WholeMachineForm;

/// Which workload: dropped, browsed for, typed, or an example.
class WorkloadStep : public WizardStep {
    Q_OBJECT

public:
    WorkloadStep(Workspace &workspace, LaunchDraft &draft, MessageBar &message, QWidget *parent);
    [[nodiscard]] QString title() const override { return tr("Workload"); }
    [[nodiscard]] QString text() const override
    {
        return tr("What is to run in the keep: a WebAssembly (WASI) module with its Keep.toml, or a whole virtual machine.");
    }
    [[nodiscard]] QString summary() const override;
    [[nodiscard]] QString missing() const override;
    /// Reads the workload at a path.
    void choose(const QString &path);

private:
    [[nodiscard]] QWidget *makeModule();
    void chooseKind(int kind);
    void takeWhole();
    void lookForTyped();
    void showExamples(const std::vector<Example> &examples);
    void show(Result<std::pair<std::shared_ptr<const Workload>, std::uint64_t>> result, const QString &path);

    Segments *m_kinds;
    QWidget *m_module = nullptr;
    WholeMachineForm *m_whole;
    QLineEdit *m_path;
    Card *m_card;
    FactList *m_facts;
    Label *m_notes;
    Label *m_examplesTitle;
    QGridLayout *m_examples;
    QTimer m_typing;
    QTimer m_typingWhole;
    QString m_reading;
    unsigned m_wholeAttempt = 0; ///< an answer to an older look at the machine's files is dropped
};

} // namespace kastellan::ui
