// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/pages/page.h"

class QPushButton;

namespace kastellan::ui {

class Badge;
class Card;
class ElidedLabel;
class FactList;
class Label;
class MessageBar;
class TableModel;
class TableView;

/// One host: whether it is ready, what it is, and its keeps.
class HostPage : public Page {
    Q_OBJECT

public:
    explicit HostPage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override;
    [[nodiscard]] Link link() const override { return {QStringLiteral("host"), m_id, {}}; }
    void open(const Link &link) override;
    void refresh() override;
    [[nodiscard]] QString help() const override;

private:
    void show();
    void showKeeps();

    QString m_id;
    ElidedLabel *m_title;
    Label *m_platform;
    Badge *m_state, *m_emulated;
    QPushButton *m_launch;
    MessageBar *m_message;
    Card *m_readiness;
    Label *m_why, *m_remedy;
    FactList *m_facts;
    Card *m_factsCard;
    TableModel *m_keeps;
    TableView *m_keepsView;
    Label *m_noKeeps;
};

} // namespace kastellan::ui
