// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QWidget>

class QButtonGroup;
class QLabel;
class QLineEdit;
class QTreeView;
class QVBoxLayout;

namespace kastellan::ui {

class KeepsFilter;
class KeepsModel;

/// The left of the window: the listed pages, and hosts with their keeps, searched.
class SideBar : public QWidget {
    Q_OBJECT

public:
    explicit SideBar(Workspace &workspace, QWidget *parent = nullptr);
    /// Marks what the window shows, without asking for it again.
    void showPlace(const Link &link);
    void focusSearch();
    void focusList();

Q_SIGNALS:
    void linkWanted(const kastellan::ui::Link &link);
    void addHostWanted();

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void activate(const QModelIndex &index);
    void keepPlace();

    Workspace &m_workspace;
    QButtonGroup *m_pages;
    QLineEdit *m_search;
    KeepsModel *m_model;
    KeepsFilter *m_filter;
    QTreeView *m_tree;
    QLabel *m_none;
    Link m_place;
    bool m_marking = false;
};

} // namespace kastellan::ui
