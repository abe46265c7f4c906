// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"

#include <QAction>
#include <QWidget>

#include <functional>
#include <vector>

namespace kastellan::ui {

/// One page at the right of the window. A new one is a class and a line in pages/page_kinds.cpp.
class Page : public QWidget {
    Q_OBJECT

public:
    explicit Page(Workspace &workspace, QWidget *parent = nullptr)
        : QWidget(parent)
        , m_workspace(workspace)
    {
    }
    /// What is shown, for the window's title and the history.
    [[nodiscard]] virtual QString title() const = 0;
    /// Where it is now; `open` with it shows the same again.
    [[nodiscard]] virtual Link link() const = 0;
    virtual void open(const Link &link) = 0;
    /// Reads again what it shows.
    virtual void refresh() {}
    /// What can be done with what it shows, for the window's menu.
    [[nodiscard]] virtual QList<QAction *> pageActions() const { return {}; }
    /// Help on this page: what it is for and what can be done, in a few sentences.
    [[nodiscard]] virtual QString help() const = 0;

Q_SIGNALS:
    void titleChanged();
    /// The page shows another part of itself.
    void linkChanged();

protected:
    [[nodiscard]] Workspace &workspace() const { return m_workspace; }

private:
    Workspace &m_workspace;
};

/// A kind of page, made when first shown.
struct PageKind {
    QString id, title, symbol;
    bool listed = false; ///< at the top of the side bar; the others are reached through what they show
    std::function<Page *(Workspace &, QWidget *)> make;
};
[[nodiscard]] std::vector<PageKind> pageKinds();

/// Enables an action, or disables it and says why in its tool tip.
void allow(QAction *action, bool possible, const QString &whyNot);

} // namespace kastellan::ui
