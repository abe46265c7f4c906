// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ui/data/workspace.h"
#include "ui/history.h"

#include <QMainWindow>
#include <QPointer>

#include <memory>

class QSplitter;
class QStackedWidget;

namespace kastellan::ui {

class LaunchWizard;
class MessageBar;
class Page;
class SideBar;
struct PageKind;

/// The program's window.
class MainWindow : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(Services services, QWidget *parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] Workspace &workspace() { return *m_workspace; }
    /// Shows a place and notes it in the history.
    void go(const Link &link);
    /// Opens the launch wizard, with a workload if one is given.
    void launch(const QString &workload);
    [[nodiscard]] Page *currentPage() const;
    [[nodiscard]] LaunchWizard *wizard() const;

protected:
    void dragEnterEvent(QDragEnterEvent *event) override;
    void dropEvent(QDropEvent *event) override;
    void closeEvent(QCloseEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void buildActions();
    void buildMenus();
    void buildToolBar();
    void open(const Link &link);
    [[nodiscard]] Page *page(const QString &id);
    void showPageActions();
    void showTitle();
    void showHelp();
    void showAbout();
    void chooseTheme(int choice);
    void restore();

    std::unique_ptr<Workspace> m_workspace; ///< outlives every page: they are children that go first, see the destructor
    std::vector<PageKind> m_kinds;
    QHash<QString, Page *> m_pages;
    History m_history;
    SideBar *m_side;
    QSplitter *m_splitter;
    QStackedWidget *m_stack;
    MessageBar *m_message;
    QPointer<LaunchWizard> m_wizard;
    QAction *m_launchAction, *m_addHostAction, *m_backAction, *m_forwardAction, *m_refreshAction, *m_findAction, *m_helpAction,
        *m_aboutAction, *m_quitAction, *m_copyLink, *m_pasteLink;
    QMenu *m_keepMenu = nullptr;
};

} // namespace kastellan::ui
