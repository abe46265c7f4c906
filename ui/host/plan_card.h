// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/hosts/platform_control.h"

#include <QWidget>

class QCheckBox;
class QLineEdit;
class QVBoxLayout;

namespace kastellan::ui {

/// What an action would do, before anything does, and the confirmation that it needs: none for what only looks or can be undone, a mark
/// beside the consequence for what destroys, the action's title typed for what can never be undone.
class PlanCard : public QWidget {
    Q_OBJECT

public:
    explicit PlanCard(const ActionPlan &plan, QWidget *parent = nullptr);
    [[nodiscard]] const ActionPlan &plan() const { return m_plan; }
    /// Whether the person has confirmed what has to be confirmed.
    [[nodiscard]] bool isConfirmed() const;
    /// What is still to be done for that; empty: nothing.
    [[nodiscard]] QString missing() const;

Q_SIGNALS:
    void confirmedChanged();

private:
    void addList(const QString &heading, const std::vector<std::string> &lines, bool numbered, const QString &symbol, int tone);
    void addArguments();
    void addConfirmation();

    ActionPlan m_plan;
    QVBoxLayout *m_lists;
    QCheckBox *m_mark = nullptr;
    QLineEdit *m_typed = nullptr;
};

} // namespace kastellan::ui
