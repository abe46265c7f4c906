// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

class QStackedWidget;

namespace kastellan::ui {

class MessageBar;
class TableView;
class TableModel;

/// Who did what when, on this machine, with this program or keepctl.
class ActivityPage : public Page {
    Q_OBJECT

public:
    explicit ActivityPage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override { return tr("Activity"); }
    [[nodiscard]] Link link() const override { return {QStringLiteral("activity"), {}, {}}; }
    void open(const Link &) override { refresh(); }
    void refresh() override;
    [[nodiscard]] QString help() const override;

private:
    MessageBar *m_message;
    TableModel *m_model;
    TableView *m_view;
    QStackedWidget *m_stack;
};

} // namespace kastellan::ui
