// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

class QStackedWidget;
class QPushButton;

namespace kastellan::ui {

class MessageBar;
class TableModel;
class TableView;

/// All evidence records of this user.
class EvidencePage : public Page {
    Q_OBJECT

public:
    explicit EvidencePage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override { return tr("Evidence"); }
    [[nodiscard]] Link link() const override { return {QStringLiteral("evidence"), {}, {}}; }
    void open(const Link &) override { refresh(); }
    void refresh() override;
    [[nodiscard]] QString help() const override;

private:
    void showButtons();

    MessageBar *m_message;
    TableModel *m_model;
    TableView *m_view;
    QStackedWidget *m_stack;
    QPushButton *m_open, *m_export;
    QWidget *m_buttons;
};

} // namespace kastellan::ui
