// SPDX-License-Identifier: Apache-2.0
#include "ui/host/host_page.h"

#include "ui/host/action_dialog.h"
#include "ui/host/actions_view.h"
#include "ui/host/certificates_view.h"
#include "ui/host/check_strip.h"
#include "ui/host/host_banner.h"
#include "ui/host/maintenance_view.h"
#include "ui/host/notice_list.h"
#include "ui/host/platform_facts.h"
#include "ui/host/readiness_export.h"
#include "ui/host/readiness_view.h"
#include "ui/models/table_model.h"
#include "ui/pages/keep_table.h"
#include "ui/pages/page_parts.h"
#include "ui/theme/icons.h"
#include "ui/widgets/action_button.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/table_view.h"

#include <QPushButton>
#include <QTabWidget>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

namespace {

const QStringList tabNames{u"readiness"_s, u"platform"_s, u"certificates"_s, u"actions"_s, u"maintenance"_s, u"keeps"_s};

} // namespace

HostPage::HostPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_title(new ElidedLabel({}, Label::Kind::Title, Tone::Plain, Qt::ElideRight, this))
    , m_platform(new ElidedLabel({}, Label::Kind::Body, Tone::Muted, Qt::ElideRight, this))
    , m_state(new Badge({}, this))
    , m_emulated(emulatedBadge(this))
    , m_launch(new QAction(icon(u"launch"_s), tr("&Launch here…"), this))
    , m_check(new QAction(icon(u"refresh"_s), tr("Check a&gain"), this))
    , m_remove(new QAction(icon(u"remove"_s), tr("Take off the &list…"), this))
    , m_message(new MessageBar(this))
    , m_notices(new NoticeList(this))
    , m_banner(new HostBanner(this))
    , m_tabs(new QTabWidget(this))
{
    m_launch->setObjectName(u"launchHere"_s);
    m_check->setObjectName(u"checkAgain"_s);
    m_remove->setObjectName(u"removeHost"_s);
    m_check->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_R));
    auto *layout = pageLayout(this);
    buildHeader(layout);
    layout->addWidget(m_message);
    layout->addWidget(m_notices);
    layout->addWidget(m_banner);
    buildTabs(layout);
    connectData();
}

void HostPage::buildHeader(QVBoxLayout *layout)
{
    auto *header = new QHBoxLayout;
    header->setSpacing(8);
    auto *words = new QVBoxLayout;
    words->setSpacing(3);
    words->addWidget(m_title);
    auto *line = new QHBoxLayout;
    line->setSpacing(8);
    line->addWidget(m_state);
    line->addWidget(m_emulated);
    line->addWidget(m_platform, 1);
    line->addStretch(0);
    words->addLayout(line);
    header->addLayout(words, 1);
    QPushButton *launch = buttonFor(m_launch, this);
    launch->setProperty("primary", true);
    m_export = readinessExportButton(workspace(), m_message, [this] { return workspace().inspections.of(m_id).result; }, this);
    for (QPushButton *button : {launch, buttonFor(m_check, this), m_export, buttonFor(m_remove, this)})
        header->addWidget(button, 0, Qt::AlignTop);
    layout->addLayout(header);
}

void HostPage::buildTabs(QVBoxLayout *layout)
{
    m_facts = new PlatformFacts(this);
    m_certificates = new CertificatesView(workspace(), m_message, this);
    m_actions = new ActionsView(this);
    m_maintenance = new MaintenanceView(this);
    m_tabs->setDocumentMode(true);
    m_tabs->setIconSize({18, 18});
    m_tabs->setUsesScrollButtons(true);
    m_tabs->setAccessibleName(tr("Parts of the host"));
    m_tabs->setObjectName(u"hostTabs"_s);
    const auto add = [&](QWidget *page, const QString &symbol, const QString &title) {
        auto *frame = new QWidget(m_tabs);
        auto *inner = new QVBoxLayout(frame);
        inner->setContentsMargins(0, 12, 0, 0);
        inner->addWidget(page);
        m_tabs->addTab(frame, icon(symbol), title);
    };
    add(makeReadiness(), u"findings"_s, tr("Readiness"));
    add(m_facts, u"chip"_s, tr("Platform"));
    add(m_certificates, u"chain"_s, tr("Certificates"));
    add(m_actions, u"actions"_s, tr("Actions"));
    add(m_maintenance, u"wrench"_s, tr("Maintenance"));
    add(makeKeeps(), u"keep"_s, tr("Keeps"));
    layout->addWidget(m_tabs, 1);
}

QWidget *HostPage::makeReadiness()
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(10);
    m_readiness = new ReadinessView(page);
    m_strip = new CheckStrip(page);
    layout->addWidget(m_readiness, 1);
    layout->addWidget(m_strip);
    connect(m_readiness, &ReadinessView::said, &workspace(), &Workspace::say);
    connect(m_strip, &CheckStrip::cancelWanted, this, [this] { workspace().inspections.cancel(m_id); });
    return page;
}

QWidget *HostPage::makeKeeps()
{
    auto *page = new QWidget(this);
    auto *layout = new QVBoxLayout(page);
    layout->setContentsMargins(0, 0, 0, 0);
    m_keeps = new TableModel(keepHeaders(false), this);
    m_keepsView = new TableView(tr("Keeps on this host"), *m_keeps, page);
    m_keepsView->setColumnWidths({260, 130, 230});
    m_keepsView->sortByColumn(3, Qt::DescendingOrder);
    m_noKeeps = new Label(tr("No keeps here yet."), Label::Kind::Body, Tone::Muted, page);
    layout->addWidget(m_noKeeps, 0, Qt::AlignTop);
    layout->addWidget(m_keepsView, 1);
    connect(m_keepsView, &TableView::keyActivated, this, [this](const QString &key) { workspace().go({u"keep"_s, key, {}}); });
    return page;
}

void HostPage::connectData()
{
    connect(m_launch, &QAction::triggered, this, [this] { workspace().launch({}); });
    connect(m_check, &QAction::triggered, this, [this] { workspace().inspections.check(m_id); });
    connect(m_remove, &QAction::triggered, this, &HostPage::askRemove);
    connect(m_tabs, &QTabWidget::currentChanged, this, &Page::linkChanged);
    connect(m_banner, &HostBanner::causeWanted, this, [this](const QString &id) {
        m_tabs->setCurrentIndex(0);
        m_readiness->choose(id);
    });
    connect(m_facts, &PlatformFacts::refreshWanted, this, [this] { workspace().platforms.refresh(m_id); });
    connect(m_actions, &ActionsView::wanted, this, &HostPage::act);
    connect(m_certificates, &CertificatesView::actionWanted, this, &HostPage::act);
    connect(m_maintenance, &MaintenanceView::keepWanted, this, [this](const QString &key) { workspace().go({u"keep"_s, key, {}}); });
    connect(m_notices, &NoticeList::recordWanted, this, [this](const QString &id) { workspace().go({u"record"_s, id, {}}); });
    connect(&workspace().directory, &Directory::hostsChanged, this, &HostPage::showHost);
    connect(&workspace().directory, &Directory::keepsChanged, this, &HostPage::showKeeps);
    connect(&workspace().notices, &Notices::changed, this, &HostPage::showNotices);
    const auto mine = [this](void (HostPage::*show)()) {
        return [this, show](const QString &host) {
            if (host == m_id)
                (this->*show)();
        };
    };
    connect(&workspace().inspections, &Inspections::changed, this, mine(&HostPage::showReadiness));
    connect(&workspace().inspections, &Inspections::progressed, this, [this](const QString &host) {
        if (host == m_id)
            m_strip->show(workspace().inspections.of(host));
    });
    connect(&workspace().platforms, &Platforms::changed, this, mine(&HostPage::showPlatform));
    connect(&workspace().platforms, &Platforms::performed, this, [this](const QString &host, bool changes) {
        Q_EMIT workspace().records.changed(); // the activity log has a new line
        if (changes)
            workspace().inspections.checkAgainQuietly(host);
    });
}

QString HostPage::title() const
{
    const HostInfo *host = workspace().directory.host(m_id);
    return host ? shownLine(host->name) : m_id;
}

Link HostPage::link() const
{
    const int tab = m_tabs->currentIndex();
    return {u"host"_s, m_id, tab > 0 ? tabNames.value(tab) : QString()};
}

void HostPage::open(const Link &link)
{
    if (link.subject != m_id) {
        m_id = link.subject;
        m_message->clear();
        m_runningKeeps.clear();
        m_readiness->setReadiness(nullptr);
        m_facts->show({});
        m_certificates->show({});
        m_actions->show({});
    }
    m_tabs->setCurrentIndex(static_cast<int>(std::max<qsizetype>(0, tabNames.indexOf(link.part))));
    showHost();
}

void HostPage::refresh()
{
    workspace().inspections.check(m_id);
    workspace().platforms.refresh(m_id);
    workspace().notices.refresh();
}

void HostPage::showEvent(QShowEvent *event)
{
    Page::showEvent(event);
    if (!m_id.isEmpty())
        showHost();
}

void HostPage::showHost()
{
    if (m_id.isEmpty())
        return;
    const HostInfo *host = workspace().directory.host(m_id);
    m_title->setText(title());
    m_emulated->setVisible(host && host->emulated);
    m_platform->setVisible(host && !host->platform.empty());
    m_tabs->setEnabled(host);
    if (!host) {
        m_state->setSign(hostSign("unknown"));
        allow(m_launch, false, tr("this host is not known"));
        allow(m_check, false, tr("this host is not known"));
        m_remove->setVisible(false);
        m_export->setEnabled(false);
        m_export->setToolTip(tr("This host is not known."));
        const bool loaded = workspace().directory.isLoaded();
        m_banner->showWords({u"shield-question"_s, loaded ? tr("Not known") : tr("Looking at the host…"), Tone::Muted},
            loaded ? tr("This program does not know the host “%1”.").arg(m_id) : QString());
        showKeeps();
        return;
    }
    const bool added = m_id.contains("://"_L1); // the others are always there
    m_remove->setVisible(added);
    const std::size_t running = keepsHere(true).size();
    allow(m_remove, running == 0,
        running == 1 ? tr("a keep runs there; stop it first") : tr("%1 keeps run there; stop them first").arg(running));
    m_state->setSign(hostSign(host->state));
    m_platform->setText(shownLine(host->platform));
    // The wizard says what a launch on a host that is not ready would be worth.
    allow(m_launch, host->state == "ready" || host->machines, tr("the host is not ready. %1").arg(shown(host->why)));
    if (isVisible()) {
        workspace().inspections.open(m_id);
        workspace().platforms.open(m_id);
    }
    showReadiness();
    showPlatform();
    showKeeps();
    showNotices();
    Q_EMIT titleChanged();
}

void HostPage::askRemove()
{
    dialogs::confirm(this, tr("Take “%1” off the list?").arg(title()),
        tr("Nothing on the host is changed. Its keeps that have ended stay listed, and all evidence is kept; the host can be added again "
           "at "
           "any time."),
        tr("&Take it off"), [this] {
            workspace().jobs.run<bool>(
                JobRunner::Lane::Shown, tr("Take %1 off the list").arg(title()), this,
                [remove = workspace().services.hostList.remove, id = m_id.toStdString()](
                    const Progress &, const std::stop_token &) { return remove(id); },
                [this, id = m_id](const Result<bool> &removed) {
                    if (!removed) {
                        m_message->showError(removed.error());
                        return;
                    }
                    workspace().records.note(u"remove host"_s, id, u"done"_s);
                    workspace().say(tr("%1 is off the list").arg(id));
                    workspace().directory.refreshHosts();
                    workspace().go({u"overview"_s, {}, {}});
                });
        });
}

void HostPage::showReadiness()
{
    const HostInfo *host = workspace().directory.host(m_id);
    if (!host)
        return;
    const Inspection &known = workspace().inspections.of(m_id);
    if (known.result)
        m_banner->showReadiness(*known.result);
    else
        m_banner->showInfo(*host);
    if (known.none)
        m_readiness->setEmptyText(tr("Nothing to check"),
            tr("This kind of host says itself whether it is ready; there is nothing of it that could be looked at."));
    else if (known.job)
        m_readiness->setEmptyText(tr("Looking at the host…"), tr("Its checks appear here in a moment."));
    else
        m_readiness->setEmptyText(tr("Not looked at yet"), tr("Check the host to see whether it can run keeps."));
    m_readiness->setReadiness(known.result);
    m_strip->show(known);
    m_strip->setVisible(!known.none);
    const bool asked = known.job && known.asked;
    allow(m_check, !asked && !known.none, known.none ? tr("nothing can look at this host") : tr("it is being checked"));
    m_export->setEnabled(known.result != nullptr);
    m_export->setToolTip(known.result ? QString() : tr("There is no result yet."));
    if (known.error && !known.job)
        m_message->showError(*known.error);
    else if (known.job)
        m_message->clear();
}

void HostPage::showPlatform()
{
    const PlatformState &state = workspace().platforms.of(m_id);
    m_facts->show(state);
    m_certificates->show(state);
    m_actions->show(state);
    showMaintenance();
}

std::vector<KeepPointer> HostPage::keepsHere(bool running) const
{
    std::vector<KeepPointer> here;
    for (const KeepPointer &keep : workspace().directory.keeps())
        if (QString::fromStdString(keep->plan.host) == m_id && (!running || !isFinal(keep->state)))
            here.push_back(keep);
    return here;
}

void HostPage::showKeeps()
{
    if (m_id.isEmpty())
        return;
    const std::vector<KeepPointer> here = keepsHere(false);
    m_noKeeps->setVisible(here.empty());
    m_keepsView->setVisible(!here.empty());
    m_keeps->setRows(keepRows(here, false));
    m_tabs->setTabText(static_cast<int>(tabNames.indexOf(u"keeps"_s)), here.empty() ? tr("Keeps") : tr("Keeps (%1)").arg(here.size()));
    QString running;
    for (const KeepPointer &keep : keepsHere(true))
        running += keyOf(keep->plan.id) + u' ';
    if (std::exchange(m_runningKeeps, running) == running)
        return;
    if (const std::size_t count = keepsHere(true).size(); m_remove->isVisible())
        allow(m_remove, count == 0,
            count == 1 ? tr("a keep runs there; stop it first") : tr("%1 keeps run there; stop them first").arg(count));
    showMaintenance();
    if (isVisible() && workspace().platforms.of(m_id).at != 0) // it counts what runs
        workspace().platforms.refresh(m_id);
}

void HostPage::showMaintenance()
{
    m_maintenance->show(workspace().platforms.of(m_id), keepsHere(true));
}

void HostPage::showNotices()
{
    m_notices->setNotices(workspace().directory.host(m_id) ? workspace().notices.of(m_id) : std::vector<TrustNotice>{});
}

void HostPage::act(const QString &action)
{
    const auto &actions = workspace().platforms.of(m_id).actions;
    const auto found = std::ranges::find(actions, action.toStdString(), &PlatformAction::id);
    if (found != actions.end() && found->available)
        (new ActionDialog(workspace(), m_id, *found, this))->open(); // deletes itself
}

QString HostPage::help() const
{
    return tr(
        "A host is where keeps run. Readiness says whether it can: each check tells what was looked at, what was there, what it means "
        "and what to do; what a missing cause rules out is skipped and names it. Platform, Certificates and Actions are about the "
        "firmware of the host; you see the plan of an action before anything happens. Maintenance says what runs and what would end. "
        "What a host says of itself is help, never proof: proof is the attestation of each keep.");
}

} // namespace kastellan::ui
