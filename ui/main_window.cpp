// SPDX-License-Identifier: Apache-2.0
#include "ui/main_window.h"

#include "ui/host/add_host_dialog.h"
#include "ui/jobs/job_indicator.h"
#include "ui/pages/page.h"
#include "ui/side_bar.h"
#include "ui/theme/icons.h"
#include "ui/theme/theme.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/notice.h"
#include "ui/wizard/launch_wizard.h"

#include <QActionGroup>
#include <QClipboard>
#include <QCloseEvent>
#include <QCoreApplication>
#include <QDragEnterEvent>
#include <QGuiApplication>
#include <QMenu>
#include <QMenuBar>
#include <QSettings>
#include <QSplitter>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QVBoxLayout>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {
constexpr int lookEvery = 1500; ///< milliseconds between readings of the keeps while the window is looked at
}

MainWindow::MainWindow(Services services, QWidget *parent)
    : QMainWindow(parent)
    , m_workspace(std::make_unique<Workspace>(std::move(services)))
    , m_kinds(pageKinds())
{
    setWindowIcon(programIcon());
    setAcceptDrops(true);
    resize(1240, 800);
    setMinimumSize(860, 560);
    m_side = new SideBar(*m_workspace, this);
    m_side->setMinimumWidth(200);
    auto *right = new QWidget(this);
    auto *layout = new QVBoxLayout(right);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    m_message = new MessageBar(right);
    m_message->setPosition(KMessageWidget::Header);
    m_stack = new QStackedWidget(right);
    layout->addWidget(m_message);
    layout->addWidget(m_stack, 1);
    m_splitter = new QSplitter(Qt::Horizontal, this);
    m_splitter->setHandleWidth(1);
    m_splitter->addWidget(m_side);
    m_splitter->addWidget(right);
    m_splitter->setStretchFactor(0, 0);
    m_splitter->setStretchFactor(1, 1);
    m_splitter->setChildrenCollapsible(false);
    m_splitter->setSizes({260, 980});
    setCentralWidget(m_splitter);
    buildActions();
    buildMenus();
    buildToolBar();
    statusBar()->addPermanentWidget(new JobIndicator(m_workspace->jobs, this));
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setFixedHeight(std::max(28, fontMetrics().height() + 12));

    connect(m_side, &SideBar::linkWanted, this, &MainWindow::go);
    connect(m_side, &SideBar::addHostWanted, m_addHostAction, &QAction::trigger);
    connect(m_workspace.get(), &Workspace::linkWanted, this, &MainWindow::go);
    connect(m_workspace.get(), &Workspace::launchWanted, this, &MainWindow::launch);
    connect(m_workspace.get(), &Workspace::said, this, [this](const QString &text) { statusBar()->showMessage(text, 8000); });
    connect(&m_workspace->records, &Records::failed, this, [this](const Error &error) { m_message->showError(error); });
    restore();
    m_workspace->directory.refreshHosts();
    m_workspace->directory.refreshKeeps();
    m_workspace->directory.follow(lookEvery);
    go({u"overview"_s, {}, {}});
    m_side->focusList();
}

MainWindow::~MainWindow()
{
    delete m_wizard; // it and the pages work with the workspace
    delete takeCentralWidget();
    delete statusBar();
}

void MainWindow::buildActions()
{
    const auto make = [this](const QString &symbol, const QString &text, const QKeySequence &keys, auto &&what) {
        auto *action = new QAction(symbol.isEmpty() ? QIcon() : icon(symbol), text, this);
        action->setShortcut(keys);
        connect(action, &QAction::triggered, this, what);
        return action;
    };
    m_launchAction = make(u"launch"_s, tr("&Launch a keep…"), QKeySequence::New, [this] { launch({}); });
    m_launchAction->setIconText(tr("Launch…"));
    m_launchAction->setObjectName(u"launch"_s);
    m_addHostAction = make(u"add"_s, tr("&Add a host…"), {}, [this] {
        auto *dialog = new AddHostDialog(*m_workspace, this);
        connect(dialog, &AddHostDialog::added, this, [this](const QString &id) { go({u"host"_s, id, {}}); });
        dialog->open();
    });
    m_addHostAction->setObjectName(u"addHostAction"_s);
    m_backAction = make(u"back"_s, tr("&Back"), QKeySequence(Qt::ALT | Qt::Key_Left), [this] { open(m_history.back()); });
    m_forwardAction = make(u"forward"_s, tr("&Forward"), QKeySequence(Qt::ALT | Qt::Key_Right), [this] { open(m_history.forward()); });
    m_refreshAction = make(u"refresh"_s, tr("&Refresh"), QKeySequence(Qt::Key_F5), [this] {
        m_workspace->directory.refreshHosts();
        m_workspace->directory.refreshKeeps();
        if (Page *shownPage = currentPage())
            shownPage->refresh();
    });
    m_findAction = make(u"search"_s, tr("&Search hosts and keeps"), QKeySequence(Qt::CTRL | Qt::Key_K), [this] { m_side->focusSearch(); });
    m_helpAction = make(u"help"_s, tr("&About this page"), QKeySequence(Qt::Key_F1), [this] { showHelp(); });
    m_helpAction->setObjectName(u"help"_s);
    m_aboutAction = make({}, tr("About &Kastellan"), {}, [this] { showAbout(); });
    m_quitAction = make({}, tr("&Quit"), QKeySequence::Quit, [this] { close(); });
    m_copyLink = make(u"copy"_s, tr("&Copy the link to this page"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), [this] {
        if (const Page *shownPage = currentPage()) {
            QGuiApplication::clipboard()->setText(toText(shownPage->link()));
            statusBar()->showMessage(tr("Link copied: %1").arg(toText(shownPage->link())), 5000);
        }
    });
    m_pasteLink = make({}, tr("&Go to the copied link"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_V), [this] {
        const auto link = linkFromText(QGuiApplication::clipboard()->text());
        if (link && page(link->page))
            go(*link);
        else
            statusBar()->showMessage(tr("The clipboard holds no link to a page of this program."), 5000);
    });
}

void MainWindow::buildMenus()
{
    QMenu *file = menuBar()->addMenu(tr("&File"));
    file->addAction(m_launchAction);
    file->addAction(m_addHostAction);
    file->addSeparator();
    file->addAction(m_quitAction);
    m_keepMenu = menuBar()->addMenu(tr("&Keep"));
    m_keepMenu->setToolTipsVisible(true);
    QMenu *view = menuBar()->addMenu(tr("&View"));
    view->addAction(m_backAction);
    view->addAction(m_forwardAction);
    view->addAction(m_refreshAction);
    view->addSeparator();
    view->addAction(m_findAction);
    view->addAction(m_copyLink);
    view->addAction(m_pasteLink);
    view->addSeparator();
    QMenu *appearance = view->addMenu(icon(u"theme"_s), tr("&Appearance"));
    auto *group = new QActionGroup(this);
    const std::pair<theme::Choice, QString> choices[] = {
        {theme::Choice::System, tr("As the &system")}, {theme::Choice::Light, tr("&Light")}, {theme::Choice::Dark, tr("&Dark")}};
    for (const auto &[choice, text] : choices) {
        QAction *action = appearance->addAction(text);
        action->setCheckable(true);
        action->setChecked(theme::current() == choice);
        group->addAction(action);
        connect(action, &QAction::triggered, this, [this, number = static_cast<int>(choice)] { chooseTheme(number); });
    }
    QMenu *help = menuBar()->addMenu(tr("&Help"));
    help->addAction(m_helpAction);
    help->addAction(m_aboutAction);
}

void MainWindow::buildToolBar()
{
    QToolBar *bar = addToolBar(tr("Main"));
    bar->setObjectName(u"mainToolBar"_s);
    bar->setMovable(false);
    bar->setFloatable(false);
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    for (QAction *action : {m_backAction, m_forwardAction}) {
        action->setPriority(QAction::LowPriority); // icon alone
        bar->addAction(action);
    }
    bar->addSeparator();
    bar->addAction(m_launchAction);
    bar->addAction(m_refreshAction);
    for (QAction *action : {m_backAction, m_forwardAction, m_launchAction, m_refreshAction})
        if (QWidget *button = bar->widgetForAction(action)) {
            button->setAccessibleName(action->text().remove(u'&').remove(u'…'));
            button->setFocusPolicy(Qt::TabFocus);
        }
}

Page *MainWindow::page(const QString &id)
{
    if (Page *known = m_pages.value(id))
        return known;
    const auto kind = std::ranges::find(m_kinds, id, &PageKind::id);
    if (kind == m_kinds.end())
        return nullptr;
    Page *made = kind->make(*m_workspace, m_stack);
    made->setObjectName(u"pageOf-"_s + id);
    m_pages.insert(id, made);
    m_stack->addWidget(made);
    connect(made, &Page::titleChanged, this, [this, made] {
        if (currentPage() == made)
            showTitle();
    });
    connect(made, &Page::linkChanged, this, [this, made] {
        if (currentPage() == made && made->isVisible())
            m_history.replace(made->link());
    });
    return made;
}

Page *MainWindow::currentPage() const
{
    return qobject_cast<Page *>(m_stack->currentWidget());
}

LaunchWizard *MainWindow::wizard() const
{
    return m_wizard;
}

void MainWindow::go(const Link &link)
{
    if (!page(link.page))
        return;
    m_history.visit(link);
    open(link);
}

void MainWindow::open(const Link &link)
{
    Page *wanted = page(link.page);
    m_stack->setCurrentWidget(wanted);
    wanted->open(link);
    m_side->showPlace(link);
    m_backAction->setEnabled(m_history.canGoBack());
    m_forwardAction->setEnabled(m_history.canGoForward());
    allow(m_backAction, m_history.canGoBack(), tr("there is nothing before this page"));
    allow(m_forwardAction, m_history.canGoForward(), tr("there is nothing after this page"));
    showPageActions();
    showTitle();
}

void MainWindow::showPageActions()
{
    m_keepMenu->clear();
    const Page *shownPage = currentPage();
    m_keepMenu->setTitle(shownPage && shownPage->link().page == "host"_L1 ? tr("H&ost") : tr("&Keep"));
    const auto actions = shownPage ? shownPage->pageActions() : QList<QAction *>{};
    m_keepMenu->addActions(actions);
    if (actions.isEmpty()) {
        QAction *none = m_keepMenu->addAction(tr("Choose a keep at the left first"));
        none->setEnabled(false);
    }
}

void MainWindow::showTitle()
{
    const Page *shownPage = currentPage();
    setWindowTitle(shownPage ? tr("%1 – Kastellan").arg(shownPage->title()) : tr("Kastellan"));
}

void MainWindow::launch(const QString &workload)
{
    if (m_wizard) {
        m_wizard->raise();
        m_wizard->activateWindow();
        return;
    }
    const Page *shownPage = currentPage();
    const Link here = shownPage ? shownPage->link() : Link{};
    m_wizard = new LaunchWizard(*m_workspace, workload, here.page == "host"_L1 ? here.subject : QString(), this);
    m_wizard->setAttribute(Qt::WA_DeleteOnClose);
    connect(m_wizard, &LaunchWizard::keepWanted, this, [this](const QString &key, const QString &part) { go({u"keep"_s, key, part}); });
    m_wizard->open();
}

void MainWindow::showHelp()
{
    const Page *shownPage = currentPage();
    if (!shownPage)
        return;
    auto *notice = new Notice(u"help"_s, Tone::Accent, shownPage->title(), shownPage->help(), this);
    notice->addButton(tr("&Close"));
    notice->open();
}

void MainWindow::showAbout()
{
    auto *notice = new Notice({}, Tone::Plain, tr("Kastellan %1").arg(QCoreApplication::applicationVersion()),
        tr("Launches workloads in keeps protected by AMD SEV, proves what runs in them, and explains every verdict.\n\nLicence: "
           "Apache-2.0"),
        this);
    notice->setPicture(programPicture(64, devicePixelRatioF()));
    notice->addButton(tr("&Close"));
    notice->open();
}

void MainWindow::chooseTheme(int choice)
{
    theme::apply(static_cast<theme::Choice>(choice));
    theme::store(static_cast<theme::Choice>(choice));
}

void MainWindow::dragEnterEvent(QDragEnterEvent *event)
{
    if (!workloadOf(event->mimeData()).isEmpty())
        event->acceptProposedAction();
}

void MainWindow::dropEvent(QDropEvent *event)
{
    if (const QString path = workloadOf(event->mimeData()); !path.isEmpty()) {
        event->acceptProposedAction();
        launch(path);
    }
}

void MainWindow::restore()
{
    const QSettings settings;
    restoreGeometry(settings.value("window/geometry"_L1).toByteArray());
    m_splitter->restoreState(settings.value("window/splitter"_L1).toByteArray());
    m_splitter->setHandleWidth(1);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    QSettings settings;
    settings.setValue("window/geometry"_L1, saveGeometry());
    settings.setValue("window/splitter"_L1, m_splitter->saveState());
    QMainWindow::closeEvent(event);
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::WindowStateChange && m_workspace)
        m_workspace->directory.follow(isMinimized() ? 0 : lookEvery);
}

} // namespace kastellan::ui
