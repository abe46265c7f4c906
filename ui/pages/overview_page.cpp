// SPDX-License-Identifier: Apache-2.0
#include "ui/pages/overview_page.h"

#include "ui/host/host_signs.h"
#include "ui/models/table_model.h"
#include "ui/pages/keep_table.h"
#include "ui/theme/icons.h"
#include "ui/widgets/badge.h"
#include "ui/widgets/card.h"
#include "ui/widgets/choice_card.h"
#include "ui/widgets/dialogs.h"
#include "ui/widgets/drop_zone.h"
#include "ui/widgets/labels.h"
#include "ui/widgets/table_view.h"
#include "ui/widgets/tile.h"

#include <QDateTime>
#include <QPushButton>
#include <QStackedWidget>

#include <algorithm>

namespace kastellan::ui {

using namespace Qt::StringLiterals;

OverviewPage::OverviewPage(Workspace &space, QWidget *parent)
    : Page(space, parent)
    , m_stack(new QStackedWidget(this))
{
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(m_stack);
    m_stack->addWidget(new QWidget(this)); // until it is known which of the two
    m_stack->addWidget(makeWelcome());
    m_stack->addWidget(makeDashboard());
    connect(&space.directory, &Directory::keepsChanged, this, &OverviewPage::show);
    connect(&space.directory, &Directory::hostsChanged, this, &OverviewPage::show);
    connect(&space.directory, &Directory::problemsChanged, this, &OverviewPage::show);
    connect(&space.notices, &Notices::changed, this, &OverviewPage::show);
    space.jobs.run<std::vector<Example>>(
        JobRunner::Lane::Quiet, tr("Find the examples"), this,
        [folder = space.services.examples](const Progress &, const std::stop_token &) -> Result<std::vector<Example>> {
            return folder.empty() ? std::vector<Example>{} : findExamples(folder);
        },
        [this](Result<std::vector<Example>> examples) {
            if (examples)
                showExamples(*examples);
        });
    show();
}

QWidget *OverviewPage::makeWelcome()
{
    auto *scroll = new ScrollPage(tr("Welcome"), 860, this);
    QVBoxLayout *layout = scroll->body();
    layout->setSpacing(16);
    auto *top = new QHBoxLayout;
    top->setSpacing(20);
    auto *picture = new QLabel(scroll);
    picture->setPixmap(programPicture(84, devicePixelRatioF()));
    picture->setAccessibleName(tr("Kastellan"));
    top->addWidget(picture, 0, Qt::AlignTop);
    auto *words = new QVBoxLayout;
    words->setSpacing(6);
    words->addWidget(new Label(tr("Launch your first keep"), Label::Kind::Title, Tone::Plain, scroll));
    words->addWidget(new Label(
        tr("A keep runs your workload so that you need to trust only the processor with its firmware, a small measured keep image, and the "
           "workload itself. Of every other layer, and of its owners, you need to trust none. Kastellan has this proven before "
           "anything of yours is sent."),
        Label::Kind::Body, Tone::Plain, scroll));
    auto *buttons = new QHBoxLayout;
    buttons->setContentsMargins(0, 6, 0, 0);
    auto *launch = new QPushButton(icon(u"launch"_s), tr("&Launch a keep…"), scroll);
    launch->setProperty("primary", true);
    launch->setObjectName(u"welcomeLaunch"_s);
    connect(launch, &QPushButton::clicked, this, [this] { workspace().launch(); });
    buttons->addWidget(launch);
    buttons->addStretch(1);
    words->addLayout(buttons);
    top->addLayout(words, 1);
    layout->addLayout(top);

    auto *drop = new DropZone(
        tr("Drop a .wasm file or a workload's folder here"), tr("A folder holds main.wasm and, if you like, a Keep.toml"), scroll);
    connect(drop, &DropZone::dropped, this, [this](const QString &path) { workspace().launch(path); });
    connect(drop, &QPushButton::clicked, this, [this, drop] {
        if (const QString file =
                dialogs::openFile(drop, tr("Choose a workload"), tr("Workloads (*.wasm *.tar *.zip *.tar.gz *.tgz);;All files (*)"));
            !file.isEmpty())
            workspace().launch(file);
    });
    layout->addWidget(drop);

    m_examplesTitle = new Label(tr("Or try an example"), Label::Kind::Heading, Tone::Plain, scroll);
    layout->addWidget(m_examplesTitle);
    m_examples = new QGridLayout;
    m_examples->setSpacing(10);
    layout->addLayout(m_examples);
    m_examplesTitle->hide();

    layout->addSpacing(4);
    layout->addWidget(new Label(tr("How a keep is launched"), Label::Kind::Heading, Tone::Plain, scroll));
    auto *steps = new QHBoxLayout;
    steps->setSpacing(10);
    const std::pair<QString, QString> explained[] = {
        {tr("1. Plan"), tr("You see what will be measured, what is trusted and what is sent when, before anything happens.")},
        {tr("2. Prove"),
            tr("The keep is started and must show fresh evidence. It is appraised against certificates and your expectations.")},
        {tr("3. Deliver"),
            tr("Only if the verdict allows it are module, configuration and secrets sent. What was delivered is proven again.")},
    };
    for (const auto &[title, text] : explained) {
        auto *card = new Card(title, scroll);
        card->body()->setSpacing(6);
        card->body()->addWidget(new Label(text, Label::Kind::Body, Tone::Muted, card));
        card->body()->addStretch(1);
        steps->addWidget(card, 1);
    }
    layout->addLayout(steps);
    auto *note = new QHBoxLayout;
    note->setSpacing(10);
    note->addWidget(emulatedBadge(scroll), 0, Qt::AlignTop);
    m_welcomeHost = new Label(tr("No SEV hardware is needed to try it: the emulated host goes through every step with a software firmware. "
                                 "That proves the procedure, and "
                                 "nothing about hardware; everything made by it says so."),
        Label::Kind::Body, Tone::Muted, scroll);
    note->addWidget(m_welcomeHost, 1);
    layout->addLayout(note);
    layout->addStretch(1);
    return scroll;
}

QWidget *OverviewPage::makeDashboard()
{
    auto *scroll = new ScrollPage(tr("Overview"), 1080, this);
    QVBoxLayout *layout = scroll->body();
    auto *header = new QHBoxLayout;
    header->addWidget(new Label(tr("Overview"), Label::Kind::Title, Tone::Plain, scroll), 1);
    auto *launch = new QPushButton(icon(u"launch"_s), tr("&Launch a keep…"), scroll);
    launch->setProperty("primary", true);
    connect(launch, &QPushButton::clicked, this, [this] { workspace().launch(); });
    header->addWidget(launch);
    layout->addLayout(header);
    auto *tiles = new QHBoxLayout;
    tiles->setSpacing(12);
    tiles->addWidget(m_running = new Tile(u"run"_s, tr("Running"), scroll));
    tiles->addWidget(m_suspect = new Tile(u"warning"_s, tr("Suspect"), scroll));
    tiles->addWidget(m_refused = new Tile(u"shield-cross"_s, tr("Refused or failed"), scroll));
    tiles->addWidget(m_hosts = new Tile(u"host"_s, tr("Hosts ready"), scroll));
    layout->addLayout(tiles);
    m_attention = new Card(tr("Needs attention"), scroll);
    m_attentionRows = new QVBoxLayout;
    m_attentionRows->setSpacing(4);
    m_attention->body()->addLayout(m_attentionRows);
    layout->addWidget(m_attention);
    auto *card = new Card(tr("Keeps"), scroll);
    m_keeps = new TableModel(keepHeaders(true), this);
    m_keepsView = new TableView(tr("Keeps"), *m_keeps, scroll);
    m_keepsView->setFrameShape(QFrame::NoFrame);
    m_keepsView->setColumnWidths({250, 130, 230, 130});
    m_keepsView->setMinimumHeight(260);
    m_keepsView->sortByColumn(4, Qt::DescendingOrder);
    card->body()->addWidget(m_keepsView, 1);
    layout->addWidget(card, 1);
    connect(m_keepsView, &TableView::keyActivated, this, [this](const QString &key) { workspace().go({u"keep"_s, key, {}}); });
    return scroll;
}

void OverviewPage::showExamples(const std::vector<Example> &examples)
{
    int place = 0;
    for (const Example &example : examples) {
        auto *card = new ChoiceCard(u"module"_s, example.name, example.text, this);
        connect(card, &QAbstractButton::clicked, this, [this, path = example.path] { workspace().launch(path); });
        m_examples->addWidget(card, place / 2, place % 2, Qt::AlignTop);
        ++place;
    }
    m_examples->setColumnStretch(0, 1);
    m_examples->setColumnStretch(1, 1);
    m_examplesTitle->setVisible(place > 0);
}

void OverviewPage::show()
{
    const Directory &directory = workspace().directory;
    if (!directory.isLoaded())
        return;
    m_stack->setCurrentIndex(directory.keeps().empty() && directory.problems().empty() ? 1 : 2);
    const auto number = [&](auto... states) {
        return static_cast<int>(
            std::ranges::count_if(directory.keeps(), [&](const KeepPointer &keep) { return ((keep->state == states) || ...); }));
    };
    const int running = number(KeepState::Running), suspect = number(KeepState::Suspect),
              bad = number(KeepState::Refused, KeepState::Failed);
    const auto ready = std::ranges::count(directory.hosts(), "ready", &HostInfo::state);
    m_running->setValue(locale().toString(running), running ? Tone::Positive : Tone::Plain);
    m_suspect->setValue(locale().toString(suspect), suspect ? Tone::Warning : Tone::Plain);
    m_refused->setValue(locale().toString(bad), bad ? Tone::Negative : Tone::Plain);
    m_hosts->setValue(tr("%1 of %2").arg(ready).arg(directory.hosts().size()), ready ? Tone::Plain : Tone::Warning);
    m_keeps->setRows(keepRows(directory.keeps(), true));
    showAttention();
}

/// Where the certificate store is shown: on every host's page, so on that of this computer.
QString OverviewPage::firstHost() const
{
    const auto &hosts = workspace().directory.hosts();
    if (hosts.empty() || workspace().directory.host(u"local"_s))
        return u"local"_s;
    return QString::fromStdString(hosts.front().id);
}

void OverviewPage::showAttention()
{
    while (QLayoutItem *item = m_attentionRows->takeAt(0)) {
        if (QWidget *widget = item->widget()) {
            widget->hide();
            widget->deleteLater();
        }
        delete item;
    }
    int shownRows = 0;
    constexpr int most = 5;
    const auto add = [&](const Sign &sign, const QString &text, const Link &link) {
        if (++shownRows > most)
            return;
        auto *row = new QWidget(m_attention);
        auto *layout = new QHBoxLayout(row);
        layout->setContentsMargins(0, 0, 0, 0);
        layout->setSpacing(10);
        layout->addWidget(new Badge(sign, row));
        layout->addWidget(new ElidedLabel(text, Label::Kind::Body, Tone::Plain, Qt::ElideRight, row), 1);
        if (!link.page.isEmpty()) {
            auto *show = new QPushButton(tr("Show"), row);
            show->setAccessibleName(tr("Show: %1").arg(text));
            connect(show, &QPushButton::clicked, this, [this, link] { workspace().go(link); });
            layout->addWidget(show);
        }
        m_attentionRows->addWidget(row);
    };
    const Directory &directory = workspace().directory;
    for (const Error &problem : directory.problems()) {
        const ErrorText text = errorText(problem);
        add({u"warning"_s, tr("unreadable"), Tone::Warning}, text.title + u' ' + text.detail, {});
    }
    const auto addNotices = [&](bool urgent) {
        for (const TrustNotice &notice : workspace().notices.all()) {
            if (notice.urgent != urgent)
                continue;
            const QString host = QString::fromStdString(notice.host);
            const Link certificates{u"host"_s, host.isEmpty() ? firstHost() : host, u"certificates"_s};
            add(signOf(notice.kind, notice.urgent), shownLine(notice.sentence + ' ' + notice.remedy),
                notice.record.empty() ? certificates : Link{u"record"_s, QString::fromStdString(notice.record), {}});
        }
    };
    addNotices(true);
    const std::int64_t now = QDateTime::currentSecsSinceEpoch();
    for (const KeepPointer &keep : directory.keeps()) {
        const bool recent = now - keep->since < 86400;
        const bool orphan = !isFinal(keep->state) && !keep->loaderAlive;
        if (keep->state == KeepState::Suspect || orphan
            || (recent && (keep->state == KeepState::Refused || keep->state == KeepState::Failed))) {
            const QString reason = orphan ? tr("its loader is gone; recover it") : shownLine(keep->reason);
            add(signOf(keep->state), shownLine(keep->plan.name) + (reason.isEmpty() ? QString() : u": "_s + reason),
                {u"keep"_s, keyOf(keep->plan.id), {}});
        }
    }
    for (const HostInfo &host : directory.hosts())
        if (host.state != "ready")
            add(hostSign(host.state), shownLine(host.name) + u": "_s + shownLine(host.why),
                {u"host"_s, QString::fromStdString(host.id), {}});
    addNotices(false);
    if (shownRows > most)
        m_attentionRows->addWidget(new Label(tr("And %1 more.").arg(shownRows - most), Label::Kind::Body, Tone::Muted, m_attention));
    m_attention->setVisible(shownRows > 0);
}

void OverviewPage::refresh()
{
    workspace().directory.refreshHosts();
    workspace().directory.refreshKeeps();
}

QString OverviewPage::help() const
{
    return tr("The overview shows what runs and what needs attention: suspect keeps, keeps whose loader is gone, launches refused or "
              "failed in the last day, "
              "certificates that end or are revoked, firmware below the floor, and hosts that are not ready. Double-click a keep to open "
              "it. Drop a .wasm file or a workload's folder anywhere on the "
              "window to launch it.");
}

} // namespace kastellan::ui
