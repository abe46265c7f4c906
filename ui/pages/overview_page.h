// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/examples.h"
#include "ui/pages/page.h"

class QGridLayout;
class QStackedWidget;
class QVBoxLayout;

namespace kastellan::ui {

class Card;
class Label;
class TableModel;
class TableView;
class Tile;

/// What runs and what needs attention; before there is anything, what to do first.
class OverviewPage : public Page {
    Q_OBJECT

public:
    explicit OverviewPage(Workspace &workspace, QWidget *parent = nullptr);
    [[nodiscard]] QString title() const override { return tr("Overview"); }
    [[nodiscard]] Link link() const override { return {QStringLiteral("overview"), {}, {}}; }
    void open(const Link &) override { show(); }
    void refresh() override;
    [[nodiscard]] QString help() const override;

private:
    [[nodiscard]] QWidget *makeWelcome();
    [[nodiscard]] QWidget *makeDashboard();
    void showExamples(const std::vector<Example> &examples);
    void show();
    void showAttention();
    [[nodiscard]] QString firstHost() const;

    QStackedWidget *m_stack = nullptr;
    QGridLayout *m_examples = nullptr;
    Label *m_examplesTitle = nullptr, *m_welcomeHost = nullptr;
    Tile *m_running = nullptr, *m_suspect = nullptr, *m_refused = nullptr, *m_hosts = nullptr;
    Card *m_attention = nullptr;
    QVBoxLayout *m_attentionRows = nullptr;
    TableModel *m_keeps = nullptr;
    TableView *m_keepsView = nullptr;
};

} // namespace kastellan::ui
